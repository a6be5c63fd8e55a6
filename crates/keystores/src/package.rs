//! What a key store's ciphertext looks like to the engine, which keeps it and does not look inside.
//!
//! The first byte says which of the two formats follows. Numbers are never reused.
//!
//! Of a proxy:
//!
//! | offset | bytes | what |
//! |---:|---:|---|
//! | 0 | 1 | `0x01` |
//! | 1 | 1 | *v*, the length of the initialization vector: 12 or 16 |
//! | 2 | 1 | *m*, the length of the proxy's metadata: 0 to 20 |
//! | 3 | *v* | initialization vector |
//! | 3 + *v* | 16 | authentication tag |
//! | 19 + *v* | *m* | the proxy's metadata, which it authenticates; none and empty are the same |
//! | 19 + *v* + *m* | 1 to 4,300 | ciphertext, as long as the plaintext |
//!
//! Of an HSM:
//!
//! | offset | bytes | what |
//! |---:|---:|---|
//! | 0 | 1 | `0x02` |
//! | 1 | 12 | initialization vector |
//! | 13 | 1 to 4,300 | ciphertext, as long as the plaintext |
//! | the end less 16 | 16 | authentication tag |
//!
//! Source of the lengths of a proxy: XKS Proxy API specification, "Encrypt".

use strongroom_engine::ports::key_store::KeyStoreError;

/// Bytes of an AES-GCM tag, from either.
pub const TAG: usize = 16;
/// Bytes of an HSM's initialization vector.
pub const IV: usize = 12;
/// Most bytes of a plaintext, and so of a ciphertext: what every proxy can take.
pub const MAX_PLAINTEXT: usize = 4300;
/// Most bytes of associated data: what every proxy can take.
pub const MAX_ASSOCIATED_DATA: usize = 8192;
/// Most bytes of a proxy's metadata.
pub const MAX_METADATA: usize = 20;

const OF_PROXY: u8 = 1;
const OF_HSM: u8 = 2;

/// A proxy's answer to an encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyPackage<'a> {
    iv: &'a [u8],
    tag: &'a [u8],
    metadata: &'a [u8],
    ciphertext: &'a [u8],
}

impl<'a> ProxyPackage<'a> {
    /// A package of these parts; `None` when a length is not of the format.
    #[must_use]
    pub fn new(
        iv: &'a [u8],
        tag: &'a [u8],
        metadata: &'a [u8],
        ciphertext: &'a [u8],
    ) -> Option<Self> {
        let good = matches!(iv.len(), 12 | 16)
            && tag.len() == TAG
            && metadata.len() <= MAX_METADATA
            && is_ciphertext(ciphertext);
        good.then_some(Self { iv, tag, metadata, ciphertext })
    }

    /// Reads what [`ProxyPackage::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&[format, iv, metadata], rest) = bytes.split_first_chunk()?;
        let (iv, rest) = rest.split_at_checked(usize::from(iv))?;
        let (tag, rest) = rest.split_at_checked(TAG)?;
        let (metadata, ciphertext) = rest.split_at_checked(usize::from(metadata))?;
        Self::new(iv, tag, metadata, ciphertext).filter(|_| format == OF_PROXY)
    }

    /// The bytes that the engine keeps.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // INVARIANT: both lengths were checked, and fit.
        let length = |part: &[u8]| u8::try_from(part.len()).unwrap_or(u8::MAX);
        let head = [OF_PROXY, length(self.iv), length(self.metadata)];
        [&head, self.iv, self.tag, self.metadata, self.ciphertext].concat()
    }

    /// Initialization vector, 12 or 16 bytes.
    #[must_use]
    pub fn iv(&self) -> &'a [u8] {
        self.iv
    }

    /// Authentication tag, 16 bytes.
    #[must_use]
    pub fn tag(&self) -> &'a [u8] {
        self.tag
    }

    /// What the proxy keeps with its ciphertext, at most 20 bytes.
    #[must_use]
    pub fn metadata(&self) -> &'a [u8] {
        self.metadata
    }

    /// Ciphertext, 1 to 4,300 bytes.
    #[must_use]
    pub fn ciphertext(&self) -> &'a [u8] {
        self.ciphertext
    }
}

/// What an HSM encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HsmPackage<'a> {
    iv: &'a [u8; IV],
    sealed: &'a [u8],
}

impl<'a> HsmPackage<'a> {
    /// A package of an initialization vector and a ciphertext with its tag behind it; `None` when
    /// the length is not of the format.
    #[must_use]
    pub fn new(iv: &'a [u8; IV], sealed: &'a [u8]) -> Option<Self> {
        let (ciphertext, _) = sealed.split_last_chunk::<TAG>()?;
        is_ciphertext(ciphertext).then_some(Self { iv, sealed })
    }

    /// Reads what [`HsmPackage::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        let (iv, sealed) = rest.split_first_chunk()?;
        Self::new(iv, sealed).filter(|_| *format == OF_HSM)
    }

    /// The bytes that the engine keeps.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&[OF_HSM], self.iv.as_slice(), self.sealed].concat()
    }

    /// Initialization vector.
    #[must_use]
    pub fn iv(&self) -> &'a [u8; IV] {
        self.iv
    }

    /// Ciphertext and tag.
    #[must_use]
    pub fn sealed(&self) -> &'a [u8] {
        self.sealed
    }
}

