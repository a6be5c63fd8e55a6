//! A server in this process.

use crate::world::runtime;
use crate::{Answer, Client, World, region, stranger};
use serde_json::Value;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use strongroom_crypto::SecretBytes;
use strongroom_engine::ledger::{JournalTail, OpenError, Recovered};
use strongroom_engine::{CacheSizes, Engine, Ports, Running};
use strongroom_keys::codec;
use strongroom_types::{AccountId, KeyArn, KeyId, KeyState};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// The first account's access key.
const OWNER: (&str, &str) = ("AKIATESTKITOWNER0001", "owner-secret-access-key-of-the-testkit");
/// The second account's.
const STRANGER: (&str, &str) = ("AKIATESTKITSTRANGER1", "stranger-secret-key-of-the-testkit");

/// A server on a [`World`]. Its two accounts exist from the beginning.
pub struct Kit {
    /// What it runs on.
    pub world: World,
    /// What was found of the journal.
    pub recovered: Recovered,
    runtime: Runtime,
    loops: Vec<JoinHandle<()>>,
    engine: Option<Arc<Engine>>,
    tail: Mutex<Option<JournalTail>>,
}

/// What reads the journal of a [`Kit`], while one has it.
pub struct Tail<'k>(MutexGuard<'k, Option<JournalTail>>);

impl Deref for Tail<'_> {
    type Target = JournalTail;

    fn deref(&self) -> &JournalTail {
        self.0.as_ref().expect("nobody else has it")
    }
}

impl DerefMut for Tail<'_> {
    fn deref_mut(&mut self) -> &mut JournalTail {
        self.0.as_mut().expect("nobody else has it")
    }
}

