//! The keys of the command line, as keyrings.

use super::exit::{Cause, Ended};
use super::port::Port;
use crate::cli::{
    KmsArguments, OpeningArguments, RawKey, RewrapArguments, RsaPaddingName, WrappingArguments,
};
use crate::{key, secret_input};
use std::sync::Arc;
use strongroom_crypto::{SecretBytes, SystemEntropy};
use strongroom_envelope::{
    DefaultManager, DiscoveryFilter, Error, Keyring, KmsDiscoveryKeyring, KmsKeyring, MultiKeyring,
    RawAesKeyring, RawRsaKeyring, RsaPadding,
};
use strongroom_types::KeySpec;

/// The longest file of a key, bytes: RSA keys of 8,192 bits in PEM are a quarter of it.
const MAX_KEY_FILE: usize = 32 * 1024;

/// Keys, and the KMS that some of them are in.
pub(super) struct Keys {
    keyring: Arc<dyn Keyring>,
    port: Option<Arc<Port>>,
}

impl Keys {
    /// What hands out data keys under them.
    pub(super) fn manager(&self) -> DefaultManager {
        DefaultManager::new(self.keyring.clone(), Arc::new(SystemEntropy))
    }

    pub(super) fn keyring(&self) -> &dyn Keyring {
        self.keyring.as_ref()
    }

    /// Why the KMS could not be asked, if so.
    pub(super) fn unasked(&self) -> Option<String> {
        self.port.as_ref().and_then(|port| port.unasked())
    }

    /// The keys that a message shall be opened by, each of them.
    pub(super) fn wrapping(
        arguments: &WrappingArguments,
        kms: &KmsArguments,
    ) -> Result<Self, Ended> {
        let WrappingArguments { key, raw_aes, raw_rsa, rsa_padding } = arguments;
        if key.is_empty() && raw_aes.is_empty() && raw_rsa.is_empty() {
            let why = "no key to encrypt under: give --key, --raw-aes or --raw-rsa";
            return Err(Ended::new(Cause::Usage, why));
        }
        let Strict(strict, port) = strict(key, kms)?;
        let mut rings: Vec<Arc<dyn Keyring>> = strict.into_iter().collect();
        for of in raw_aes {
            rings.push(aes(of)?);
        }
        for of in raw_rsa {
            rings.push(rsa(of, *rsa_padding, Half::Public)?);
        }
        // The first one makes the data key, and the others encrypt it, too.
        let mut rings = rings.into_iter();
        let keyring = MultiKeyring::new(rings.next(), rings.collect());
        let keyring = keyring.map_err(|why| malformed("keys", &why))?;
        Ok(Self { keyring: Arc::new(keyring), port })
    }

    /// The keys that may open a message.
    pub(super) fn opening(arguments: &OpeningArguments, kms: &KmsArguments) -> Result<Self, Ended> {
        let OpeningArguments { key, discovery, account, discovery_region, .. } = arguments;
        let raw =
            (arguments.raw_aes.as_slice(), arguments.raw_rsa.as_slice(), arguments.rsa_padding);
        let has_raw = !raw.0.is_empty() || !raw.1.is_empty();
        let discovers = *discovery || !account.is_empty() || discovery_region.is_some();
        if !key.is_empty() || (has_raw && !discovers) {
            return Self::given(key, raw, kms);
        }
        let port = Arc::new(Port::find(kms)?);
        let mut ring = KmsDiscoveryKeyring::new(port.clone());
        ring = ring.with_grant_tokens(kms.grant_token.clone());
        if !account.is_empty() {
            let partition = port.partition().to_owned();
            ring = ring.with_filter(DiscoveryFilter { partition, accounts: account.clone() });
        }
        if let Some(region) = discovery_region {
            ring = ring.multi_region_aware(region);
        }
        let mut rings = raw_rings(raw)?;
        rings.push(Arc::new(ring));
        Self::any_of(rings, Some(port))
    }

