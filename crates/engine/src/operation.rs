//! What an operation is: a small value, plugged into the one path.

use crate::decode::Values;
use crate::demands::Demands;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::target::Target;
use crate::work::Work;
use std::future::Future;
use strongroom_policy::Fact;

/// An operation: the type is its input.
pub trait Operation: Sized + Send + Sync + 'static {
    /// What kind of thing it is about.
    type Target: Target;

    /// Its row in the service's table.
    const DEMANDS: &'static Demands;

    /// Takes its input out of the checked members.
    ///
    /// # Errors
    /// [`Refusal`] for what the model's constraints cannot express.
    fn read(values: Values) -> Result<Self, Refusal>;

    /// What it is about.
    ///
    /// # Errors
    /// [`Refusal`] when the input names nothing.
    fn target(&self) -> Result<Self::Target, Refusal>;

    /// The value of a condition key that comes from the input, by its name in lower case.
    fn fact(&self, role: Role, key: &str) -> Option<Fact<'_>> {
        let (_, _) = (role, key);
        None
    }

    /// What else must hold of input and target before anything is done, or said to be possible.
    ///
    /// # Errors
    /// [`Refusal`].
    fn check(&self, admitted: &<Self::Target as Target>::Admitted) -> Result<(), Refusal> {
        let _ = admitted;
        Ok(())
    }

    /// For a dry run: what of it can fail and changes nothing. Nothing that it makes leaves.
    ///
    /// # Errors
    /// [`Refusal`], as [`Operation::run`] would return it.
    fn rehearse(
        &self,
        admitted: &<Self::Target as Target>::Admitted,
        work: &mut Work<'_>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        let (_, _) = (admitted, work);
        std::future::ready(Ok(()))
    }

    /// Does it. There is no store, clock or caller here, only what was admitted and the work.
    ///
    /// # Errors
    /// [`Refusal`]; nothing that was staged happens then.
    fn run(
        self,
        admitted: <Self::Target as Target>::Admitted,
        work: &mut Work<'_>,
    ) -> impl Future<Output = Result<Reply, Refusal>> + Send;
}

/// Which key of an operation a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The only one, or none.
    Only,
    /// The one that decrypts (ReEncrypt).
    Source,
    /// The one that encrypts (ReEncrypt).
    Destination,
    /// The one that is to be made (ReplicateKey).
    Replica,
}