impl Kit {
    /// A server on an empty world.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        World::default().open().expect("an empty world opens")
    }

    pub(crate) fn open(world: World, threads: usize) -> Result<Self, OpenError> {
        let ports = world.ports();
        let kit = Self::open_on(world, ports, threads)?;
        kit.create_accounts().expect("the accounts are made");
        Ok(kit)
    }

    /// A server on other ports than the world's; its accounts are still to be made.
    pub(crate) fn open_on(world: World, ports: Ports, threads: usize) -> Result<Self, OpenError> {
        let runtime = runtime(threads);
        let opened = runtime.block_on(Engine::open(ports, CacheSizes::default()));
        let Running { engine, committer, writer, tail, recovered, .. } = opened?;
        let written =
            async { assert_eq!(writer.run().await, 0, "nothing that was answered is lost") };
        let loops = vec![runtime.spawn(committer.run()), runtime.spawn(written)];
        let (engine, tail) = (Some(Arc::new(engine)), Mutex::new(Some(tail)));
        Ok(Self { world, recovered, runtime, loops, engine, tail })
    }

    /// Makes the two accounts, unless they are there or it cannot be read whether they are.
    pub(crate) fn create_accounts(&self) -> Result<(), String> {
        let accounts = [(AccountId::INITIAL, OWNER), (stranger(), STRANGER)];
        accounts.into_iter().try_for_each(|(id, key)| self.create_account(id, key))
    }

    fn create_account(
        &self,
        id: AccountId,
        (access_key, secret): (&str, &str),
    ) -> Result<(), String> {
        let secret = SecretBytes::new(secret.as_bytes().to_vec());
        let engine = self.engine();
        self.block_on(async {
            if engine.has_account(id).await != Ok(false) {
                return Ok(());
            }
            let made = engine.create_account(id, None, region(), (access_key, secret)).await;
            made.map(drop).map_err(|why| format!("{why:?}"))
        })
    }

    /// Stops the server: what was sent is written. Gives the world back.
    ///
    /// # Panics
    /// When a [`Client`] is still there, or a loop of the ledger panicked.
    #[must_use]
    #[track_caller]
    pub fn stop(mut self) -> World {
        let engine = self.engine.take().and_then(Arc::into_inner);
        drop(engine.expect("no client outlives the server"));
        for task in self.loops.drain(..) {
            self.runtime.block_on(task).expect("the ledger's loops end");
        }
        self.world
    }

    /// Stops the server and starts another one on the same world, in which nothing fails.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    #[track_caller]
    pub fn restart(self) -> Self {
        let world = self.stop();
        world.faults.heal();
        world.open().expect("what was stopped opens again")
    }

    /// The engine.
    ///
    /// # Panics
    /// Never: only [`Kit::stop`] takes it away.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        self.engine.as_ref().expect("the server runs")
    }

    /// What reads the journal behind its writer.
    #[must_use]
    pub fn tail(&self) -> Tail<'_> {
        Tail(self.tail.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What reads the journal behind its writer, for somebody to keep.
    ///
    /// # Panics
    /// When somebody else has it.
    #[must_use]
    pub fn take_tail(&self) -> JournalTail {
        self.tail().0.take().expect("nobody has it yet")
    }

    /// Runs `work` on the server's runtime.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Starts `work` beside others; for servers with more than one thread.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(work)
    }

    /// The root user of the first account, who owns the keys.
    #[must_use]
    pub fn owner(&self) -> Client {
        self.client(AccountId::INITIAL, OWNER)
    }

    /// The root user of the second account.
    #[must_use]
    pub fn stranger(&self) -> Client {
        self.client(stranger(), STRANGER)
    }

    fn client(&self, account: AccountId, (access_key, secret): (&str, &str)) -> Client {
        Client {
            engine: self.engine().clone(),
            account,
            region: region(),
            access_key: access_key.to_owned(),
            secret: secret.to_owned(),
            token: None,
        }
    }

    /// The owner calls `operation`.
    #[track_caller]
    pub fn call(&self, operation: &str, input: &Value) -> Answer {
        self.block_on(self.owner().call(operation, input))
    }

    /// A new key of the owner's.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn create_key(&self) -> KeyArn {
        self.create_key_of(&serde_json::json!({}))
    }

    /// Creates a key as `input` says.
    ///
    /// # Panics
    /// When the server refuses.
    #[must_use]
    #[track_caller]
    pub fn create_key_of(&self, input: &Value) -> KeyArn {
        let answer = self.call("CreateKey", input).ok();
        let answer = answer.json();
        let id = answer.pointer("/KeyMetadata/KeyId").and_then(Value::as_str);
        let key = id.and_then(|id| id.parse::<KeyId>().ok()).expect("a key id");
        KeyArn { region: region(), account: AccountId::INITIAL, key }
    }

    /// Puts a key into `state`: by operations where there are such, else by
    /// [`World::edit_key`] between a stop and a start.
    ///
    /// # Panics
    /// When it cannot be done.
    #[must_use]
    #[track_caller]
    pub fn with_key_in(self, key: &KeyArn, state: KeyState) -> Self {
        let input = serde_json::json!({ "KeyId": key.to_string() });
        match state {
            KeyState::Enabled => drop(self.call("EnableKey", &input).ok()),
            KeyState::Disabled => drop(self.call("DisableKey", &input).ok()),
            KeyState::PendingDeletion => {
                let answer = self.call("ScheduleKeyDeletion", &input).ok().json();
                // A primary key waits for its replicas first.
                if answer.get("DeletionDate").is_none() {
                    return self.with_key_edited(key, |key| key.state = state);
                }
            }
            KeyState::Creating
            | KeyState::PendingImport
            | KeyState::PendingReplicaDeletion
            | KeyState::Unavailable
            | KeyState::Updating => return self.with_key_edited(key, |key| key.state = state),
        }
        self
    }

    /// Stops the server, edits the key's record and starts again.
    ///
    /// # Panics
    /// When it cannot be done.
    #[must_use]
    #[track_caller]
    pub fn with_key_edited(
        self,
        key: &KeyArn,
        edit: impl FnOnce(&mut strongroom_keys::KeyRecord),
    ) -> Self {
        let world = self.stop();
        world.edit_key(key, edit);
        world.open().expect("the edited world opens")
    }

    /// How many audit records there are of the request that `answer` answers.
    #[must_use]
    pub fn records_of(&self, answer: &Answer) -> Vec<strongroom_engine::audit::AuditRecord> {
        let mut records = self.world.trail();
        records.retain(|record| record.request == answer.request);
        records
    }

    /// Every audit record as bytes, as they are before they are sealed.
    #[must_use]
    pub fn trail_bytes(&self) -> Vec<u8> {
        self.world.trail().iter().flat_map(codec::encode).collect()
    }
}

impl Default for Kit {
    fn default() -> Self {
        Self::new()
    }
}
