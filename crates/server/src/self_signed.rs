//! A certificate authority of our own, for where no other is at hand: `--tls self-signed`.
//!
//! `ca.pem` is what clients are told to trust; `server.pem` is issued by it and issued anew before
//! it ends. `ca-key.pem` is read only then, so it may be kept elsewhere meanwhile.

use crate::clock::timestamp;
use crate::log::{Level, log};
use crate::tls::{self, Pair};
use crate::{TlsError, x509};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

const DAY: Duration = Duration::from_secs(86_400);
/// Validity of the authority: ten years, for it must be handed to every client.
const CA_DAYS: u32 = 3650;
/// Validity of a server certificate: 397 days, below the 398 that the strictest clients accept of
/// a certificate (CA/Browser Forum Baseline Requirements §6.3.2).
const SERVER_DAYS: u32 = 397;
/// How long before its end a certificate is replaced.
const RENEW_DAYS: u32 = 30;
/// How far certificates reach into the past, for clients whose clock is behind.
const CLOCK_SKEW: Duration = Duration::from_secs(3600);

/// The files of the authority and its certificate in one directory.
#[derive(Debug, Clone)]
pub(crate) struct SelfSigned {
    dir: PathBuf,
    names: Vec<String>,
}

impl SelfSigned {
    /// Keeps its files in `dir`; the certificate is for `names`, host names and IP addresses.
    pub(crate) fn new(dir: PathBuf, names: Vec<String>) -> Self {
        Self { dir, names }
    }

