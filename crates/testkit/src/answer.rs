//! What a client gets back.

use crate::unbase64;
use serde_json::Value;

/// An answer, as it would go over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
    /// Identifier of the request: 16 bytes.
    pub request: [u8; 16],
}

impl Answer {
    /// The body as JSON; null when there is none.
    ///
    /// # Panics
    /// When it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).expect("every body is JSON")
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the request was served.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == 200
    }

    /// This answer, which must be a served request's.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.is_ok(), "{}: {}", self.status, self.text());
        self
    }

    /// The error code; empty for a served request.
    #[must_use]
    pub fn code(&self) -> String {
        self.member("__type").unwrap_or_default()
    }

    /// The error message; empty if there is none.
    #[must_use]
    pub fn message(&self) -> String {
        self.member("message").or_else(|| self.member("Message")).unwrap_or_default()
    }

    /// The member `name`, which must be text.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[track_caller]
    pub fn string(&self, name: &str) -> String {
        self.member(name).unwrap_or_else(|| panic!("no {name} in {}", self.text()))
    }

    /// The bytes of member `name`, which must be base64.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[track_caller]
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        unbase64(&self.string(name))
    }

    fn member(&self, name: &str) -> Option<String> {
        self.json().get(name)?.as_str().map(str::to_owned)
    }
}
