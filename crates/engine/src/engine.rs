//! The engine: ports put together, and nothing decided.

use crate::authenticate::SigningKeys;
use crate::bounded::Bounded;
use crate::call::RequestId;
use crate::identity::access_key_use::AccessKeyUses;
use crate::identity::role_use::RoleUses;
use crate::identity::session::Sessions;
use crate::identity::web_refusals::WebRefusals;
use crate::last_use::LastUses;
use crate::ledger::{
    self, Committer, Durability, JournalTail, JournalWriter, Ledger, OpenError, Recovered,
};
use crate::ports::archive::{EventHistory, Objects};
use crate::ports::key_store::KeyStores;
use crate::ports::{Clock, Log, Store, Workers};
use crate::quotas::key_counts::KeyCounts;
use crate::quotas::{InFlight, Quotas, RequestQuotas};
use crate::vault::{CacheSizes, Vault};
use std::sync::Arc;
use strongroom_attestation::Roots;
use strongroom_crypto::Entropy;
use strongroom_federation::Providers;
use strongroom_keys::RootKey;
use strongroom_meters::Counter;
use strongroom_types::{AccountId, KeySpec, Region};

/// What the engine is made of.
pub struct Ports {
    /// Where records are.
    pub store: Arc<dyn Store>,
    /// Where the journal is.
    pub log: Box<dyn Log>,
    /// What everything hangs from.
    pub root: Arc<dyn RootKey>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Threads for slow work.
    pub workers: Arc<dyn Workers>,
    /// Keys that live elsewhere.
    pub key_stores: Arc<dyn KeyStores>,
    /// Where log files and digests of the trail are delivered to.
    pub objects: Arc<dyn Objects>,
    /// Where past events are looked up.
    pub history: Arc<dyn EventHistory>,
    /// What the operator allows.
    pub settings: Settings,
    /// Where the server's own failures are told; callers do not see them.
    pub report: Arc<dyn Report>,
}

/// What the operator allows beyond what AWS does.
#[derive(Clone, Default)]
pub struct Settings {
    /// The server's Region; without one `us-east-1`. Users, roles and all that IAM knows are of its
    /// partition, in whichever Region they are used.
    pub region: Option<Region>,
    /// SM2 keys in every Region; AWS has them in the China Regions only.
    pub sm2_everywhere: bool,
    /// Whose attestation documents are believed; nobody's, if there is none.
    pub attestation_roots: Roots,
    /// The keys of OpenID Connect providers; of none, if there is none.
    pub identity_providers: Providers,
    /// The bucket that the built-in trail delivers to; without one `strongroom-trail`.
    pub trail_bucket: Option<String>,
    /// What each account may ask for, and have.
    pub quotas: Quotas,
    /// When a request that changes nothing is answered.
    pub durability: Durability,
}

impl Settings {
    /// The server's Region.
    pub(crate) fn region(&self) -> Option<Region> {
        self.region.or_else(|| "us-east-1".parse().ok())
    }

    /// The server's partition.
    pub(crate) fn partition(&self) -> &'static str {
        self.region.map_or("aws", |region| region.partition())
    }

    /// The bucket that the built-in trail delivers to.
    #[must_use]
    pub fn trail_bucket(&self) -> &str {
        self.trail_bucket.as_deref().unwrap_or("strongroom-trail")
    }

    /// Whether keys of this spec are made in the Region.
    #[must_use]
    pub fn offers(&self, spec: KeySpec, region: Region) -> bool {
        spec != KeySpec::Sm2 || self.sm2_everywhere || region.partition() == "aws-cn"
    }
}

/// Takes the server's own failures.
pub trait Report: Send + Sync {
    /// Something failed, while serving `request` if there is one.
    fn incident(&self, request: Option<RequestId>, what: &str);
}

/// The one way from a request to a reply; see [`Engine::serve`].
pub struct Engine {
    vault: Arc<Vault>,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    workers: Arc<dyn Workers>,
    key_stores: Arc<dyn KeyStores>,
    objects: Arc<dyn Objects>,
    history: Arc<dyn EventHistory>,
    settings: Settings,
    report: Arc<dyn Report>,
    signing_keys: SigningKeys,
    sessions: Sessions,
    last_uses: LastUses,
    access_key_uses: AccessKeyUses,
    unverified: Bounded<String>,
    throttled: Bounded<AccountId>,
    request_quotas: Option<RequestQuotas>,
    in_flight: InFlight,
    key_counts: KeyCounts,
    role_uses: RoleUses,
    web_refusals: WebRefusals,
    contended: tokio::sync::Mutex<()>,
    turned_away: Counter,
}