    /// What clients are to trust.
    pub(crate) fn ca(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// What the server shows.
    pub(crate) fn pair(&self) -> Pair {
        Pair { certificate: self.dir.join("server.pem"), key: self.dir.join("server-key.pem") }
    }

    fn ca_key(&self) -> PathBuf {
        self.dir.join("ca-key.pem")
    }

    /// Makes what is missing, broken, for other names, or ends within 30 days of `now`.
    pub(crate) fn ensure(&self, now: SystemTime) -> Result<(), TlsError> {
        let at = |error| TlsError::Write(self.dir.clone(), error);
        self.names.iter().try_for_each(|name| example(name).map(drop))?;
        // The certificates are for all to read; each key has its own protection.
        DirBuilder::new().recursive(true).mode(0o755).create(&self.dir).map_err(at)?;
        if !self.ca_lasts(now)? {
            self.make_ca(now)?;
        }
        if let Err(reason) = self.serves(now) {
            self.issue(now)?;
            self.serves(now)?;
            let path = self.pair().certificate;
            log(Level::Info, &format!("made a server certificate, `{}`: {reason}", path.display()));
        }
        Ok(())
    }

    /// Whether there is an authority that outlives the coming renewal.
    fn ca_lasts(&self, now: SystemTime) -> Result<bool, TlsError> {
        let ca = self.ca();
        if !ca.try_exists().map_err(|error| TlsError::Read(ca.clone(), error))? {
            return Ok(false);
        }
        let chain = tls::certificates(&ca)?;
        let end = chain.first().and_then(|der| x509::not_after(der));
        let end = end.ok_or_else(|| TlsError::NoCertificate(ca.clone()))?;
        let lasts = end > timestamp(now + DAY * RENEW_DAYS);
        if !lasts {
            let text = "the certificate authority is at its end and is replaced: give clients";
            log(Level::Warn, &format!("{text} the new `{}`", ca.display()));
        }
        Ok(lasts)
    }

    /// Whether the server's pair is whole and good for every name until the next renewal, as a
    /// client that trusts the authority would judge.
    fn serves(&self, now: SystemTime) -> Result<(), TlsError> {
        let pair = self.pair();
        tls::load(&pair)?;
        let chain = tls::certificates(&pair.certificate)?;
        let unusable = |error| TlsError::Unusable(pair.certificate.clone(), error);
        let verifier = verifier(&tls::certificates(&self.ca())?).map_err(unusable)?;
        let (leaf, rest) =
            chain.split_first().ok_or_else(|| TlsError::NoCertificate(pair.certificate.clone()))?;
        let later = (now + DAY * RENEW_DAYS).duration_since(UNIX_EPOCH).unwrap_or_default();
        for name in &self.names {
            verifier
                .verify_server_cert(
                    leaf,
                    rest,
                    &example(name)?,
                    &[],
                    UnixTime::since_unix_epoch(later),
                )
                .map_err(unusable)?;
        }
        Ok(())
    }

    fn make_ca(&self, now: SystemTime) -> Result<(), TlsError> {
        let key = KeyPair::generate().map_err(TlsError::Issue)?;
        let mut params = ca_params(&key);
        set_validity(&mut params, now, CA_DAYS);
        let ca = params.self_signed(&key).map_err(TlsError::Issue)?;
        // The certificate last: without it, a key left by a crash is nobody's.
        self.write(&self.ca_key(), &Zeroizing::new(key.serialize_pem()), 0o600)?;
        self.write(&self.ca(), &ca.pem(), 0o644)?;
        log(Level::Info, &format!("made a certificate authority: `{}`", self.ca().display()));
        Ok(())
    }

    fn issue(&self, now: SystemTime) -> Result<(), TlsError> {
        let path = self.ca_key();
        let text = fs::read_to_string(&path).map(Zeroizing::new);
        let text = text.map_err(|error| TlsError::Read(path.clone(), error))?;
        let ca_key = KeyPair::from_pem(&text).map_err(|_| TlsError::NoKey(path))?;
        let key = KeyPair::generate().map_err(TlsError::Issue)?;
        let server = self.sign(&ca_key, &key, now).map_err(TlsError::Issue)?;
        let pair = self.pair();
        self.write(&pair.key, &Zeroizing::new(key.serialize_pem()), 0o600)?;
        self.write(&pair.certificate, &server.pem(), 0o644)
    }

    fn sign(
        &self,
        ca_key: &KeyPair,
        key: &KeyPair,
        now: SystemTime,
    ) -> Result<Certificate, rcgen::Error> {
        let issuer_params = ca_params(ca_key);
        let issuer = Issuer::from_params(&issuer_params, ca_key);
        let mut params = CertificateParams::new(self.names.clone())?;
        params.distinguished_name = named("Strongroom");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        set_validity(&mut params, now, SERVER_DAYS);
        params.signed_by(key, &issuer)
    }

    /// Replaces a file at once: a crash leaves the old one or the new one, with `mode` from the
    /// start.
    fn write(&self, path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
        let new = path.with_extension("new");
        let replace = || -> io::Result<()> {
            match fs::remove_file(&new) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, path)?;
            File::open(&self.dir)?.sync_all()
        };
        replace().map_err(|error| TlsError::Write(path.to_owned(), error))
    }
}