/// Whether a key store takes these lengths.
pub(crate) fn check_lengths(plaintext: &[u8], aad: &[u8]) -> Result<(), KeyStoreError> {
    if is_ciphertext(plaintext) && aad.len() <= MAX_ASSOCIATED_DATA {
        return Ok(());
    }
    let (plaintext, aad) = (plaintext.len(), aad.len());
    Err(KeyStoreError::Failed(format!(
        "asked to encrypt {plaintext} bytes with {aad} bytes of associated data; it takes 1 to \
         {MAX_PLAINTEXT} with up to {MAX_ASSOCIATED_DATA}"
    )))
}

fn is_ciphertext(bytes: &[u8]) -> bool {
    (1..=MAX_PLAINTEXT).contains(&bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_crypto::hash::hex;

    /// Frozen: what was kept once must be readable for ever.
    const PROXY: &str = "010c0d\
        1ccae5470f39700254779031bc1c4dda7707d6812447c5955e99b261\
        6b65795f76657273696f6e3d31821c642b5b71783367deaf18";
    const HSM: &str = "021ccae5470f39700254779031821c642b5b71783367deaf18\
        bc1c4dda7707d6812447c5955e99b261";

    fn bytes(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        digits.chunks(2).map(|pair| byte(pair).unwrap()).collect()
    }

    #[test]
    fn the_formats_are_frozen() {
        let kept = bytes(PROXY);
        let package = ProxyPackage::parse(&kept).unwrap();
        assert_eq!(package.metadata(), b"key_version=1");
        assert_eq!(hex(package.iv()), "1ccae5470f39700254779031");
        assert_eq!(hex(package.tag()), "bc1c4dda7707d6812447c5955e99b261");
        assert_eq!(hex(package.ciphertext()), "821c642b5b71783367deaf18");
        assert_eq!(package.to_bytes(), kept);

        let kept = bytes(HSM);
        let package = HsmPackage::parse(&kept).unwrap();
        assert_eq!(hex(package.iv()), "1ccae5470f39700254779031");
        assert_eq!(
            hex(package.sealed()),
            "821c642b5b71783367deaf18bc1c4dda7707d6812447c5955e99b261"
        );
        assert_eq!(package.to_bytes(), kept);
    }

    #[test]
    fn other_lengths_and_formats_are_refused() {
        let (iv, tag) = ([7; 16], [9; TAG]);
        let whole = |metadata: usize, ciphertext: usize| {
            let (metadata, ciphertext) = (vec![1; metadata], vec![2; ciphertext]);
            ProxyPackage::new(&iv, &tag, &metadata, &ciphertext).map(|package| package.to_bytes())
        };
        for (metadata, ciphertext) in [(0, 1), (20, 1), (0, 4300), (20, 4300)] {
            let kept = whole(metadata, ciphertext).unwrap();
            let package = ProxyPackage::parse(&kept).unwrap();
            assert_eq!((package.iv(), package.tag()), (iv.as_slice(), tag.as_slice()));
            assert_eq!(
                (package.metadata().len(), package.ciphertext().len()),
                (metadata, ciphertext)
            );
            assert_eq!(HsmPackage::parse(&kept), None);
        }
        for (metadata, ciphertext) in [(0, 0), (21, 1), (0, 4301)] {
            assert_eq!(whole(metadata, ciphertext), None);
        }
        for length in [0, 11, 13, 15, 17] {
            assert_eq!(ProxyPackage::new(&vec![0; length], &tag, &[], &[1]), None);
        }
        assert_eq!(ProxyPackage::new(&iv, &tag[1..], &[], &[1]), None);
    }

    #[test]
    fn cut_bytes_are_refused() {
        let (proxy, hsm) = (bytes(PROXY), bytes(HSM));
        // Of a cut package at least one byte of ciphertext must be left for it to have the form.
        for length in 0..=proxy.len() - 12 {
            assert_eq!(ProxyPackage::parse(&proxy[..length]), None, "{length}");
        }
        for length in 0..=1 + IV + TAG {
            assert_eq!(HsmPackage::parse(&hsm[..length]), None, "{length}");
        }
        for format in (0..=255).filter(|format| *format != OF_PROXY) {
            let changed = [&[format], &proxy[1..]].concat();
            assert_eq!(ProxyPackage::parse(&changed), None, "{format}");
        }
        for format in (0..=255).filter(|format| *format != OF_HSM) {
            let changed = [&[format], &hsm[1..]].concat();
            assert_eq!(HsmPackage::parse(&changed), None, "{format}");
        }
        let longest = vec![2; 1 + IV + MAX_PLAINTEXT + TAG];
        assert!(HsmPackage::parse(&longest).is_some());
        assert_eq!(HsmPackage::parse(&[longest.as_slice(), &[0]].concat()), None);
    }
}
