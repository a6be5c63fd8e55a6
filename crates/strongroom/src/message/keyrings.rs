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
    BoxFuture, DecryptionRequest, DefaultManager, DiscoveryFilter, EncryptedDataKey, Error,
    Keyring, KeyringError, KmsDiscoveryKeyring, KmsKeyring, MultiKeyring, RawAesKeyring,
    RawRsaKeyring, RsaPadding, Unwrapped, WrapRequest, Wrapped,
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

    /// Why this thread could not ask the KMS, if so, since it was asked for that.
    pub(super) fn unasked(&self) -> Option<String> {
        self.port.as_ref().and_then(|port| port.unasked())
    }

    /// Another job begins: what became of those before is not its matter.
    pub(super) fn forget(&self) {
        drop(self.unasked());
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
        let Strict(mut rings, port) = sealing(key, kms)?;
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
        let named = Named {
            port: port.clone(),
            grant_tokens: kms.grant_token.clone(),
            accounts: account.clone(),
            region: discovery_region.clone(),
        };
        let mut rings = raw_rings(raw)?;
        rings.push(Arc::new(named));
        Self::any_of(rings, Some(port))
    }

    /// The keys that may open a message that gets others.
    pub(super) fn before(arguments: &RewrapArguments) -> Result<Self, Ended> {
        let opening = OpeningArguments {
            key: arguments.from_key.clone(),
            discovery: false,
            account: arguments.from_account.clone(),
            discovery_region: None,
            raw_aes: arguments.from_raw_aes.clone(),
            raw_rsa: arguments.from_raw_rsa.clone(),
            rsa_padding: arguments.from_rsa_padding,
        };
        Self::opening(&opening, &arguments.kms)
    }

    fn given(
        key: &[String],
        raw: (&[RawKey], &[RawKey], RsaPaddingName),
        kms: &KmsArguments,
    ) -> Result<Self, Ended> {
        // What is at hand is tried before anybody is asked.
        let mut rings = raw_rings(raw)?;
        let Strict(strict, port) = opening(key, kms)?;
        rings.extend(strict);
        Self::any_of(rings, port)
    }

    fn any_of(rings: Vec<Arc<dyn Keyring>>, port: Option<Arc<Port>>) -> Result<Self, Ended> {
        let keyring = MultiKeyring::new(None, rings).map_err(|why| malformed("keys", &why))?;
        Ok(Self { keyring: Arc::new(keyring), port })
    }
}

/// The KMS keys that a message names, all or those of some accounts.
struct Named {
    port: Arc<Port>,
    grant_tokens: Vec<String>,
    accounts: Vec<String>,
    region: Option<String>,
}

impl Named {
    /// The keyring for a message whose keys are these.
    fn ring(&self, keys: &[EncryptedDataKey]) -> KmsDiscoveryKeyring {
        let mut ring = KmsDiscoveryKeyring::new(self.port.clone());
        ring = ring.with_grant_tokens(self.grant_tokens.clone());
        if !self.accounts.is_empty() {
            let named = || partition(&self.accounts, keys).unwrap_or("aws");
            let partition = self.port.partition().unwrap_or_else(named).to_owned();
            let accounts = self.accounts.clone();
            ring = ring.with_filter(DiscoveryFilter { partition, accounts });
        }
        match &self.region {
            Some(region) => ring.multi_region_aware(region),
            None => ring,
        }
    }
}

impl Keyring for Named {
    fn wrap<'a>(&'a self, request: WrapRequest<'a>) -> BoxFuture<'a, Result<Wrapped, Error>> {
        let ring = self.ring(&[]);
        Box::pin(async move { ring.wrap(request).await })
    }

    fn unwrap<'a>(
        &'a self,
        request: &'a DecryptionRequest,
    ) -> BoxFuture<'a, Result<Unwrapped, KeyringError>> {
        let ring = self.ring(&request.encrypted_data_keys);
        Box::pin(async move { ring.unwrap(request).await })
    }
}

/// The partition of the first key of one of the accounts, as its ARN has it.
fn partition<'k>(accounts: &[String], keys: &'k [EncryptedDataKey]) -> Option<&'k str> {
    keys.iter().filter_map(|key| str::from_utf8(&key.provider_info).ok()).find_map(|arn| {
        let mut parts = arn.strip_prefix("arn:")?.split(':');
        let (partition, account) = (parts.next()?, parts.nth(2)?);
        accounts.iter().any(|own| own == account).then_some(partition)
    })
}

/// A keyring of these KMS keys, each of which is to open a message. It does not know of related
/// multi-Region keys: a message may be for several of them.
fn sealing(keys: &[String], kms: &KmsArguments) -> Result<Strict, Ended> {
    let Some((first, others)) = keys.split_first() else { return Ok(Strict::default()) };
    let port = Arc::new(Port::find(kms)?);
    let mut ring = KmsKeyring::new(port.clone(), first).map_err(|why| malformed(first, &why))?;
    for key in others {
        ring = ring.with_key(key).map_err(|why| malformed(key, &why))?;
    }
    let ring = ring.with_grant_tokens(kms.grant_token.clone());
    Ok(Strict(vec![Arc::new(ring)], Some(port)))
}

/// A keyring of each of these KMS keys, or of a related multi-Region key: one of them opens.
fn opening(keys: &[String], kms: &KmsArguments) -> Result<Strict, Ended> {
    if keys.is_empty() {
        return Ok(Strict::default());
    }
    let port = Arc::new(Port::find(kms)?);
    let ring = |key: &String| -> Result<Arc<dyn Keyring>, Ended> {
        let ring = KmsKeyring::new(port.clone(), key).map_err(|why| malformed(key, &why))?;
        Ok(Arc::new(ring.with_grant_tokens(kms.grant_token.clone()).multi_region_aware()))
    };
    let rings: Result<_, Ended> = keys.iter().map(ring).collect();
    Ok(Strict(rings?, Some(port)))
}

/// Keyrings of KMS keys, and the KMS behind them; neither without keys.
#[derive(Default)]
struct Strict(Vec<Arc<dyn Keyring>>, Option<Arc<Port>>);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_of_an_account_is_that_of_its_key() {
        let key = |arn: &str| EncryptedDataKey {
            provider_id: "aws-kms".to_owned(),
            provider_info: arn.as_bytes().to_vec(),
            ciphertext: Vec::new(),
        };
        let keys = [
            key("none"),
            key("arn:aws:kms:eu-west-2:111122223333:key/k"),
            key("arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/k"),
        ];
        let of = |account: &str| partition(&[account.to_owned()], &keys);
        assert_eq!(of("111122223333"), Some("aws"));
        assert_eq!(of("444455556666"), Some("aws-us-gov"));
        assert_eq!(of("777788889999"), None);
    }
}
