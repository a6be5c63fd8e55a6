//! The kinds of thing an operation can be about. Finding, authorizing and admitting are written
//! once for each kind, and so is the order in which they refuse.

mod account;
mod alias_and_keys;
mod bucket;
mod find;
mod grant_on_key;
mod identity;
mod in_account;
mod key_store;
mod managed_policy;
mod object;
mod one_key;
mod provider;
mod replication;
mod role;
mod succession;
mod trail;
mod two_keys;

pub use account::{Account, AdmittedAccount, AdmittedCaller, Anyone};
pub use alias_and_keys::{AdmittedAlias, AliasAndKeys, AliasChange};
pub use bucket::{AdmittedBucket, OneBucket};
pub use grant_on_key::{AdmittedGrant, GrantOnKey};
pub use identity::{AccessKeyOwner, AdmittedIdentity, Companion, OneIdentity, Whose};
pub use in_account::{AdmittedIam, InAccount};
pub use key_store::{AdmittedKeyStore, KeyStore};
pub use managed_policy::{AdmittedPolicy, Managed, OnePolicy, OwnPolicy};
pub(crate) use managed_policy::{find_policy, stored_policy};
pub use object::{AdmittedObject, OneObject};
pub use one_key::OneKey;
pub use provider::{AdmittedProvider, OneProvider};
pub use replication::{AdmittedReplication, Replication};
pub use role::{AdmittedRole, RoleToAssume};
pub use succession::{AdmittedSuccession, Succession};
pub use trail::{AdmittedNewTrail, AdmittedTrail, NewTrail, OneTrail, Trails};
pub use two_keys::{AdmittedPair, TwoKeys};

use crate::audit::Note;
use crate::desk::Desk;
use crate::quotas::Keys;
use crate::refusal::Refusal;
use std::future::Future;
use strongroom_types::KeyArn;

/// Only this crate says what kinds of target there are: one made elsewhere could hand its own
/// permits to another's `admit`.
mod sealed {
    pub trait Sealed {}
    impl Sealed for super::OneKey {}
    impl Sealed for super::TwoKeys {}
    impl Sealed for super::AliasAndKeys {}
    impl Sealed for super::GrantOnKey {}
    impl Sealed for super::Replication {}
    impl Sealed for super::Succession {}
    impl Sealed for super::KeyStore {}
    impl Sealed for super::OneIdentity {}
    impl Sealed for super::AccessKeyOwner {}
    impl Sealed for super::OnePolicy {}
    impl Sealed for super::OneProvider {}
    impl Sealed for super::InAccount {}
    impl Sealed for super::RoleToAssume {}
    impl Sealed for super::OneBucket {}
    impl Sealed for super::OneObject {}
    impl Sealed for super::NewTrail {}
    impl Sealed for super::OneTrail {}
    impl Sealed for super::Trails {}
    impl Sealed for super::Account {}
    impl Sealed for super::Anyone {}
}

/// A kind of target.
pub trait Target: sealed::Sealed + Sized + Send {
    /// What was found: records, not yet authorized.
    type Found: Send + Sync;
    /// Proofs that the permits cover what was found.
    type Permits: Send;
    /// Proof that it may be worked with.
    type Admitted: Send + Sync;

    /// Finds what the target names.
    fn find(
        self,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> impl Future<Output = Result<Self::Found, Refusal>> + Send;

    /// The keys that it is about, where uses of keys are counted.
    fn keys(found: &Self::Found) -> Keys<'_> {
        let _ = found;
        Keys::new()
    }

    /// Asks the policies, and the grants.
    ///
    /// # Errors
    /// [`Refusal::AccessDenied`].
    fn authorize(
        found: &Self::Found,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> impl Future<Output = Result<Self::Permits, Refusal>> + Send;

    /// The keys whose material an operation on it uses, if it uses any.
    fn used(admitted: &Self::Admitted) -> Vec<KeyArn> {
        let _ = admitted;
        Vec::new()
    }

    /// Asks usage and state.
    ///
    /// # Errors
    /// The refusal of usage or state.
    fn admit(
        found: Self::Found,
        permits: Self::Permits,
        desk: &Desk<'_>,
    ) -> Result<Self::Admitted, Refusal>;
}
