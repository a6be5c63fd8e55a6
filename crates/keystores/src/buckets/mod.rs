//! Buckets that are elsewhere: at AWS, or at what speaks as S3 does (MinIO, Ceph).

#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod remote;
mod wire;

use crate::ConfigurationError;
use remote::Remote;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::Boxed;
use strongroom_engine::ports::archive::{ArchiveError, Object, ObjectSummary, Objects};
use strongroom_engine::ports::object_names::{is_bucket_name, is_object_key};

/// Where a bucket is, and what opens it.
#[derive(Clone)]
pub struct BucketConfiguration {
    /// `https://host` or `https://host:port`; `http://` where nobody else listens.
    pub endpoint: String,
    /// The Region that requests are signed for.
    pub region: String,
    /// Id of the access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: Arc<SecretBytes>,
    /// The bucket's name there.
    pub bucket: String,
    /// Whether it is named in the path, and not in the host's name.
    pub path_style: bool,
    /// PEM file of the authorities that issue the endpoint's certificate. Without it the system's
    /// bundle.
    pub ca_file: Option<PathBuf>,
    /// Most time for one request, connecting included.
    pub deadline: Duration,
}

impl BucketConfiguration {
    /// How long a request may take unless configured. Our choice.
    pub const DEADLINE: Duration = Duration::from_secs(30);
}

/// [`Objects`] of which some buckets are elsewhere. It needs a runtime with timers and sockets.
pub struct Buckets<O> {
    elsewhere: BTreeMap<String, Remote>,
    here: O,
}

impl<O> Buckets<O> {
    /// The buckets of these names elsewhere, all others `here`.
    ///
    /// # Errors
    /// [`ConfigurationError`].
    pub fn new(
        elsewhere: BTreeMap<String, BucketConfiguration>,
        here: O,
    ) -> Result<Self, ConfigurationError> {
        let remote = |(name, configuration): (String, BucketConfiguration)| {
            if is_bucket_name(&name) {
                Ok((name, Remote::new(configuration)?))
            } else {
                Err(ConfigurationError::Bucket(name))
            }
        };
        let elsewhere = elsewhere.into_iter().map(remote).collect::<Result<_, _>>()?;
        Ok(Self { elsewhere, here })
    }
}

impl<O: Objects> Objects for Buckets<O> {
    fn has_bucket(&self, name: &str) -> bool {
        self.elsewhere.contains_key(name) || self.here.has_bucket(name)
    }

    fn put<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
        body: &'a [u8],
        metadata: &'a BTreeMap<String, String>,
    ) -> Boxed<'a, Result<(), ArchiveError>> {
        let Some(remote) = self.elsewhere.get(bucket) else {
            return self.here.put(bucket, key, body, metadata);
        };
        Box::pin(async move {
            if !is_object_key(key) {
                return Err(ArchiveError(format!("no object can be at {bucket:?}, {key:?}")));
            }
            remote.put(key, body, metadata).await
        })
    }

    fn get<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
    ) -> Boxed<'a, Result<Option<Object>, ArchiveError>> {
        match self.elsewhere.get(bucket) {
            // What is elsewhere under other keys was not delivered by this server.
            Some(_) if !is_object_key(key) => Box::pin(std::future::ready(Ok(None))),
            Some(remote) => Box::pin(remote.get(key)),
            None => self.here.get(bucket, key),
        }
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<ObjectSummary>, ArchiveError>> {
        match self.elsewhere.get(bucket) {
            Some(remote) => Box::pin(remote.list(prefix, after, limit)),
            None => self.here.list(bucket, prefix, after, limit),
        }
    }
}
