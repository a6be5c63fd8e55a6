//! [ListKeyPolicies](https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html): the names of a key's policies: there is one.

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

pub(crate) struct ListKeyPolicies {
    key: String,
    page: PageRequest,
}

impl Operation for ListKeyPolicies {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::ListKeyPolicies);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let page = page_request(values.take("Limit"), values.take("Marker"), 100, 1000)?;
        Ok(Self { key: values.need("KeyId")?, page })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let page = work.page_within(&key, vec![super::DEFAULT], self.page).await?;
        let names = page.items.into_iter().map(Into::into).collect();
        Ok(page_reply("PolicyNames", names, page.next))
    }
}
