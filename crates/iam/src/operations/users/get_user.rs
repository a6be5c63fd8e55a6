//! [GetUser](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html): a user; without a name the one who asks.

use crate::operations::entry::whole;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;

pub(crate) struct GetUser {
    name: Option<String>,
}

impl Operation for GetUser {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetUser);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { name: values.take("UserName") })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::user(self.name.clone()))
    }

    async fn run(self, user: AdmittedIdentity, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        Ok(Reply::empty().with("User", whole(user.record(), user.partition())))
    }
}
