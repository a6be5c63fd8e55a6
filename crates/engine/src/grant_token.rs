//! Grant tokens: opaque to callers, they name a grant and the key it is on.

use crate::desk::Faults;
use crate::refusal::Refusal;
use crate::vault::{Vault, VaultError};
use strongroom_keys::DomainName;
use strongroom_types::{KeyArn, KeyReference};

const BINDING: &[u8] = b"grant token";

/// A token for the grant `grant` on `key`.
pub(crate) async fn seal(vault: &Vault, key: &KeyArn, grant: &str) -> Result<String, VaultError> {
    let domain = vault.global().await?;
    let plain = format!("{key} {grant}");
    let sealed = strongroom_keys::seal(&domain, BINDING, 0, plain.as_bytes(), vault.entropy());
    let sealed = sealed.map_err(|why| VaultError(why.to_string()))?;
    Ok(base64_simd::URL_SAFE_NO_PAD.encode_to_string(sealed))
}

/// The key and the grant that `token` names; the grant may be gone.
///
/// # Errors
/// [`Refusal::InvalidGrantToken`] for what is no token of ours, [`Refusal::Internal`] when that
/// cannot be told.
pub(crate) async fn open(
    vault: &Vault,
    faults: &Faults,
    token: &str,
) -> Result<(KeyArn, String), Refusal> {
    let refused = || Refusal::InvalidGrantToken;
    let sealed = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).map_err(|_| refused())?;
    let number = strongroom_keys::domain_number(&sealed).map_err(|_| refused())?;
    let domain = vault.numbered_if_any(DomainName::global(), number).await;
    let domain = domain.map_err(|why| faults.internal(&why))?.ok_or_else(refused)?;
    let plain = strongroom_keys::open(&domain, BINDING, 0, &sealed).map_err(|_| refused())?;
    let text = std::str::from_utf8(plain.expose()).map_err(|_| refused())?;
    let (key, grant) = text.split_once(' ').ok_or_else(refused)?;
    match KeyReference::parse(key) {
        Ok(KeyReference::Arn(arn)) => Ok((arn, grant.to_owned())),
        _ => Err(refused()),
    }
}
