//! HSMs, through the PKCS #11 modules of their makers.
//!
//! A module's functions block, and who is logged in is a matter of the whole process. So each HSM
//! has one thread, which owns the session; requests queue for it.
//!
//! Keys are AES-256, sensitive and not extractable, found by their label. They encrypt by AES-GCM
//! under random initialization vectors, which bounds a key to 2³² encryptions (NIST SP 800-38D
//! §8.3): the ciphertexts that go in were made under keys of ours, for each message another.
//!
//! Source: PKCS #11 version 2.40.

mod fault;
mod key;
mod module;
mod password;
mod token;

use crate::configuration::Vectors;
use crate::package::{self, HsmPackage};
use crate::{ConfigurationError, HsmConfiguration};
use password::Password;
use rustls::pki_types::CertificateDer;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;
use strongroom_client::pem;
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::key_store::{ExternalKey, HsmPlace, KeyStoreError};
use token::Token;
use tokio::sync::oneshot;

/// Most requests that wait for one HSM. Our choice: more would wait for seconds.
const QUEUE: usize = 256;
/// Longest label, in bytes. Our choice: longer than any identifier of a key.
const MAX_LABEL: usize = 128;

/// What an HSM's thread is to do.
type Job = Box<dyn FnOnce(&mut Token) + Send>;

/// The HSMs of the configuration, by cluster id.
pub(crate) struct Hsms(BTreeMap<String, Hsm>);

/// An HSM.
pub(crate) struct Hsm {
    jobs: SyncSender<Job>,
    deadline: Duration,
    trust_anchor: Option<Vec<CertificateDer<'static>>>,
    vectors: Vectors,
}

impl Hsms {
    pub(crate) fn new(
        configuration: BTreeMap<String, HsmConfiguration>,
    ) -> Result<Self, ConfigurationError> {
        let start = |(id, hsm): (String, HsmConfiguration)| match is_cluster_id(&id) {
            true => Ok((id, Hsm::start(hsm)?)),
            false => Err(ConfigurationError::ClusterId(id)),
        };
        configuration.into_iter().map(start).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn find(&self, cluster: &HsmPlace) -> Result<&Hsm, KeyStoreError> {
        self.0.get(&cluster.cluster).ok_or(KeyStoreError::ClusterNotFound)
    }
}

impl Hsm {
    pub(crate) fn start(configuration: HsmConfiguration) -> Result<Self, ConfigurationError> {
        let HsmConfiguration { module, token, user, trust_anchor, vectors, deadline } =
            configuration;
        if deadline.is_zero() {
            return Err(ConfigurationError::Deadline);
        }
        let trust_anchor = trust_anchor.as_deref().map(pem::read).transpose()?;
        let (jobs, queue) = sync_channel(QUEUE);
        let token = Token::new(module, token, user);
        thread::Builder::new()
            .name("hsm".to_owned())
            .spawn(move || serve(&queue, token))
            .map_err(ConfigurationError::Thread)?;
        Ok(Self { jobs, deadline, trust_anchor, vectors })
    }

    /// Whether `named` is the certificate of the configuration, if that has one.
    pub(crate) fn check(&self, named: &str) -> Result<(), KeyStoreError> {
        let Some(ours) = &self.trust_anchor else { return Ok(()) };
        let named = pem::certificates(named.as_bytes()).ok_or(KeyStoreError::TrustAnchor)?;
        if named == *ours { Ok(()) } else { Err(KeyStoreError::TrustAnchor) }
    }

    /// Logs in, even if somebody is logged in or was refused with this password before.
    pub(crate) async fn connect(&self, password: &SecretBytes) -> Result<(), KeyStoreError> {
        let password = Password::copy(password);
        self.ask(move |token| token.connect(&password)).await
    }

    /// Closes the session. Another store of the same HSM logs in again when it is used.
    pub(crate) async fn disconnect(&self) -> Result<(), KeyStoreError> {
        self.ask(|token| {
            token.forget();
            Ok(())
        })
        .await
    }

    pub(crate) async fn describe(
        &self,
        password: &SecretBytes,
        name: &str,
    ) -> Result<ExternalKey, KeyStoreError> {
        let (password, label) = (Password::copy(password), label(name)?);
        self.ask(move |token| token.with(&password, |session| key::describe(session, &label))).await
    }

    pub(crate) async fn create(
        &self,
        password: &SecretBytes,
        name: &str,
    ) -> Result<(), KeyStoreError> {
        let (password, label) = (Password::copy(password), label(name)?);
        self.ask(move |token| token.with(&password, |session| key::create(session, &label))).await
    }

    pub(crate) async fn destroy(
        &self,
        password: &SecretBytes,
        name: &str,
    ) -> Result<(), KeyStoreError> {
        let (password, label) = (Password::copy(password), label(name)?);
        self.ask(move |token| token.with(&password, |session| key::destroy(session, &label))).await
    }

