//! A custom key store of the caller's account.

use super::Target;
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::refusal::{KeyStoreRefusal, Refusal};
use crate::vault::Read;
use strongroom_keys::KeyStoreRecord;
use strongroom_policy::Permit;

/// A custom key store of the request's Region, by its identifier.
pub struct KeyStore(pub String);

/// A custom key store that may be worked with.
pub struct AdmittedKeyStore {
    pub(crate) read: Read<KeyStoreRecord>,
    permit: Permit,
}

impl AdmittedKeyStore {
    /// The store as it is stored.
    #[must_use]
    pub fn record(&self) -> &KeyStoreRecord {
        &self.read.record
    }

    /// Why it may be worked with.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }
}

impl Target for KeyStore {
    type Found = Read<KeyStoreRecord>;
    type Permits = Permit;
    type Admitted = AdmittedKeyStore;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Self::Found, Refusal> {
        let caller = &desk.call.caller;
        let found = desk.vault.key_store(caller.account, caller.region, &self.0).await;
        let found = found.map_err(|why| desk.internal(&why))?;
        let found = found.ok_or(Refusal::KeyStore(KeyStoreRefusal::NotFound(self.0)))?;
        note.store(&found.record);
        Ok(found)
    }

    async fn authorize(
        _: &Self::Found,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let Access::KeyStore(action) = desk.demands.access else { return Err(Refusal::Internal) };
        desk.permit_account(action, note)
    }

    fn admit(
        read: Self::Found,
        permit: Permit,
        desk: &Desk<'_>,
    ) -> Result<AdmittedKeyStore, Refusal> {
        let own = read.record.account == desk.call.caller.account;
        if !permit.covers_account() || !own {
            return Err(Refusal::Internal);
        }
        Ok(AdmittedKeyStore { read, permit })
    }
}
