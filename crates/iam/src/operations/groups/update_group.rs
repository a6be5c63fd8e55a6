//! [UpdateGroup](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html): gives a group another path or name.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, Companion, OneIdentity, Whose};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct UpdateGroup {
    named: String,
    path: Option<String>,
    name: Option<String>,
}

impl Operation for UpdateGroup {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::UpdateGroup);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            named: values.need("GroupName")?,
            path: values.take("NewPath"),
            name: values.take("NewGroupName"),
        })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        let (whose, path, name) =
            (Whose::Named(self.named.clone()), self.path.clone(), self.name.clone());
        let with = Companion::Becoming { path, name };
        Ok(OneIdentity { kind: IdentityKind::Group, whose, with })
    }

    async fn run(self, group: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.rename_identity(&group).await?;
        Ok(Reply::empty())
    }
}
