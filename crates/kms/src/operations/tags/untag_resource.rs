//! [UntagResource](https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html): takes tags off a key; keys that it does not carry are
//! passed over.

use super::rules::{refuse_reserved, tag_keys};
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};

pub(crate) struct UntagResource {
    key: String,
    tag_keys: Vec<String>,
}

impl Operation for UntagResource {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::UntagResource);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let tag_keys: Vec<String> = values.need("TagKeys")?;
        refuse_reserved(tag_keys.iter().map(String::as_str))?;
        Ok(Self { key: values.need("KeyId")?, tag_keys })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        (key == "aws:tagkeys").then(|| tag_keys(self.tag_keys.iter().map(String::as_str)))?
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.update_key(&key, |record| {
            record.tags.retain(|tag| !self.tag_keys.contains(&tag.key));
        })
        .await?;
        Ok(Reply::empty())
    }
}
