//! [UpdateAccessKey](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html): switches an access key on or off.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::IdentityDefect;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;
use strongroom_types::AccessKeyStatus;

pub(crate) struct UpdateAccessKey {
    user: Option<String>,
    id: String,
    status: AccessKeyStatus,
}

impl Operation for UpdateAccessKey {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::UpdateAccessKey);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let unserved = Refusal::Identity(IdentityDefect::Unserved("Status Expired"));
        Ok(Self {
            user: values.take("UserName"),
            id: values.need("AccessKeyId")?,
            status: values.name("Status").ok_or(unserved)?,
        })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::user(self.user.clone()))
    }

    async fn run(self, user: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.set_access_key_status(&user, &self.id, self.status).await?;
        Ok(Reply::empty())
    }
}
