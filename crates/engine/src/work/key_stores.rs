//! Custom key stores: making them, changing them, connecting them, and making keys in them.

use super::{Work, keys::KeyPlace};
use crate::pages::{Page, PageRequest};
use crate::ports::key_store::{ExternalKey, KeyStoreError};
use crate::quotas::MOST_KEY_STORES;
use crate::refusal::{ExternalKeyDefect, KeyStoreRefusal, Limit, Refusal};
use crate::slot::{Slot, SlotRange};
use crate::target::{AdmittedAccount, AdmittedKeyStore};
use crate::vault::Read;
use strongroom_crypto::{SecretBytes, hash};
use strongroom_keys::{HsmPlace, KeyStorePlace, KeyStoreRecord, ProxyPlace, StoreMembership};
use strongroom_types::{
    AccountId, ConnectionErrorCode, ConnectionState, CustomKeyStoreType, KeyId, Origin, Region,
    XksProxyConnectivity,
};

/// What of a custom key store shall change, beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStoreChange {
    /// Nothing.
    Nothing,
    /// What a connected store takes, too: path and credential of a proxy.
    Light,
    /// Where it is, or what opens it.
    Place,
}

impl Work<'_> {
    /// Stages a custom key store, not yet connected. Returns its identifier.
    ///
    /// # Errors
    /// The refusal of what is taken, [`Refusal::LimitExceeded`], the HSM's or the proxy's refusal,
    /// or [`Refusal::Internal`].
    pub async fn create_key_store(
        &mut self,
        account: &AdmittedAccount,
        name: String,
        place: KeyStorePlace,
    ) -> Result<String, Refusal> {
        let (region, account) = (account.region(), account.account());
        let (counted, others) = self.all_key_stores(account, region).await?;
        let most = self.desk.settings.quotas.resources.of(account).key_stores;
        if others.len() >= most {
            return Err(Refusal::LimitExceeded(Limit::KeyStores(most)));
        }
        unused_name(&name, &others)?;
        unused_place(&place, &others)?;
        let mut random = [0; 9];
        let filled = self.desk.vault.entropy().fill(&mut random);
        filled.map_err(|why| self.failed(&why))?;
        let digits = hash::hex(&random);
        let record = KeyStoreRecord {
            account,
            region,
            id: format!("cks-{}", digits.get(..17).unwrap_or_default()),
            name,
            created: self.now(),
            connection: ConnectionState::Disconnected,
            failure: None,
            place,
        };
        self.probe(&record, false).await?;
        // What is sealed for the Region needs its domain key, which the first to need it makes.
        let _ = self.domain(region).await?;
        self.count_key_stores(&record, counted, others.len() + 1);
        self.put_key_store(&record, None);
        Ok(record.id)
    }

    /// Stages another name of the store, and what `edit` makes of its place.
    ///
    /// # Errors
    /// As [`Work::create_key_store`], or the refusal of the connection's state.
    pub async fn update_key_store(
        &mut self,
        admitted: AdmittedKeyStore,
        name: Option<String>,
        change: KeyStoreChange,
        edit: impl FnOnce(KeyStorePlace) -> Result<KeyStorePlace, Refusal> + Send,
    ) -> Result<(), Refusal> {
        let Read { mut record, version } = admitted.read;
        match record.connection {
            ConnectionState::Disconnected => {}
            ConnectionState::Connected if change != KeyStoreChange::Place => {}
            state => return Err(Refusal::KeyStore(KeyStoreRefusal::State(state))),
        }
        let (counted, mut others) = self.all_key_stores(record.account, record.region).await?;
        let count = others.len();
        others.retain(|other| other.id != record.id);
        if let Some(name) = name {
            unused_name(&name, &others)?;
            record.name = name;
        }
        if change != KeyStoreChange::Nothing {
            record.place = edit(record.place)?;
            unused_place(&record.place, &others).map_err(unrelated)?;
            let connected = record.connection == ConnectionState::Connected;
            self.probe(&record, connected).await.map_err(unrelated)?;
        }
        self.count_key_stores(&record, counted, count);
        self.put_key_store(&record, Some(version));
        Ok(())
    }

    /// Connects the store, or stages that it cannot be. AWS answers before it has tried; here it has
    /// been tried when it is answered.
    ///
    /// # Errors
    /// The refusal of the connection's state, of an HSM that is not there or not fit.
    pub async fn connect_key_store(&mut self, admitted: AdmittedKeyStore) -> Result<(), Refusal> {
        let Read { mut record, version } = admitted.read;
        match record.connection {
            ConnectionState::Failed | ConnectionState::Disconnecting => {
                return Err(Refusal::KeyStore(KeyStoreRefusal::State(record.connection)));
            }
            // Asking again could only find a moment's trouble, and stop all keys for it.
            ConnectionState::Connected => return Ok(()),
            ConnectionState::Connecting | ConnectionState::Disconnected => {}
        }
        let purpose = self.purpose(None);
        let tried = self.desk.key_stores.connect(&record.place, &purpose).await;
        (record.connection, record.failure) = match tried {
            Ok(()) => (ConnectionState::Connected, None),
            Err(why) => {
                self.tell(&record, &why);
                let in_hsm = record.cluster().unwrap_or_default().to_owned();
                match why {
                    KeyStoreError::ClusterNotActive => {
                        return Err(Refusal::KeyStore(KeyStoreRefusal::ClusterNotActive(in_hsm)));
                    }
                    KeyStoreError::ClusterConfiguration(_) => {
                        let refusal = KeyStoreRefusal::ClusterConfiguration(in_hsm);
                        return Err(Refusal::KeyStore(refusal));
                    }
                    why => (ConnectionState::Failed, Some(failure(&why, record.kind()))),
                }
            }
        };
        self.put_key_store(&record, Some(version));
        Ok(())
    }

    /// Stages that the store is not connected.
    ///
    /// # Errors
    /// The refusal of the connection's state.
    pub async fn disconnect_key_store(
        &mut self,
        admitted: AdmittedKeyStore,
    ) -> Result<(), Refusal> {
        let Read { mut record, version } = admitted.read;
        match record.connection {
            ConnectionState::Disconnected | ConnectionState::Disconnecting => {
                return Err(Refusal::KeyStore(KeyStoreRefusal::State(record.connection)));
            }
            _ => {}
        }
        // Should the change not come to be, whoever needs the HSM logs in again.
        if let Err(why) = self.desk.key_stores.disconnect(&record.place).await {
            self.tell(&record, &why);
        }
        (record.connection, record.failure) = (ConnectionState::Disconnected, None);
        self.put_key_store(&record, Some(version));
        Ok(())
    }

    /// Stages that the store is gone.
    ///
    /// # Errors
    /// The refusal of a store that has keys or is not disconnected.
    pub async fn delete_key_store(&mut self, admitted: AdmittedKeyStore) -> Result<(), Refusal> {
        let Read { record, version } = admitted.read;
        // A key is created on condition that the store stays as it was, connected; so none comes to
        // one that was read as disconnected before its keys were looked for.
        let range = SlotRange::external_keys(record.account, record.region, &record.id);
        let keys = self.desk.vault.places(&range, None, 1).await;
        if !keys.map_err(|why| self.desk.internal(&why))?.is_empty() {
            return Err(Refusal::KeyStore(KeyStoreRefusal::HasKeys));
        }
        if record.connection != ConnectionState::Disconnected {
            return Err(Refusal::KeyStore(KeyStoreRefusal::State(record.connection)));
        }
        let (counted, all) = self.all_key_stores(record.account, record.region).await?;
        self.count_key_stores(&record, counted, all.len().saturating_sub(1));
        if let Some(slot) = Slot::key_store(record.account, record.region, &record.id) {
            self.changes.delete(slot, Some(version));
        }
        Ok(())
    }

    /// A page of the account's custom key stores in the Region, by id.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn key_stores(
        &self,
        account: &AdmittedAccount,
        page: PageRequest,
    ) -> Result<Page<KeyStoreRecord>, Refusal> {
        self.page(&SlotRange::key_stores(account.account(), account.region()), page).await
    }

    /// The account's custom key store in the Region of this identifier or, without one, this name.
    ///
    /// # Errors
    /// [`KeyStoreRefusal::NotFound`], [`Refusal::Internal`].
    pub async fn key_store(
        &self,
        account: &AdmittedAccount,
        named: KeyStoreName,
    ) -> Result<KeyStoreRecord, Refusal> {
        let (region, account) = (account.region(), account.account());
        let found = match &named {
            KeyStoreName::Id(id) => {
                let found = self.desk.vault.key_store(account, region, id).await;
                found.map_err(|why| self.desk.internal(&why))?.map(|read| read.record)
            }
            KeyStoreName::Name(name) => {
                let (_, all) = self.all_key_stores(account, region).await?;
                all.into_iter().find(|store| store.name == *name)
            }
        };
        let (KeyStoreName::Id(text) | KeyStoreName::Name(text)) = named;
        found.ok_or(Refusal::KeyStore(KeyStoreRefusal::NotFound(text)))
    }

    /// So many random bytes of the store's HSM.
    ///
    /// # Errors
    /// [`KeyStoreRefusal`].
    pub async fn random_of(
        &self,
        account: &AdmittedAccount,
        store: String,
        len: usize,
    ) -> Result<SecretBytes, Refusal> {
        let store = self.key_store(account, KeyStoreName::Id(store)).await?;
        if store.kind() == CustomKeyStoreType::ExternalKeyStore {
            return Err(Refusal::KeyStore(KeyStoreRefusal::NoRandom));
        }
        connected(&store)?;
        let made = self.desk.key_stores.random(&store.place, len).await;
        made.map_err(|why| {
            self.tell(&store, &why);
            Refusal::KeyStore(KeyStoreRefusal::Random(why))
        })
    }

    /// A place for a new key in the store, staged on condition that the store stays as it is. In an
    /// HSM the key is made.
    pub(super) async fn place_in_store(
        &mut self,
        (account, region): (AccountId, Region),
        store: String,
        external: Option<String>,
    ) -> Result<KeyPlace, Refusal> {
        let found = self.desk.vault.key_store(account, region, &store).await;
        let found = found.map_err(|why| self.desk.internal(&why))?;
        let Read { record, version } =
            found.ok_or(Refusal::KeyStore(KeyStoreRefusal::NotFound(store)))?;
        let origin = match record.kind() {
            CustomKeyStoreType::AwsCloudHsm => Origin::AwsCloudHsm,
            CustomKeyStoreType::ExternalKeyStore => Origin::ExternalKeyStore,
        };
        let wanted =
            if external.is_some() { Origin::ExternalKeyStore } else { Origin::AwsCloudHsm };
        if origin != wanted {
            return Err(Refusal::wrong_store(wanted));
        }
        connected(&record)?;
        let key = self.id_of_request();
        let name = match external {
            Some(external) => {
                self.external_key(&record, &external).await?;
                external
            }
            None => {
                let made = self.desk.key_stores.create(&record.place, &key.to_string()).await;
                made.map_err(|why| self.not_made(&record, key, why))?;
                key.to_string()
            }
        };
        let outside = Slot::external_key(account, region, &record.id, &name);
        self.changes.put(outside, None, &key.to_string());
        if let Some(slot) = Slot::key_store(account, region, &record.id) {
            self.changes.expect(slot, Some(version));
        }
        let cluster = record.cluster().map(str::to_owned);
        Ok(KeyPlace { key, origin, member: StoreMembership { store: record.id, name, cluster } })
    }

    /// The id of a key that this request makes in a custom key store. A request that is tried again
    /// finds the key that it made in the HSM before.
    fn id_of_request(&self) -> KeyId {
        let named = [b"key made by request ".as_slice(), &self.desk.call.id.0].concat();
        let digest = hash::sha256(&named);
        KeyId::from_random(*digest.first_chunk().unwrap_or(&[0; 16]))
    }

    /// Refuses an external key that is another key's, or none that a KMS key can have.
    async fn external_key(&self, store: &KeyStoreRecord, external: &str) -> Result<(), Refusal> {
        let slot = Slot::external_key(store.account, store.region, &store.id, external);
        let taken = self.desk.vault.read::<String>(&slot).await;
        if taken.map_err(|why| self.desk.internal(&why))?.is_some() {
            let refusal = KeyStoreRefusal::ExternalKeyInUse(external.to_owned());
            return Err(Refusal::KeyStore(refusal));
        }
        // There is no KMS key yet, of which the proxy could be told.
        let purpose = self.purpose(None);
        let described = self.desk.key_stores.describe(&store.place, external, &purpose).await;
        let described = described.map_err(|why| self.not_created(store, why))?;
        if let Some(defect) = defect(described) {
            return Err(Refusal::KeyStore(KeyStoreRefusal::ExternalKey(defect)));
        }
        Ok(())
    }

    /// The refusal when a proxy does not say that the external key will do. What the caller named
    /// wrongly is no news to the operator.
    fn not_created(&self, store: &KeyStoreRecord, why: KeyStoreError) -> Refusal {
        use KeyStoreError as E;
        if !matches!(why, E::KeyNotFound | E::KeyDisabled | E::KeyUsage(_)) {
            self.tell(store, &why);
        }
        Refusal::KeyStore(KeyStoreRefusal::Creating(store.kind(), why))
    }

    /// The refusal when an HSM does not say that it has made the key, which it may have all the same.
    fn not_made(&self, store: &KeyStoreRecord, key: KeyId, why: KeyStoreError) -> Refusal {
        let id = &store.id;
        self.desk.faults.note(format!("custom key store {id}: key {key} was not made: {why}"));
        Refusal::KeyStore(KeyStoreRefusal::Creating(store.kind(), why))
    }

    /// Whether the store can be what it says. A proxy that is reached by an endpoint service is
    /// asked when the store is connected, and when it is changed while it is.
    async fn probe(&self, record: &KeyStoreRecord, connected: bool) -> Result<(), Refusal> {
        let told = |why: KeyStoreError| {
            self.tell(record, &why);
            Refusal::KeyStore(match (&record.place, why) {
                (KeyStorePlace::Hsm(hsm), why) => not_in_hsm(hsm, why),
                (KeyStorePlace::Proxy(_), why) => KeyStoreRefusal::Proxy(why),
            })
        };
        self.desk.key_stores.check(&record.place).map_err(told)?;
        match &record.place {
            KeyStorePlace::Proxy(proxy) if connected || is_public(proxy) => {
                let purpose = self.purpose(None);
                self.desk.key_stores.connect(&record.place, &purpose).await.map_err(told)
            }
            _ => Ok(()),
        }
    }

    /// All custom key stores of the account in the Region, and the version of their count. The
    /// version is read first: what changes between the two is noticed by it.
    async fn all_key_stores(
        &self,
        account: AccountId,
        region: Region,
    ) -> Result<(Option<u64>, Vec<KeyStoreRecord>), Refusal> {
        let counted = self.desk.vault.read::<u32>(&Slot::key_store_count(account, region)).await;
        let counted = counted.map_err(|why| self.desk.internal(&why))?.map(|read| read.version);
        let range = SlotRange::key_stores(account, region);
        let all = self.desk.vault.scan(&range, None, MOST_KEY_STORES).await;
        let all = all.map_err(|why| self.desk.internal(&why))?;
        Ok((counted, all.into_iter().map(|(_, store)| store).collect()))
    }

    /// Stages how many stores there will be; see [`Slot::key_store_count`].
    fn count_key_stores(&mut self, record: &KeyStoreRecord, counted: Option<u64>, count: usize) {
        let slot = Slot::key_store_count(record.account, record.region);
        self.changes.put(slot, counted, &u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn put_key_store(&mut self, record: &KeyStoreRecord, version: Option<u64>) {
        if let Some(slot) = Slot::key_store(record.account, record.region, &record.id) {
            self.changes.put(slot, version, record);
        }
    }
}

/// By what a custom key store is named.
pub enum KeyStoreName {
    /// Its identifier.
    Id(String),
    /// Its name.
    Name(String),
}

fn connected(store: &KeyStoreRecord) -> Result<(), Refusal> {
    match store.connection {
        ConnectionState::Connected => Ok(()),
        state => Err(Refusal::KeyStore(KeyStoreRefusal::State(state))),
    }
}

fn unused_name(name: &str, others: &[KeyStoreRecord]) -> Result<(), Refusal> {
    match others.iter().any(|other| other.name == name) {
        true => Err(Refusal::KeyStore(KeyStoreRefusal::NameInUse(name.to_owned()))),
        false => Ok(()),
    }
}

/// Source: AWS KMS API Reference, CreateCustomKeyStore: "Uniqueness requirements".
fn unused_place(place: &KeyStorePlace, others: &[KeyStoreRecord]) -> Result<(), Refusal> {
    let refused = others.iter().find_map(|other| match (place, &other.place) {
        (KeyStorePlace::Hsm(own), KeyStorePlace::Hsm(other)) => (own.cluster == other.cluster)
            .then(|| KeyStoreRefusal::ClusterInUse(own.cluster.clone())),
        (KeyStorePlace::Proxy(own), KeyStorePlace::Proxy(other)) => in_use(own, other),
        _ => None,
    });
    refused.map_or(Ok(()), |refusal| Err(Refusal::KeyStore(refusal)))
}

fn in_use(own: &ProxyPlace, other: &ProxyPlace) -> Option<KeyStoreRefusal> {
    let same_endpoint = own.endpoint.eq_ignore_ascii_case(&other.endpoint);
    let name = |place: &ProxyPlace| place.service.as_ref().map(|service| service.name.clone());
    if same_endpoint && own.path == other.path {
        Some(KeyStoreRefusal::UriInUse)
    } else if same_endpoint && !(is_public(own) && is_public(other)) {
        Some(KeyStoreRefusal::EndpointInUse)
    } else if own.service.is_some() && name(own) == name(other) {
        Some(KeyStoreRefusal::ServiceInUse)
    } else {
        None
    }
}

fn is_public(proxy: &ProxyPlace) -> bool {
    proxy.connectivity == XksProxyConnectivity::PublicEndpoint
}

fn not_in_hsm(hsm: &HsmPlace, why: KeyStoreError) -> KeyStoreRefusal {
    let cluster = hsm.cluster.clone();
    match why {
        KeyStoreError::ClusterNotFound | KeyStoreError::NotAllowed(_) => {
            KeyStoreRefusal::ClusterNotFound(cluster)
        }
        KeyStoreError::TrustAnchor => KeyStoreRefusal::TrustAnchor,
        KeyStoreError::ClusterNotActive => KeyStoreRefusal::ClusterNotActive(cluster),
        _ => KeyStoreRefusal::ClusterConfiguration(cluster),
    }
}

/// A store keeps its certificate, so another one is another cluster's; and two stores have no
/// cluster in common.
fn unrelated(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::KeyStore(KeyStoreRefusal::TrustAnchor | KeyStoreRefusal::ClusterInUse(_)) => {
            Refusal::KeyStore(KeyStoreRefusal::ClusterNotRelated)
        }
        other => other,
    }
}

