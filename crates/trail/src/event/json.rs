//! JSON, written straight into one buffer.

/// The most room that is kept for the next text, bytes.
const MOST_KEPT: usize = 64 * 1024;

/// A JSON text that is being written. Commas are put where they belong.
pub(super) struct Json(Vec<u8>);

impl Json {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// How much was written.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes back what was written after the first `len` bytes.
    pub(super) fn take_back(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Hands over what was written, and begins anew.
    pub(super) fn finish(&mut self) -> String {
        // INVARIANT: only whole texts are appended, and taken back.
        let text = std::str::from_utf8(&self.0).unwrap_or_default().to_owned();
        self.0.clear();
        self.0.shrink_to(MOST_KEPT);
        text
    }

    pub(super) fn open(&mut self) {
        self.separate();
        self.0.push(b'{');
    }

    pub(super) fn close(&mut self) {
        self.0.push(b'}');
    }

    pub(super) fn open_list(&mut self) {
        self.separate();
        self.0.push(b'[');
    }

    pub(super) fn close_list(&mut self) {
        self.0.push(b']');
    }

    /// A member's name. It is one of ours, which needs no escape.
    pub(super) fn name(&mut self, name: &str) {
        self.separate();
        self.0.reserve(name.len() + 3);
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// A name that a caller chose, such as one of an encryption context.
    pub(super) fn foreign_name(&mut self, name: &str) {
        self.text(name);
        self.0.push(b':');
    }

    /// A member's name as CloudTrail writes it: its first letter in lower case.
    pub(super) fn camel_name(&mut self, name: &str) {
        self.separate();
        self.0.push(b'"');
        // Source: AWS KMS Developer Guide, "CreateKey": the only name that keeps its capital.
        if name == "AWSAccountId" {
            self.0.extend_from_slice(name.as_bytes());
        } else {
            let (first, rest) = name.as_bytes().split_at_checked(1).unwrap_or_default();
            self.0.extend(first.iter().map(u8::to_ascii_lowercase));
            self.0.extend_from_slice(rest);
        }
        self.0.extend_from_slice(b"\":");
    }

    pub(super) fn text(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.plain(text.as_bytes());
        } else {
            self.separate();
            // A `Vec` takes everything, and a text is always JSON.
            let _ = serde_json::to_writer(&mut self.0, text);
        }
    }

    /// A text of ASCII that needs no escape.
    pub(super) fn plain(&mut self, text: &[u8]) {
        self.separate();
        self.0.reserve(text.len() + 2);
        self.0.push(b'"');
        self.0.extend_from_slice(text);
        self.0.push(b'"');
    }

    /// A member that needs no escape.
    pub(super) fn plain_member(&mut self, name: &str, text: &[u8]) {
        self.name(name);
        self.plain(text);
    }

    pub(super) fn null(&mut self) {
        self.raw(b"null");
    }

    pub(super) fn boolean(&mut self, truth: bool) {
        self.raw(if truth { b"true" } else { b"false" });
    }

    pub(super) fn number(&mut self, number: i64) {
        self.separate();
        let _ = serde_json::to_writer(&mut self.0, &number);
    }

    pub(super) fn member(&mut self, name: &str, text: &str) {
        self.name(name);
        self.text(text);
    }

    pub(super) fn some_member(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.member(name, text);
        }
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.separate();
        self.0.extend_from_slice(bytes);
    }

    /// What comes after a value or a member is separated from it. Texts end with a quote, so the
    /// last byte tells.
    fn separate(&mut self) {
        if !matches!(self.0.last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(b',');
        }
    }
}

/// Whether a text stands in JSON as it is. Looking at all of it takes less than stopping early.
fn is_plain(text: &[u8]) -> bool {
    let marked = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    !text.iter().fold(false, |found, byte| found | marked(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_what_serde_makes_of_them(text in "[\\x00-\\x7f]{0,40}|\\PC{0,40}|[a-z]{0,40}") {
            let mut json = Json::with_capacity(0);
            json.text(&text);
            prop_assert_eq!(json.finish(), serde_json::to_string(&text).unwrap());
        }
    }
}
