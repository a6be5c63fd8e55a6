//! [CreateAccessKey](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html): makes an access key of a user; its secret is told this once.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Out;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;

pub(crate) struct CreateAccessKey {
    user: Option<String>,
}

impl Operation for CreateAccessKey {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::CreateAccessKey);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { user: values.take("UserName") })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::user(self.user.clone()))
    }

    async fn run(self, user: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (entry, secret) = work.create_access_key(&user)?;
        let key = Reply::empty()
            .with("UserName", user.record().name.clone())
            .with("AccessKeyId", entry.id)
            .with("Status", entry.status.name())
            .with("SecretAccessKey", Out::SecretText(secret))
            .with("CreateDate", entry.created);
        Ok(Reply::empty().with("AccessKey", key))
    }
}
