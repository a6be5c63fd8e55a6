//! Bytes that are looked for.

use crate::base64;
use memchr::memmem::Finder;

/// Bytes as they are, and as base64 has them wherever they begin in it.
pub(super) struct Needle(Vec<Finder<'static>>);

impl Needle {
    pub(super) fn new(secret: &[u8]) -> Self {
        let encoded = (0..3).map(|shift| {
            // Of three bytes four characters are made; those that others have a part in are left out.
            let text = base64(&[&vec![0; shift], secret].concat());
            let from = if shift == 0 { 0 } else { 4 };
            text.as_bytes().get(from..text.len() - 4).expect("it is as long").to_vec()
        });
        let forms = [secret.to_vec()].into_iter().chain(encoded);
        Self(forms.map(|form| Finder::new(&form).into_owned()).collect())
    }

    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|form| form.find(bytes).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_each_form() {
        let secret = b"the secret that is looked for";
        let needle = Needle::new(secret);
        assert!(needle.is_in(&[b"x", &secret[..], b"y"].concat()));
        for shift in 0..7 {
            let all = [&vec![b'-'; shift][..], secret, &vec![b'+'; 9 - shift]].concat();
            assert!(needle.is_in(base64(&all).as_bytes()), "{shift}");
        }
        assert!(!needle.is_in(b"the secret that is looked after"));
    }
}
