//! [GenerateRandom](https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html): 1 to 1,024 random bytes.

use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::{Invalid, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::Work;

pub(crate) struct GenerateRandom {
    length: usize,
    /// The custom key store whose HSM shall make them.
    store: Option<String>,
}

impl Operation for GenerateRandom {
    type Target = Account;
    const DEMANDS: &'static Demands = demands(OperationName::GenerateRandom);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let bytes: Option<i64> = values.take("NumberOfBytes");
        let bytes = bytes.ok_or(Refusal::Validation(Invalid::NumberOfBytes))?;
        let length = usize::try_from(bytes).map_err(|_| Refusal::Internal)?;
        Ok(Self { length, store: values.take("CustomKeyStoreId") })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let bytes = match self.store {
            Some(store) => work.random_of(&account, store, self.length).await?,
            None => work.random(self.length)?,
        };
        Ok(Reply::empty().with("Plaintext", bytes))
    }
}
