//! [UpdatePrimaryRegion](https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdatePrimaryRegion.html): makes a replica the primary key.

use super::region;
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedSuccession, Succession};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::Region;

pub(crate) struct UpdatePrimaryRegion {
    key: String,
    region: Region,
}

impl Operation for UpdatePrimaryRegion {
    type Target = Succession;
    const DEMANDS: &'static Demands = demands(OperationName::UpdatePrimaryRegion);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let region = region::read(&mut values, "PrimaryRegion")?;
        Ok(Self { key: values.need("KeyId")?, region })
    }

    fn target(&self) -> Result<Succession, Refusal> {
        Ok(Succession { key: self.key.clone(), region: self.region })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        (key == "kms:primaryregion").then(|| Fact::One(self.region.as_str().into()))
    }

    fn check(&self, admitted: &AdmittedSuccession) -> Result<(), Refusal> {
        region::is_primary(admitted.primary.record())
    }

    async fn run(
        self,
        admitted: AdmittedSuccession,
        work: &mut Work<'_>,
    ) -> Result<Reply, Refusal> {
        work.change_primary(&admitted, self.region).await?;
        Ok(Reply::empty())
    }
}
