//! [ReplicateKey](https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html): makes a replica of a primary key in another Region.

use super::region;
use crate::metadata::key_metadata;
use crate::operations::tags::rules::{checked_tags, request_tag, tag_reply, tagging};
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::target::{AdmittedReplication, Replication};
use strongroom_engine::work::{ReplicaDraft, Work};
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::{Region, Tag};

pub(crate) struct ReplicateKey {
    key: String,
    region: Region,
    description: String,
    policy: Option<String>,
    bypass: Option<bool>,
    tags: Vec<Tag>,
}

impl Operation for ReplicateKey {
    type Target = Replication;
    const DEMANDS: &'static Demands = demands(OperationName::ReplicateKey);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            key: values.need("KeyId")?,
            region: region::read(&mut values, "ReplicaRegion")?,
            description: values.take("Description").unwrap_or_default(),
            policy: values.take("Policy"),
            bypass: values.take("BypassPolicyLockoutSafetyCheck"),
            tags: checked_tags(values.take("Tags").unwrap_or_default())?,
        })
    }

    fn target(&self) -> Result<Replication, Refusal> {
        Ok(Replication { key: self.key.clone(), region: self.region, also: tagging(&self.tags) })
    }

    fn fact(&self, role: Role, key: &str) -> Option<Fact<'_>> {
        match key {
            "kms:replicaregion" => Some(Fact::One(self.region.as_str().into())),
            "kms:bypasspolicylockoutsafetycheck" => {
                Some(Fact::One(if self.bypass? { "true" } else { "false" }.into()))
            }
            _ if role == Role::Replica => request_tag(&self.tags, key),
            _ => None,
        }
    }

    fn check(&self, admitted: &AdmittedReplication) -> Result<(), Refusal> {
        region::is_primary(admitted.primary.record())
    }

    async fn run(
        self,
        admitted: AdmittedReplication,
        work: &mut Work<'_>,
    ) -> Result<Reply, Refusal> {
        let draft = ReplicaDraft {
            description: self.description,
            policy: self.policy,
            bypass_lockout_check: self.bypass.unwrap_or(false),
            tags: self.tags,
        };
        let replica = work.replicate_key(&admitted, draft).await?;
        let tags = replica.tags.iter().cloned().map(tag_reply).collect::<Out>();
        Ok(Reply::empty()
            .with("ReplicaKeyMetadata", key_metadata(&replica, replica.state_at(work.now())))
            .with("ReplicaPolicy", replica.policy.clone())
            .with_some("ReplicaTags", (!replica.tags.is_empty()).then_some(tags)))
    }
}
