//! The keys of identity providers that are fetched: at the start, every hour, and soon after a token
//! has named one that is not there. No request waits for it; keys from before stay until there are
//! others.

use crate::terminal::Failure;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use strongroom_federation::{Provider, Providers};
use strongroom_keystores::Documents;
use strongroom_server::log::{self, Level};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long keys are taken for current.
const HOUR: Duration = Duration::from_secs(60 * 60);
/// The least time between two tries, whatever tokens name: anybody may bring one.
const MINUTE: Duration = Duration::from_secs(60);
/// Where a provider says where its keys are. Source: OpenID Connect Discovery 1.0 §4.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A provider whose keys are fetched.
pub(crate) struct KeySource {
    /// URL of the provider without its scheme.
    issuer: String,
    /// Where the keys are; without it the provider is asked.
    url: Option<String>,
    documents: Documents,
    /// Told when a token names a key that is not there.
    missed: watch::Receiver<()>,
}

/// Keeps the keys of `sources` current until the server stops.
pub(crate) async fn keep(
    sources: Vec<KeySource>,
    providers: Providers,
    mut stopped: watch::Receiver<bool>,
) {
    let mut tasks = JoinSet::new();
    for source in sources {
        let _ = tasks.spawn(source.keep(providers.clone()));
    }
    let _ = stopped.changed().await;
}

/// How often there is a try.
#[derive(Clone, Copy)]
struct Pace {
    /// How long after one that went well.
    current: Duration,
    /// The least time between two, and that after one that did not go well.
    between: Duration,
}

/// Tries now, again when it is time, and when a key is missed.
async fn renew<F: Future<Output = bool>>(
    pace: Pace,
    missed: &mut watch::Receiver<()>,
    attempt: impl Fn() -> F,
) {
    loop {
        // What was missed until now is answered by this try.
        missed.mark_unchanged();
        let begun = Instant::now();
        let pause = if attempt().await { pace.current } else { pace.between };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            Ok(()) = missed.changed() => tokio::time::sleep_until(begun + pace.between).await,
        }
    }
}

impl KeySource {
    pub(crate) fn new(
        issuer: &str,
        url: Option<String>,
        documents: Documents,
        missed: watch::Receiver<()>,
    ) -> Self {
        Self { issuer: issuer.to_owned(), url, documents, missed }
    }

    async fn keep(self, providers: Providers) {
        // Whether the last try went well: a success is told once.
        let well = AtomicBool::new(false);
        let mut missed = self.missed.clone();
        renew(Pace { current: HOUR, between: MINUTE }, &mut missed, || {
            self.try_once(&providers, &well)
        })
        .await;
    }

    /// Says whether the keys were fetched.
    async fn try_once(&self, providers: &Providers, well: &AtomicBool) -> bool {
        let issuer = &self.issuer;
        let fetched = self.fetch().await;
        let before = well.swap(fetched.is_ok(), Ordering::Relaxed);
        match fetched {
            Ok(keys) => {
                providers.renew(issuer, keys);
                if !before {
                    log::log(Level::Info, &format!("fetched the keys of {issuer}"));
                }
                true
            }
            Err(why) => {
                let what = "its keys could not be fetched; those from before are kept, if any";
                log::log(Level::Warn, &format!("identity provider {issuer}: {what}: {why}"));
                false
            }
        }
    }

    async fn fetch(&self) -> Result<Provider, Failure> {
        let url = match &self.url {
            Some(url) => url.clone(),
            None => self.discover().await?,
        };
        let set = self.get(&url).await?;
        Provider::parse(&set).map_err(|why| Failure::of(url, why))
    }

    /// Where the provider says that its keys are.
    async fn discover(&self) -> Result<String, Failure> {
        let issuer = format!("https://{}", self.issuer);
        let url = format!("{issuer}{DISCOVERY}");
        let document = self.get(&url).await?;
        keys_url(&issuer, &document).map_err(|why| Failure::of(url, why))
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, Failure> {
        let got = self.documents.get(url).await;
        Ok(got.map_err(|why| Failure::new(why.to_string()))?.to_vec())
    }
}

/// Where the keys are by the provider's own document, which must be of this provider (OpenID Connect
/// Discovery 1.0 §4.3).
pub(crate) fn keys_url(issuer: &str, document: &[u8]) -> Result<String, Failure> {
    let document: Value =
        serde_json::from_slice(document).map_err(|why| Failure::new(why.to_string()))?;
    let member = |name: &str| document.get(name).and_then(Value::as_str);
    if member("issuer").map(|own| own.trim_end_matches('/')) != Some(issuer) {
        return Err(Failure::new("the document is of another issuer"));
    }
    let keys = member("jwks_uri").map(str::to_owned);
    keys.ok_or_else(|| Failure::new("the document has no `jwks_uri`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn keys_are_fetched_when_it_is_time() {
        const SHORT: Duration = Duration::from_millis(40);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let pace = Pace { current: HOUR, between: SHORT };
        let (misses, mut missed) = watch::channel(());
        let tries = RefCell::new(Vec::new());
        let attempt = || async {
            tries.borrow_mut().push(Instant::now());
            // The first does not go well.
            tries.borrow().len() > 1
        };
        let after = async |count| {
            while tries.borrow().len() < count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let script = async {
            after(2).await;
            for _ in 0..100 {
                misses.send_replace(());
            }
            after(3).await;
            tokio::time::sleep(SHORT * 4).await;
        };
        runtime.block_on(async {
            tokio::select! {
                () = renew(pace, &mut missed, attempt) => {}
                () = script => {}
            }
        });
        // Whatever is missed, it is one more try, and none comes too soon.
        let tries = tries.into_inner();
        assert_eq!(tries.len(), 3);
        assert!(tries.windows(2).all(|pair| pair[1] - pair[0] >= SHORT));
    }
}
