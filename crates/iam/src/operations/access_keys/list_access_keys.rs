//! [ListAccessKeys](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html): access keys of a user.

use crate::operations::page::{page, page_reply};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;

pub(crate) struct ListAccessKeys {
    user: Option<String>,
    page: PageRequest,
}

impl Operation for ListAccessKeys {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListAccessKeys);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { user: values.take("UserName"), page: page(&mut values)? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::user(self.user.clone()))
    }

    async fn run(self, user: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let keys = work.access_keys(&user).await?;
        let found = work.page_of_identity(&user, keys, self.page).await?;
        let entries = found.items.into_iter().map(|entry| {
            Reply::empty()
                .with("UserName", user.record().name.clone())
                .with("AccessKeyId", entry.id)
                .with("Status", entry.status.name())
                .with("CreateDate", entry.created)
                .into()
        });
        Ok(page_reply(Reply::empty(), "AccessKeyMetadata", entries.collect(), found.next))
    }
}
