//! Encryption context: the pairs that are bound to a ciphertext and must be given again to
//! decrypt it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Case-sensitive key–value pairs; not secret. Order does not matter.
#[derive(Debug, Clone, Default)]
pub struct EncryptionContext {
    /// In the byte order of their keys.
    pairs: Vec<(String, String)>,
    /// The keys in lower case, sorted, each with the place of its pair; made when first asked for.
    folded: OnceLock<Vec<(String, usize)>>,
}

/// The same pairs.
impl PartialEq for EncryptionContext {
    fn eq(&self, other: &Self) -> bool {
        self.pairs == other.pairs
    }
}

impl Eq for EncryptionContext {}

impl EncryptionContext {
    /// A context of these pairs; the last of equal keys counts.
    #[must_use]
    pub fn new(pairs: BTreeMap<String, String>) -> Self {
        Self { pairs: pairs.into_iter().collect(), folded: OnceLock::new() }
    }

    /// The pairs in the byte order of their keys.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The values of the pairs whose keys are `key` in lower case. The keys are brought to lower
    /// case once, however often this is asked.
    pub fn values_of<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let folded = self.folded.get_or_init(|| {
            let keys = self.pairs.iter().enumerate();
            let mut folded: Vec<_> = keys.map(|(at, (key, _))| (key.to_lowercase(), at)).collect();
            folded.sort_unstable();
            folded
        });
        let first = folded.partition_point(|(own, _)| own.as_str() < key);
        let end = folded.partition_point(|(own, _)| own.as_str() <= key);
        let found = folded.get(first..end).unwrap_or_default();
        found.iter().filter_map(|(_, at)| self.pairs.get(*at)).map(|(_, value)| value.as_str())
    }

    /// Whether there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
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
        write_length(out, self.pairs.len());
        for (key, value) in &self.pairs {
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

    #[test]
    fn values_are_found_by_keys_in_lower_case() {
        let pairs = [("App", "1"), ("APP", "2"), ("b", "3"), ("appx", "4"), ("", "5")];
        let context = EncryptionContext::new(pairs.map(|(k, v)| (k.into(), v.into())).into());
        let values = |key| context.values_of(key).collect::<Vec<_>>();
        assert_eq!(values("app"), ["2", "1"]);
        assert_eq!(values("b"), ["3"]);
        assert_eq!(values(""), ["5"]);
        assert!(values("App").is_empty() && values("ap").is_empty() && values("z").is_empty());
    }

    /// A context as large as a request can carry, asked for each of its pairs: with a walk over the
    /// pairs for each question this would take minutes.
    #[test]
    fn many_questions_about_a_large_context_are_cheap() {
        let pairs = (0..50_000).map(|n| (format!("Key-{n}"), n.to_string())).collect();
        let context = EncryptionContext::new(pairs);
        for n in 0..50_000 {
            assert_eq!(context.values_of(&format!("key-{n}")).count(), 1);
        }
    }
}
