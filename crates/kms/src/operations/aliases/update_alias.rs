//! [UpdateAlias](https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html): points an alias at another key.

use super::name::alias_name;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedAlias, AliasAndKeys, AliasChange};
use strongroom_engine::work::Work;
use strongroom_types::AliasName;

pub(crate) struct UpdateAlias {
    alias: AliasName,
    target: String,
}

impl Operation for UpdateAlias {
    type Target = AliasAndKeys;
    const DEMANDS: &'static Demands = demands(OperationName::UpdateAlias);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let alias = alias_name(&values.need::<String>("AliasName")?)?;
        Ok(Self { alias, target: values.need("TargetKeyId")? })
    }

    fn target(&self) -> Result<AliasAndKeys, Refusal> {
        let change = AliasChange::Update(self.target.clone());
        Ok(AliasAndKeys { alias: self.alias.clone(), change })
    }

    async fn run(self, alias: AdmittedAlias, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.put_alias(&alias).await?;
        Ok(Reply::empty())
    }
}
