//! What a token says of the session that shall be made for it.

use crate::token::{Fault, IdToken};
use serde_json::{Map, Value};

const TAGS: &str = "https://aws.amazon.com/tags";
const TAG: &str = "https://aws.amazon.com/tags/principal_tags/";
const TRANSITIVE: &str = "https://aws.amazon.com/tags/transitive_tag_keys";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";

/// Tags and source identity of a session, as a token has them: their lengths and letters are not yet
/// looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionClaims {
    /// Keys and values of its tags.
    pub tags: Vec<(String, String)>,
    /// Keys of the tags that are handed down.
    pub transitive: Vec<String>,
    /// Who is behind it.
    pub source_identity: Option<String>,
}

impl IdToken<'_> {
    /// The session's tags, from the claim `https://aws.amazon.com/tags` or from claims of their own
    /// that begin so, and its source identity.
    ///
    /// Source: IAM User Guide, "Passing session tags using AssumeRoleWithWebIdentity" and "Monitor and
    /// control actions taken with assumed roles".
    ///
    /// # Errors
    /// [`Fault::Session`] when a claim has another form; a tag has one value.
    pub fn session(&self) -> Result<SessionClaims, Fault> {
        let mut session = SessionClaims::default();
        for (name, value) in self.claims() {
            if name == TAGS {
                session.take_nested(value.as_object().ok_or(Fault::Session)?)?;
            } else if name == TRANSITIVE {
                session.transitive.extend(texts(value)?);
            } else if name == SOURCE_IDENTITY {
                session.source_identity = Some(value.as_str().ok_or(Fault::Session)?.to_owned());
            } else if let Some(key) = name.strip_prefix(TAG) {
                session.tags.push((key.to_owned(), one(value)?));
            }
        }
        Ok(session)
    }
}

impl SessionClaims {
    fn take_nested(&mut self, claim: &Map<String, Value>) -> Result<(), Fault> {
        if let Some(tags) = claim.get("principal_tags") {
            for (key, value) in tags.as_object().ok_or(Fault::Session)? {
                self.tags.push((key.clone(), one(value)?));
            }
        }
        if let Some(keys) = claim.get("transitive_tag_keys") {
            self.transitive.extend(texts(keys)?);
        }
        Ok(())
    }
}

/// A text, or a list of one.
fn one(value: &Value) -> Result<String, Fault> {
    let mut all = texts(value)?;
    match (all.pop(), all.is_empty()) {
        (Some(text), true) => Ok(text),
        _ => Err(Fault::Session),
    }
}

/// A text, or a list of them.
fn texts(value: &Value) -> Result<Vec<String>, Fault> {
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(Fault::Session);
    match value {
        Value::Array(list) => list.iter().map(text).collect(),
        one => Ok(vec![text(one)?]),
    }
}
