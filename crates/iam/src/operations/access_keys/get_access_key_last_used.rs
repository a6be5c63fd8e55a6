//! [GetAccessKeyLastUsed](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html): whose an access key is, and when it signed last.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AccessKeyOwner, AdmittedIdentity};
use strongroom_engine::work::Work;

pub(crate) struct GetAccessKeyLastUsed {
    id: String,
}

impl Operation for GetAccessKeyLastUsed {
    type Target = AccessKeyOwner;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetAccessKeyLastUsed);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { id: values.need("AccessKeyId")? })
    }

    fn target(&self) -> Result<AccessKeyOwner, Refusal> {
        Ok(AccessKeyOwner { id: self.id.clone() })
    }

    async fn run(self, user: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let used = work.access_key_use(&user, &self.id).await?;
        let last = match used {
            Some(used) => Reply::empty()
                .with("LastUsedDate", used.time)
                .with("ServiceName", used.service)
                .with("Region", used.region),
            None => Reply::empty().with("ServiceName", "N/A").with("Region", "N/A"),
        };
        Ok(Reply::empty()
            .with("UserName", user.record().name.clone())
            .with("AccessKeyLastUsed", last))
    }
}
