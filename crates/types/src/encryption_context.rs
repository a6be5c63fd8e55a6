//! Encryption context: the pairs that are bound to a ciphertext and must be given again to
//! decrypt it.

use std::collections::BTreeMap;

/// Case-sensitive key–value pairs; not secret. Order does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// A context of these pairs; the last of equal keys counts.
    #[must_use]
    pub fn new(pairs: BTreeMap<String, String>) -> Self {
        Self(pairs)
    }

    /// The pairs in the byte order of their keys.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends the canonical form: the number of pairs, then each pair in the byte order of the
    /// keys, as length and bytes of the key and length and bytes of the value. Numbers are 32 bits,
    /// big-endian. Lengths before texts make the form injective: `{a: "bc"}` and `{ab: "c"}`
    /// differ.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        let text = |out: &mut Vec<u8>, text: &str| {
            write_length(out, text.len());
            out.extend_from_slice(text.as_bytes());
        };
        write_length(out, self.0.len());
        for (key, value) in &self.0 {
            text(out, key);
            text(out, value);
        }
    }
}

// INVARIANT: request bodies are bounded far below 4 GiB, so no length is ever cut here.
fn write_length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(pairs: &[(&str, &str)]) -> Vec<u8> {
        let mut out = Vec::new();
        EncryptionContext::new(pairs.iter().map(|&(k, v)| (k.into(), v.into())).collect())
            .write_canonical(&mut out);
        out
    }

    #[test]
    fn the_canonical_form_is_injective_and_ignores_order() {
        assert_ne!(canonical(&[("a", "bc")]), canonical(&[("ab", "c")]));
        assert_ne!(canonical(&[("a", "b&c=d")]), canonical(&[("a", "b"), ("c", "d")]));
        assert_ne!(canonical(&[]), canonical(&[("", "")]));
        assert_eq!(canonical(&[("a", "1"), ("b", "2")]), canonical(&[("b", "2"), ("a", "1")]));
        assert_eq!(canonical(&[("a", "bc")]), b"\0\0\0\x01\0\0\0\x01a\0\0\0\x02bc");
    }
}
