//! Alias names in requests.

use strongroom_engine::refusal::{Invalid, Refusal};
use strongroom_types::{AliasName, AliasNameError};

/// The alias name that the request's checked text is.
pub(crate) fn alias_name(text: &str) -> Result<AliasName, Refusal> {
    AliasName::parse(text).map_err(|why| {
        Refusal::Validation(match why {
            AliasNameError::Prefix => Invalid::AliasPrefix,
            AliasNameError::Characters => Invalid::AliasCharacters(text.to_owned()),
        })
    })
}
