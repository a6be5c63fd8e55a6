//! The configuration: defaults, then the file, then the command line.

mod audit;
mod buckets;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod identity_providers;
mod key_stores;
mod limits;
mod observability;
mod quotas;
mod sandbox;
mod trail;

pub(crate) use audit::Durability;
pub(crate) use observability::{Log, LogFormat};
pub(crate) use sandbox::Paths;
pub(crate) use trail::{Anchors, Trail};

use crate::cli::ServeArguments;
use crate::observe::TraceSettings;
use crate::provider_keys::KeySource;
use crate::terminal::Failure;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use strongroom_attestation::Roots;
use strongroom_engine::Settings;
use strongroom_server::{TlsSource, Transport};
use strongroom_types::{AccountId, Region};

/// The largest configuration file, bytes.
const MAX_FILE: u64 = 64 * 1024;
const DEFAULT_DATA: &str = "./strongroom-data";
const DEFAULT_PORT: u16 = 4599;
/// The Region of commands and clients that name none.
pub(crate) const DEFAULT_REGION: &str = "us-east-1";

/// How the server is to run.
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) server: strongroom_server::Config,
    pub(crate) region: Region,
    pub(crate) log: Log,
    /// Where metrics are served; `None`: nowhere.
    pub(crate) metrics: Option<SocketAddr>,
    /// Where traces are sent; `None`: there are none.
    pub(crate) traces: Option<TraceSettings>,
    pub(crate) settings: Settings,
    pub(crate) key_stores: strongroom_keystores::Configuration,
    pub(crate) buckets: BTreeMap<String, strongroom_keystores::BucketConfiguration>,
    /// The account that each of them is reserved for.
    pub(crate) bucket_owners: BTreeMap<String, Option<AccountId>>,
    pub(crate) dev_clock: bool,
    pub(crate) trail: Trail,
    /// What is fetched for the identity providers of the settings.
    pub(crate) provider_keys: Vec<KeySource>,
    /// What is left to the server in its sandbox; `None` if it has none.
    pub(crate) sandbox: Option<Paths>,
}

/// The file's members; `docs/configuration.md` describes them.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
    region: Option<String>,
    insecure_plain_http: bool,
    log: observability::LogTable,
    metrics: observability::MetricsTable,
    traces: observability::TracesTable,
    tls: Option<TlsTable>,
    sm2_everywhere: bool,
    attestation_roots: Vec<PathBuf>,
    key_stores: key_stores::Table,
    identity_providers: Vec<identity_providers::Table>,
    trail: trail::Table,
    quotas: quotas::Table,
    limits: limits::Table,
    sandbox: sandbox::Table,
    audit: audit::Table,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct TlsTable {
    self_signed: bool,
    names: Vec<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Config {
    /// Puts the configuration together.
    pub(crate) fn load(arguments: &ServeArguments) -> Result<Self, Failure> {
        let file = read_file(arguments)?;
        let data = arguments.data.clone().or(file.data).unwrap_or_else(|| DEFAULT_DATA.into());
        let default = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
        let listen = arguments.listen.or(file.listen).unwrap_or(default);
        let region = file.region.as_deref().unwrap_or(DEFAULT_REGION);
        let region =
            region.parse().map_err(|()| Failure::new(format!("`{region}` is no Region name")))?;
        let mut tls = file.tls.unwrap_or_default();
        tls.names.extend(arguments.tls_name.iter().cloned());
        if let Some(given) = &arguments.tls {
            tls.take(given)?;
        }
        let anywhere = arguments.insecure_plain_http || file.insecure_plain_http;
        let transport = match tls.source(&data)? {
            Some(source) => Transport::Tls(source),
            None => Transport::Plain { anywhere },
        };
        let (identity_providers, provider_keys) =
            identity_providers::read(&file.identity_providers)?;
        let mut trail = file.trail;
        let tables = std::mem::take(&mut trail.buckets);
        let trail = trail.trail()?;
        let mut bucket_owners = buckets::owners(&tables, &trail.bucket)?;
        // Anchors are no account's to overwrite.
        bucket_owners.extend(trail.anchors.bucket.clone().map(|bucket| (bucket, None)));
        let buckets = buckets::configurations(tables)?;
        let bucket = trail.bucket.clone();
        let key_stores = file.key_stores.configuration()?;
        let durability = arguments.audit_durability.or(file.audit.durability);
        Ok(Self {
            sandbox: file.sandbox.paths(arguments.sandbox, &key_stores)?,
            data,
            server: strongroom_server::Config { listen, transport, limits: file.limits.limits()? },
            region,
            log: file.log.log(arguments.log_format),
            metrics: arguments.metrics.or(file.metrics.listen),
            traces: file.traces.settings(arguments.traces)?,
            dev_clock: arguments.dev_clock,
            trail,
            provider_keys,
            key_stores,
            buckets,
            bucket_owners,
            settings: Settings {
                region: Some(region),
                sm2_everywhere: file.sm2_everywhere,
                attestation_roots: attestation_roots(&file.attestation_roots)?,
                identity_providers,
                trail_bucket: Some(bucket),
                quotas: file.quotas.quotas()?,
                durability: durability.map(Into::into).unwrap_or_default(),
            },
        })
    }
}

impl TlsTable {
    /// What the command line says replaces what the file says.
    fn take(&mut self, given: &[String]) -> Result<(), Failure> {
        match given {
            [word] if word == "self-signed" => {
                (self.self_signed, self.certificate, self.key) = (true, None, None);
                Ok(())
            }
            [certificate, key] => {
                self.self_signed = false;
                (self.certificate, self.key) = (Some(certificate.into()), Some(key.into()));
                Ok(())
            }
            _ => Err(Failure::new(
                "--tls takes `self-signed`, or two files: a certificate and its key",
            )),
        }
    }

    fn source(self, data: &std::path::Path) -> Result<Option<TlsSource>, Failure> {
        match (self.self_signed, self.certificate, self.key) {
            (false, None, None) => Ok(None),
            (true, None, None) => {
                Ok(Some(TlsSource::SelfSigned { dir: data.join("tls"), names: self.names }))
            }
            (false, Some(certificate), Some(key)) => {
                Ok(Some(TlsSource::Files { certificate, key }))
            }
            _ => Err(Failure::new(
                "the configuration's [tls] takes `self_signed = true`, or both `certificate` and \
                 `key`",
            )),
        }
    }
}

/// The certificates of the files, PEM or DER.
fn attestation_roots(files: &[PathBuf]) -> Result<Roots, Failure> {
    use std::io::Read;
    let mut roots = Roots::default();
    for path in files {
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes))
            .map_err(|why| Failure::of(path.display(), why))?;
        roots.extend(Roots::parse(&bytes).map_err(|why| Failure::of(path.display(), why))?);
    }
    Ok(roots)
}

fn read_file(arguments: &ServeArguments) -> Result<File, Failure> {
    use std::io::Read;
    let Some(path) = &arguments.config else { return Ok(File::default()) };
    let shown = path.display();
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
        .map_err(|why| Failure::of(shown, why))?;
    toml::from_str(&text).map_err(|why| Failure::of(path.display(), why))
}
