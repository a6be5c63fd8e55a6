//! [UntagUser](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagUser.html): takes tags from a user.

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

pub(crate) struct UntagUser {
    name: String,
    keys: Vec<String>,
}

impl Operation for UntagUser {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::UntagUser);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { name: values.need("UserName")?, keys: values.need("TagKeys")? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::User, self.name.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        tag_keys(&self.keys, key)
    }

    async fn run(self, user: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.update_identity(&user, |record| {
            record.tags.retain(|tag| !self.keys.iter().any(|key| Tag::same_key(key, &tag.key)))
        });
        Ok(Reply::empty())
    }
}
