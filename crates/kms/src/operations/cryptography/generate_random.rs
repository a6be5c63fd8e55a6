//! [GenerateRandom](https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html): 1 to 1,024 random bytes.

use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::{Invalid, Refusal, Unsupported};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::Work;

pub(crate) struct GenerateRandom {
    length: usize,
}

impl Operation for GenerateRandom {
    type Target = Account;
    const DEMANDS: &'static Demands = demands(OperationName::GenerateRandom);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        if values.take::<String>("CustomKeyStoreId").is_some() {
            return Err(Refusal::Unsupported(Unsupported::Member("CustomKeyStoreId")));
        }
        let bytes: Option<i64> = values.take("NumberOfBytes");
        let bytes = bytes.ok_or(Refusal::Validation(Invalid::NumberOfBytes))?;
        Ok(Self { length: usize::try_from(bytes).map_err(|_| Refusal::Internal)? })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    async fn run(self, _: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        Ok(Reply::empty().with("Plaintext", work.random(self.length)?))
    }
}
