//! The table of STS operations.

use crate::operations::GetCallerIdentity;
use strongroom_engine::call::Call;
use strongroom_engine::demands::{Access, Demands, Effect, Shown, StateClass};
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::wire::{Malformed, Node};
use strongroom_engine::{Engine, Outcome};

/// The STS operations that are served, by the names clients write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StsOperation {
    /// `GetCallerIdentity`
    GetCallerIdentity,
}

impl StsOperation {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::GetCallerIdentity];

    /// The operation of this name, if it is served.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text == "GetCallerIdentity").then_some(Self::GetCallerIdentity)
    }

    /// The name clients write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "GetCallerIdentity",
        }
    }
}

/// What GetCallerIdentity demands: nothing, of any caller.
pub(crate) const GET_CALLER_IDENTITY: Demands = Demands {
    name: "GetCallerIdentity",
    service: "sts",
    access: Access::Anyone,
    origins: &[],
    usage: None,
    states: StateClass::Any,
    cross_account: false,
    by_alias: false,
    effect: Effect::Read,
    fields: &[],
    errors: &[],
    shown: Shown::Nothing,
};

/// Serves the operation `name`.
///
/// # Errors
/// [`Unrecorded`] when the request could not be recorded.
pub async fn serve(
    engine: &Engine,
    name: StsOperation,
    call: &Call,
    input: Result<Node<'_>, Malformed>,
) -> Result<Recorded<Outcome>, Unrecorded> {
    match name {
        StsOperation::GetCallerIdentity => engine.serve::<GetCallerIdentity>(call, input).await,
    }
}