    pub(crate) async fn encrypt(
        &self,
        password: &SecretBytes,
        name: &str,
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, KeyStoreError> {
        package::check_lengths(plaintext, aad)?;
        let (password, label) = (Password::copy(password), label(name)?);
        let (aad, plaintext, vectors) = (aad.to_vec(), plaintext.to_vec(), self.vectors);
        self.ask(move |token| {
            token
                .with(&password, |session| key::encrypt(session, &label, vectors, &aad, &plaintext))
        })
        .await
    }

    pub(crate) async fn decrypt(
        &self,
        password: &SecretBytes,
        name: &str,
        aad: &[u8],
        package: &[u8],
    ) -> Result<SecretBytes, KeyStoreError> {
        HsmPackage::parse(package).ok_or(KeyStoreError::Ciphertext)?;
        let (password, label) = (Password::copy(password), label(name)?);
        let (aad, package) = (aad.to_vec(), package.to_vec());
        self.ask(move |token| {
            token.with(&password, |session| key::decrypt(session, &label, &aad, &package))
        })
        .await
    }

    pub(crate) async fn random(
        &self,
        password: &SecretBytes,
        len: usize,
    ) -> Result<SecretBytes, KeyStoreError> {
        let password = Password::copy(password);
        self.ask(move |token| token.with(&password, |session| key::random(session, len))).await
    }

    /// Has the thread do `task` in its turn. What nobody waits for any more is not begun.
    async fn ask<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Token) -> Result<T, KeyStoreError> + Send + 'static,
    ) -> Result<T, KeyStoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |token| {
            if !reply.is_closed() {
                // If the request has been given up meanwhile, nobody hears it.
                let _ = reply.send(task(token));
            }
        });
        let gone = || KeyStoreError::Failed("the thread of the HSM gave up".to_owned());
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => KeyStoreError::Throttled,
            TrySendError::Disconnected(_) => gone(),
        })?;
        let answer = tokio::time::timeout(self.deadline, answer).await;
        answer.map_err(|_| KeyStoreError::TimedOut)?.map_err(|_| gone())?
    }
}

/// The thread of an HSM; it ends when nobody can ask it any more.
fn serve(jobs: &Receiver<Job>, mut token: Token) {
    for job in jobs {
        // A panic in the bindings costs one request and the session, and not the HSM.
        if catch_unwind(AssertUnwindSafe(|| job(&mut token))).is_err() {
            token.forget();
        }
    }
}

/// `name` as a label.
fn label(name: &str) -> Result<Vec<u8>, KeyStoreError> {
    let good = (1..=MAX_LABEL).contains(&name.len());
    good.then(|| name.as_bytes().to_vec()).ok_or(KeyStoreError::KeyNotFound)
}

/// `cluster-[2-7a-zA-Z]{11,16}`, as in the model of the KMS API.
fn is_cluster_id(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphabetic() || (b'2'..=b'7').contains(&byte);
    let number = text.strip_prefix("cluster-").unwrap_or_default();
    (11..=16).contains(&number.len()) && number.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenName;
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    #[test]
    fn cluster_ids_are_those_that_a_client_can_name() {
        for good in ["cluster-abcdefghijk", "cluster-2A3b4C5d6E7f2g3h"] {
            assert!(is_cluster_id(good), "{good}");
        }
        for bad in ["", "cluster-", "cluster-abcdefghij", "cluster-abcdefghij1", "abcdefghijk"] {
            assert!(!is_cluster_id(bad), "{bad}");
        }
        assert!(!is_cluster_id(&format!("cluster-{}", "a".repeat(17))));
    }

    fn hsm(deadline: Duration) -> Hsm {
        Hsm::start(HsmConfiguration {
            module: "none".into(),
            token: TokenName::Slot(0),
            user: None,
            trust_anchor: None,
            vectors: Vectors::default(),
            deadline,
        })
        .unwrap()
    }

    #[tokio::test]
    async fn an_hsm_that_hangs_is_left_at_the_deadline() {
        let hsm = hsm(Duration::from_millis(50));
        let (go, stop) = std::sync::mpsc::channel::<()>();
        let hang = hsm.ask(move |_| stop.recv().map_err(|_| KeyStoreError::Unsupported));
        assert_eq!(hang.await, Err(KeyStoreError::TimedOut));
        let begun = Arc::new(AtomicUsize::new(0));
        let mark = || {
            let begun = Arc::clone(&begun);
            hsm.ask(move |_| Ok(begun.fetch_add(1, Ordering::SeqCst)))
        };
        assert_eq!(mark().await, Err(KeyStoreError::TimedOut));
        let mut waiting: Vec<_> = (1..QUEUE).map(|_| Box::pin(mark())).collect();
        for request in &mut waiting {
            assert!(poll_once(request).await.is_none());
        }
        assert_eq!(mark().await, Err(KeyStoreError::Throttled), "the queue has an end");
        drop(waiting);
        go.send(()).unwrap();
        // Of all that were given up, none is begun.
        let first = loop {
            match mark().await {
                Err(KeyStoreError::TimedOut | KeyStoreError::Throttled) => {}
                done => break done,
            }
        };
        assert_eq!(first, Ok(0));
    }

    /// What `future` has at once.
    async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut future = Pin::new(future);
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    #[tokio::test]
    async fn a_panic_costs_one_request() {
        let hsm = hsm(Duration::from_secs(10));
        let lost = hsm.ask(|_| -> Result<(), _> { panic!("in the bindings") }).await;
        assert!(matches!(lost, Err(KeyStoreError::Failed(_))), "{lost:?}");
        assert_eq!(hsm.ask(|_| Ok(7)).await, Ok(7));
    }
}