/// An open engine, and the two loops without which it does not answer.
pub struct Running {
    /// The engine.
    pub engine: Engine,
    /// Run its [`Committer::run`] on a thread of its own.
    pub committer: Committer,
    /// Run its [`JournalWriter::run`] on a thread of its own.
    pub writer: JournalWriter,
    /// What reads the journal behind its writer, for delivery of the trail.
    pub tail: JournalTail,
    /// What was found of the journal.
    pub recovered: Recovered,
    /// Whether the store was empty.
    pub is_new: bool,
}

impl Engine {
    /// Opens store and journal.
    ///
    /// # Errors
    /// [`OpenError`] when either is not what it was, or fails.
    pub async fn open(ports: Ports, sizes: CacheSizes) -> Result<Running, OpenError> {
        let Ports { store, log, root, clock, entropy, workers, .. } = ports;
        let Ports { key_stores, objects, history, settings, report, .. } = ports;
        let vault = Arc::new(Vault::new(store, root, entropy, sizes));
        let opened = ledger::open(vault.clone(), log, settings.durability).await?;
        let request_quotas = RequestQuotas::new(&settings.quotas.requests, &clock);
        let in_flight = InFlight::new(settings.quotas.in_flight);
        let signing_keys = SigningKeys::default();
        let contended = tokio::sync::Mutex::new(());
        let ledger = opened.ledger;
        let engine = Self {
            vault,
            ledger,
            clock,
            workers,
            key_stores,
            objects,
            history,
            settings,
            report,
            signing_keys,
            sessions: Sessions::default(),
            last_uses: LastUses::default(),
            access_key_uses: AccessKeyUses::default(),
            unverified: Bounded::default(),
            throttled: Bounded::default(),
            request_quotas,
            in_flight,
            key_counts: KeyCounts::default(),
            role_uses: RoleUses::default(),
            web_refusals: WebRefusals::default(),
            contended,
            turned_away: Counter::new(),
        };
        Ok(Running {
            engine,
            committer: opened.committer,
            writer: opened.writer,
            tail: opened.tail,
            recovered: opened.recovered,
            is_new: opened.is_new,
        })
    }

    /// Why requests fail now, if they do.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.ledger.failure()
    }

    /// A fresh identifier for a request.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        let mut bytes = [0; 16];
        if let Err(why) = self.vault.entropy().fill_name(&mut bytes) {
            self.report(None, &why.to_string());
        }
        let id = strongroom_types::KeyId::from_random(bytes);
        RequestId(*id.parts().1)
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> strongroom_types::Timestamp {
        self.clock.now()
    }

    /// A time for what lasts; see [`Clock::steady`].
    #[must_use]
    pub fn steady(&self) -> std::time::Duration {
        self.clock.steady()
    }

    pub(crate) fn wall(&self) -> strongroom_types::Timestamp {
        self.clock.wall()
    }

    /// Waits for one's turn among the requests that lost a race.
    pub(crate) async fn contended(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.contended.lock().await
    }

    /// Counts requests that were refused since a quota was used up.
    pub(crate) fn turned_away(&self) -> &Counter {
        &self.turned_away
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn workers(&self) -> &dyn Workers {
        &*self.workers
    }

    pub(crate) fn key_stores(&self) -> &dyn KeyStores {
        &*self.key_stores
    }

    pub(crate) fn objects(&self) -> &dyn Objects {
        &*self.objects
    }

    pub(crate) fn history(&self) -> &dyn EventHistory {
        &*self.history
    }

    pub(crate) fn last_uses(&self) -> &LastUses {
        &self.last_uses
    }

    pub(crate) fn access_key_uses(&self) -> &AccessKeyUses {
        &self.access_key_uses
    }

    pub(crate) fn unverified(&self) -> &Bounded<String> {
        &self.unverified
    }

    pub(crate) fn throttled(&self) -> &Bounded<AccountId> {
        &self.throttled
    }

    pub(crate) fn request_quotas(&self) -> Option<&RequestQuotas> {
        self.request_quotas.as_ref()
    }

    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    pub(crate) fn key_counts(&self) -> &KeyCounts {
        &self.key_counts
    }

    pub(crate) fn role_uses(&self) -> &RoleUses {
        &self.role_uses
    }

    pub(crate) fn web_refusals(&self) -> &WebRefusals {
        &self.web_refusals
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn signing_keys(&self) -> &SigningKeys {
        &self.signing_keys
    }

    pub(crate) fn report(&self, request: Option<RequestId>, what: &str) {
        self.report.incident(request, what);
    }
}
