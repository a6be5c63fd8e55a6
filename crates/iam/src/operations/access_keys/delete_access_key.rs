//! [DeleteAccessKey](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html): ends an access key.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;

pub(crate) struct DeleteAccessKey {
    user: Option<String>,
    id: String,
}

impl Operation for DeleteAccessKey {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::DeleteAccessKey);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { user: values.take("UserName"), id: values.need("AccessKeyId")? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::user(self.user.clone()))
    }

    async fn run(self, user: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.delete_access_key(&user, &self.id).await?;
        Ok(Reply::empty())
    }
}
