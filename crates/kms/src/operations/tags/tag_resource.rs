//! [TagResource](https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html): adds tags to a key, or gives them new values.

use super::rules::{checked_tags, refuse_too_many, request_tag};
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::Tag;

pub(crate) struct TagResource {
    key: String,
    tags: Vec<Tag>,
}

impl Operation for TagResource {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::TagResource);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")?, tags: checked_tags(values.need("Tags")?)? })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        request_tag(&self.tags, key)
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        refuse_too_many(&merged(&key.record().tags, &self.tags))
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let tags = merged(&key.record().tags, &self.tags);
        work.update_key(&key, |record| record.tags = tags).await?;
        Ok(Reply::empty())
    }
}

/// Known keys keep their place and take the new value; others follow.
fn merged(old: &[Tag], new: &[Tag]) -> Vec<Tag> {
    let mut tags = old.to_vec();
    for tag in new {
        match tags.iter_mut().find(|known| known.key == tag.key) {
            Some(known) => known.value.clone_from(&tag.value),
            None => tags.push(tag.clone()),
        }
    }
    tags
}
