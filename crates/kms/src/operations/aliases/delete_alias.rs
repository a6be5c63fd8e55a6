//! [DeleteAlias](https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html): takes a friendly name away; the key stays.

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

pub(crate) struct DeleteAlias {
    alias: AliasName,
}

impl Operation for DeleteAlias {
    type Target = AliasAndKeys;
    const DEMANDS: &'static Demands = demands(OperationName::DeleteAlias);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { alias: alias_name(&values.need::<String>("AliasName")?)? })
    }

    fn target(&self) -> Result<AliasAndKeys, Refusal> {
        Ok(AliasAndKeys { alias: self.alias.clone(), change: AliasChange::Delete })
    }

    async fn run(self, alias: AdmittedAlias, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.delete_alias(&alias).await?;
        Ok(Reply::empty())
    }
}
