//! The state table: what each of the eight key states admits. `docs/state-table.md` is its
//! picture, kept equal by a test.
//!
//! Source: AWS KMS Developer Guide, "Key states of AWS KMS keys", with the order of refusals that
//! real answers show.

use strongroom_types::KeyState;

/// What an operation needs of the state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateClass {
    /// Uses key material: only an enabled key (or one that is being updated) will do.
    Use,
    /// Changes which keys are related: nothing but an enabled key will do.
    Relate,
    /// Creates a grant: an enabled key, or one whose key store is not connected.
    Grant,
    /// Shows a public key, which a disabled key does too.
    Show,
    /// Enables or disables: the key must have its material and must not be about to go.
    Switch,
    /// Changes metadata of a key that is not about to go.
    Manage,
    /// Schedules deletion: the key must not be about to go already.
    Schedule,
    /// Deletes imported key material, also of a key that is about to go.
    Discard,
    /// Takes back a scheduled deletion.
    Cancel,
    /// Works in every state.
    Any,
}

impl StateClass {
    /// Every class, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::Use,
        Self::Relate,
        Self::Grant,
        Self::Show,
        Self::Switch,
        Self::Manage,
        Self::Schedule,
        Self::Discard,
        Self::Cancel,
        Self::Any,
    ];
}

/// Why a state does not admit an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateRefusal {
    /// `DisabledException`.
    Disabled,
    /// `… is pending deletion.`
    PendingDeletion,
    /// `… is pending import.`
    PendingImport,
    /// `… is pending replica deletion.`
    PendingReplicaDeletion,
    /// `… is unavailable.`
    Unavailable,
    /// `… is creating.`
    Creating,
    /// `… is updating.`
    Updating,
    /// `… is not pending deletion.`
    NotPendingDeletion,
}

/// Whether a key in `state` admits an operation of `class`.
///
/// # Errors
/// [`StateRefusal`] that says what AWS answers.
pub const fn admits(class: StateClass, state: KeyState) -> Result<(), StateRefusal> {
    use KeyState as S;
    use StateClass as C;
    use StateRefusal as R;
    match (class, state) {
        (C::Any, _)
        | (C::Use, S::Enabled | S::Updating)
        | (C::Relate, S::Enabled)
        | (C::Grant, S::Enabled | S::Unavailable)
        | (C::Show, S::Enabled | S::Disabled | S::Updating)
        | (C::Switch, S::Enabled | S::Disabled | S::Unavailable)
        | (C::Manage | C::Schedule, S::Enabled | S::Disabled | S::PendingImport | S::Unavailable)
        | (C::Cancel, S::PendingDeletion | S::PendingReplicaDeletion)
        | (
            C::Discard,
            S::Enabled
            | S::Disabled
            | S::PendingImport
            | S::PendingDeletion
            | S::PendingReplicaDeletion
            | S::Unavailable,
        ) => Ok(()),

        (C::Cancel, _) => Err(R::NotPendingDeletion),
        (_, S::PendingDeletion) => Err(R::PendingDeletion),
        (_, S::PendingReplicaDeletion) => Err(R::PendingReplicaDeletion),
        (_, S::PendingImport) => Err(R::PendingImport),
        (_, S::Creating) => Err(R::Creating),
        (_, S::Updating) => Err(R::Updating),
        (_, S::Unavailable) => Err(R::Unavailable),
        (_, S::Disabled) => Err(R::Disabled),
    }
}
