//! [UpdateUser](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html): gives a user another path or name.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, Companion, OneIdentity, Whose};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct UpdateUser {
    named: String,
    path: Option<String>,
    name: Option<String>,
}

impl Operation for UpdateUser {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::UpdateUser);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            named: values.need("UserName")?,
            path: values.take("NewPath"),
            name: values.take("NewUserName"),
        })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        let (whose, path, name) =
            (Whose::Named(self.named.clone()), self.path.clone(), self.name.clone());
        let with = Companion::Becoming { path, name };
        Ok(OneIdentity { kind: IdentityKind::User, whose, with })
    }

    async fn run(self, user: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.rename_identity(&user).await?;
        Ok(Reply::empty())
    }
}