    /// The keys that may open a message that gets others.
    pub(super) fn before(arguments: &RewrapArguments) -> Result<Self, Ended> {
        let RewrapArguments { from_key, from_raw_aes, from_raw_rsa, keys, kms, .. } = arguments;
        let opening = OpeningArguments {
            key: from_key.clone(),
            discovery: false,
            account: Vec::new(),
            discovery_region: None,
            raw_aes: from_raw_aes.clone(),
            raw_rsa: from_raw_rsa.clone(),
            rsa_padding: keys.rsa_padding,
        };
        Self::opening(&opening, kms)
    }

    fn given(
        key: &[String],
        raw: (&[RawKey], &[RawKey], RsaPaddingName),
        kms: &KmsArguments,
    ) -> Result<Self, Ended> {
        // What is at hand is tried before anybody is asked.
        let mut rings = raw_rings(raw)?;
        let Strict(strict, port) = strict(key, kms)?;
        rings.extend(strict);
        Self::any_of(rings, port)
    }

    fn any_of(rings: Vec<Arc<dyn Keyring>>, port: Option<Arc<Port>>) -> Result<Self, Ended> {
        let keyring = MultiKeyring::new(None, rings).map_err(|why| malformed("keys", &why))?;
        Ok(Self { keyring: Arc::new(keyring), port })
    }
}

/// A keyring of these KMS keys, and the KMS behind it; neither without keys.
#[derive(Default)]
struct Strict(Option<Arc<dyn Keyring>>, Option<Arc<Port>>);

fn strict(keys: &[String], kms: &KmsArguments) -> Result<Strict, Ended> {
    let Some((first, others)) = keys.split_first() else { return Ok(Strict::default()) };
    let port = Arc::new(Port::find(kms)?);
    let mut ring = KmsKeyring::new(port.clone(), first).map_err(|why| malformed(first, &why))?;
    for key in others {
        ring = ring.with_key(key).map_err(|why| malformed(key, &why))?;
    }
    let ring = ring.with_grant_tokens(kms.grant_token.clone()).multi_region_aware();
    Ok(Strict(Some(Arc::new(ring)), Some(port)))
}

fn raw_rings(
    (raw_aes, raw_rsa, padding): (&[RawKey], &[RawKey], RsaPaddingName),
) -> Result<Vec<Arc<dyn Keyring>>, Ended> {
    let aes = raw_aes.iter().map(aes);
    let rsa = raw_rsa.iter().map(|of| rsa(of, padding, Half::Private));
    aes.chain(rsa).collect()
}

fn aes(of: &RawKey) -> Result<Arc<dyn Keyring>, Ended> {
    let given = read(of)?;
    let bytes = key::decoded(&given, KeySpec::SymmetricDefault);
    let bytes = bytes.map_err(|why| Ended::of(Cause::Input, of.file.display(), why))?;
    let ring = RawAesKeyring::new(&of.namespace, &of.name, &bytes);
    Ok(Arc::new(ring.map_err(|why| malformed(&of.file.to_string_lossy(), &why))?))
}

#[derive(Clone, Copy)]
enum Half {
    Public,
    Private,
}

fn rsa(of: &RawKey, padding: RsaPaddingName, half: Half) -> Result<Arc<dyn Keyring>, Ended> {
    let padding = match padding {
        RsaPaddingName::Pkcs1 => RsaPadding::Pkcs1,
        RsaPaddingName::OaepSha1 => RsaPadding::OaepSha1,
        RsaPaddingName::OaepSha256 => RsaPadding::OaepSha256,
        RsaPaddingName::OaepSha384 => RsaPadding::OaepSha384,
        RsaPaddingName::OaepSha512 => RsaPadding::OaepSha512,
    };
    let key = read(of)?;
    let ring = RawRsaKeyring::new(&of.namespace, &of.name, padding).and_then(|ring| match half {
        Half::Public => ring.with_public_key(key.expose()),
        Half::Private => ring.with_private_key(&key),
    });
    Ok(Arc::new(ring.map_err(|why| malformed(&of.file.to_string_lossy(), &why))?))
}

fn read(of: &RawKey) -> Result<SecretBytes, Ended> {
    let file = std::fs::File::open(&of.file);
    let read = file.and_then(|file| secret_input::whole(file, MAX_KEY_FILE));
    read.map_err(|why| Ended::of(Cause::Input, of.file.display(), why))
}

fn malformed(what: &str, why: &Error) -> Ended {
    Ended::of(Cause::Key, what, why)
}
