//! [TagUser](https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html): adds tags to a user, or gives them new values.

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

pub(crate) struct TagUser {
    name: String,
    tags: Vec<Tag>,
}

impl Operation for TagUser {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::TagUser);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { name: values.need("UserName")?, tags: tags(&mut values)? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::User, self.name.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        request_tag(&self.tags, key)
    }

    async fn run(self, user: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let tags = merged(&user.record().tags, &self.tags)?;
        work.update_identity(&user, |record| record.tags = tags);
        Ok(Reply::empty())
    }
}
