//! [ListResourceTags](https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html): the tags of a key, page by page.

use super::rules::tag_reply;
use crate::operations::page::page_reply;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::pages::{PageRequest, page_request};
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;

pub(crate) struct ListResourceTags {
    key: String,
    page: PageRequest,
}

impl Operation for ListResourceTags {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::ListResourceTags);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let page = page_request(values.take("Limit"), values.take("Marker"), 50, 50)?;
        Ok(Self { key: values.need("KeyId")?, page })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let page = work.page_within(&key, key.record().tags.clone(), self.page).await?;
        Ok(page_reply("Tags", page.items.into_iter().map(tag_reply).collect(), page.next))
    }
}