/// The authority's own description. Nothing in it but the validity is not a function of its key,
/// so that the issuer's name in a certificate is the authority's whenever it is issued; and two
/// authorities never have the same name.
fn ca_params(key: &KeyPair) -> CertificateParams {
    let mut params = CertificateParams::default();
    let id: String =
        params.key_identifier(key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    params.distinguished_name = named(&format!("Strongroom CA {id}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// A name that a certificate for `name` is good for: itself, or one under its wildcard.
fn example(name: &str) -> Result<ServerName<'static>, TlsError> {
    let host = name.strip_prefix("*.").map_or(name.to_owned(), |rest| format!("any.{rest}"));
    ServerName::try_from(host).map_err(|_| TlsError::Name(name.to_owned()))
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn set_validity(params: &mut CertificateParams, now: SystemTime, days: u32) {
    params.not_before = (now - CLOCK_SKEW).into();
    params.not_after = (now + DAY * days).into();
}

fn verifier(ca: &[CertificateDer<'static>]) -> Result<Arc<WebPkiServerVerifier>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    for certificate in ca {
        roots.add(certificate.clone())?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(tls::provider()))
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn names() -> Vec<String> {
        ["localhost", "127.0.0.1", "::1", "kms.test"].map(str::to_owned).to_vec()
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_329_425)
    }

    fn made(dir: &Path) -> SelfSigned {
        let made = SelfSigned::new(dir.join("tls"), names());
        made.ensure(now()).unwrap();
        made
    }

    fn contents(of: &SelfSigned) -> [Vec<u8>; 4] {
        [of.ca(), of.ca_key(), of.pair().certificate, of.pair().key].map(|p| fs::read(p).unwrap())
    }

    #[test]
    fn a_restart_changes_nothing_and_keys_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let made = made(dir.path());
        let before = contents(&made);
        made.ensure(now() + DAY * 366).unwrap();
        assert_eq!(contents(&made), before);
        for (path, mode) in [(made.ca_key(), 0o600), (made.pair().key, 0o600), (made.ca(), 0o644)] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
        }
        assert_eq!(fs::read_dir(dir.path().join("tls")).unwrap().count(), 4);
    }

    #[test]
    fn the_certificate_is_renewed_in_its_last_thirty_days() {
        let dir = tempfile::tempdir().unwrap();
        let made = made(dir.path());
        let before = contents(&made);
        made.ensure(now() + DAY * 368).unwrap();
        let after = contents(&made);
        assert_eq!(after[..2], before[..2], "the authority stays");
        assert_ne!(after[2], before[2]);
        assert_ne!(after[3], before[3], "a new certificate has a new key");
    }

    #[test]
    fn the_authority_is_replaced_in_its_last_thirty_days() {
        let dir = tempfile::tempdir().unwrap();
        let made = made(dir.path());
        let before = contents(&made);
        made.ensure(now() + DAY * 3621).unwrap();
        assert!(contents(&made).iter().zip(&before).all(|(new, old)| new != old));
    }

    #[test]
    fn other_names_and_broken_files_lead_to_a_new_certificate() {
        let dir = tempfile::tempdir().unwrap();
        let made = made(dir.path());
        let before = contents(&made);
        let mut more = names();
        more.push("10.1.2.3".to_owned());
        let other = SelfSigned::new(dir.path().join("tls"), more);
        assert!(matches!(other.serves(now()), Err(TlsError::Unusable(..))));
        other.ensure(now()).unwrap();
        assert_ne!(contents(&other)[2], before[2]);
        fs::write(other.pair().key, "rubbish").unwrap();
        other.ensure(now()).unwrap();
        assert!(other.serves(now()).is_ok());
    }

    #[test]
    fn names_are_checked_and_may_be_wildcards() {
        let dir = tempfile::tempdir().unwrap();
        let with = |name: &str| SelfSigned::new(dir.path().join("tls"), vec![name.to_owned()]);
        with("*.kms.test").ensure(now()).unwrap();
        assert!(with("*.kms.test").serves(now()).is_ok());
        assert!(with("a.kms.test").serves(now()).is_ok());
        assert!(with("kms.test").serves(now()).is_err());
        for name in ["", "a b", "http://kms", "*.*.test"] {
            assert!(matches!(with(name).ensure(now()), Err(TlsError::Name(_))), "{name}");
        }
    }

    #[test]
    fn the_authoritys_key_is_needed_only_to_issue() {
        let dir = tempfile::tempdir().unwrap();
        let made = made(dir.path());
        fs::remove_file(made.ca_key()).unwrap();
        made.ensure(now()).unwrap();
        let error = made.ensure(now() + DAY * 380).unwrap_err();
        assert!(matches!(error, TlsError::Read(path, _) if path == made.ca_key()));
    }

    #[test]
    fn a_key_of_another_authority_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        let made = made(dir.path());
        fs::copy(super::tests::made(other.path()).ca_key(), made.ca_key()).unwrap();
        let error = made.ensure(now() + DAY * 380).unwrap_err();
        assert!(matches!(error, TlsError::Unusable(..)), "{error}");
    }
}
