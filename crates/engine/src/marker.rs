//! Page markers: opaque to callers, and good only for the query that returned them.

use crate::refusal::Refusal;
use crate::vault::{Vault, VaultError};
use strongroom_keys::DomainName;

/// A marker that continues `query` after `place`.
pub(crate) async fn seal(vault: &Vault, query: &[u8], place: &[u8]) -> Result<String, VaultError> {
    let domain = vault.global().await?;
    let sealed = strongroom_keys::seal(&domain, &binding(query), 0, place, vault.entropy());
    let sealed = sealed.map_err(|why| VaultError(why.to_string()))?;
    Ok(base64_simd::URL_SAFE_NO_PAD.encode_to_string(sealed))
}

/// Where `query` goes on, by the marker `text`.
///
/// # Errors
/// [`Refusal::InvalidMarker`] unless this query returned it.
pub(crate) async fn open(vault: &Vault, query: &[u8], text: &str) -> Result<Vec<u8>, Refusal> {
    let refused = |_| Refusal::InvalidMarker;
    let sealed =
        base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).map_err(|_| Refusal::InvalidMarker)?;
    let number = strongroom_keys::domain_number(&sealed).map_err(refused)?;
    let domain =
        vault.numbered(DomainName::global(), number).await.map_err(|_| Refusal::InvalidMarker)?;
    let place = strongroom_keys::open(&domain, &binding(query), 0, &sealed).map_err(refused)?;
    Ok(place.expose().to_vec())
}

fn binding(query: &[u8]) -> Vec<u8> {
    [b"page marker ", query].concat()
}
