//! Rules that identity providers must keep.

use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{IdentityDefect, Refusal};

/// Source: IAM API Reference, `CreateOpenIDConnectProvider`.
const MAX_THUMBPRINTS: usize = 5;

/// The thumbprints that the request brings.
pub(super) fn thumbprints(values: &mut Values) -> Result<Vec<String>, Refusal> {
    let given: Vec<String> = values.take("ThumbprintList").unwrap_or_default();
    if given.len() > MAX_THUMBPRINTS {
        return Err(Refusal::Identity(IdentityDefect::Thumbprints));
    }
    Ok(given)
}

/// A provider's URL without its scheme, which is `https`: host and path, no query, no port.
pub(super) fn url(text: String) -> Result<String, Refusal> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    match text.strip_prefix("https://") {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(fine) => {
            Ok(rest.trim_end_matches('/').to_owned())
        }
        _ => Err(Refusal::Identity(IdentityDefect::ProviderUrl)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_https_without_query() {
        let read = |text: &str| url(text.to_owned()).ok();
        assert_eq!(read("https://id.example.com/pool/"), Some("id.example.com/pool".to_owned()));
        for wrong in ["http://a.b", "https://", "https:///a", "https://a?b", "https://a:443", "a.b"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
