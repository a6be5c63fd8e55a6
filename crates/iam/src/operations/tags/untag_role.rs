//! [UntagRole](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html): takes tags from a role.

use crate::operations::rules::tag_keys;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::{IdentityKind, Tag};

pub(crate) struct UntagRole {
    name: String,
    keys: Vec<String>,
}

impl Operation for UntagRole {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::UntagRole);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { name: values.need("RoleName")?, keys: values.need("TagKeys")? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::Role, self.name.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        tag_keys(&self.keys, key)
    }

    async fn run(self, role: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.update_identity(&role, |record| {
            record.tags.retain(|tag| !self.keys.iter().any(|key| Tag::same_key(key, &tag.key)))
        });
        Ok(Reply::empty())
    }
}