fn defect(key: ExternalKey) -> Option<ExternalKeyDefect> {
    if key.spec != "AES_256" {
        Some(ExternalKeyDefect::Spec(key.spec))
    } else if !key.encrypts_and_decrypts() {
        Some(ExternalKeyDefect::Usage(key.usage))
    } else if !key.enabled {
        Some(ExternalKeyDefect::Status)
    } else {
        None
    }
}

/// Source: AWS KMS API Reference, `CustomKeyStoresListEntry`.
fn failure(why: &KeyStoreError, kind: CustomKeyStoreType) -> ConnectionErrorCode {
    use ConnectionErrorCode as C;
    use KeyStoreError as E;
    match why {
        E::ClusterNotFound => C::ClusterNotFound,
        E::HsmCredentials | E::ProxyCredentials => C::InvalidCredentials,
        E::HsmUserLocked => C::UserLockedOut,
        E::TimedOut if kind == CustomKeyStoreType::AwsCloudHsm => C::NetworkErrors,
        E::TimedOut => C::XksProxyTimedOut,
        E::Unreachable(_) | E::Unhealthy => C::XksProxyNotReachable,
        E::Tls(_) => C::XksProxyInvalidTlsConfiguration,
        E::AccessDenied => C::XksProxyAccessDenied,
        E::InvalidResponse(_) => C::XksProxyInvalidResponse,
        E::ProxyConfiguration(_) | E::NotAllowed(_) => C::XksProxyInvalidConfiguration,
        _ => C::InternalError,
    }
}
