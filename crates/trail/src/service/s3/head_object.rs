//! [HeadObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html): what GetObject tells of an object, without its content.

use super::representation::Wanted;
use super::{S3Operation, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedObject, OneObject};
use strongroom_engine::work::Work;

pub(super) struct HeadObject(Wanted);

impl Operation for HeadObject {
    type Target = OneObject;
    const DEMANDS: &'static Demands = demands(S3Operation::HeadObject);

    fn read(values: Values) -> Result<Self, Refusal> {
        Wanted::read(values).map(Self)
    }

    fn target(&self) -> Result<OneObject, Refusal> {
        Ok(self.0.target())
    }

    async fn run(self, object: AdmittedObject, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        self.0.reply(object)
    }
}
