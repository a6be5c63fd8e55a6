//! [TagRole](https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html): adds tags to a role, or gives them new values.

use crate::operations::rules::{merged, request_tag, tags};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::{IdentityKind, Tag};

pub(crate) struct TagRole {
    name: String,
    tags: Vec<Tag>,
}

impl Operation for TagRole {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::TagRole);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { name: values.need("RoleName")?, tags: tags(&mut values)? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::Role, self.name.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        request_tag(&self.tags, key)
    }

    async fn run(self, role: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let tags = merged(&role.record().tags, &self.tags)?;
        work.update_identity(&role, |record| record.tags = tags);
        Ok(Reply::empty())
    }
}
