//! Signatures of JSON Web Tokens (RFC 7518 §3): verified, never made.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// An algorithm, by its name in the token's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwsAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwsKey {
    /// RSA: modulus and exponent, big-endian.
    Rsa(Vec<u8>, Vec<u8>),
    /// A point on P-256, P-384 or P-521: x and y, each of the length of the field.
    Point(Vec<u8>, Vec<u8>),
}

impl JwsAlgorithm {
    /// The algorithm of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            _ => return None,
        })
    }

    /// Whether `key` is of the kind that this algorithm takes; nothing is computed.
    #[must_use]
    pub fn takes(self, key: &JwsKey) -> bool {
        match (self, key) {
            (Self::Rs256 | Self::Rs384 | Self::Rs512, JwsKey::Rsa(..)) => true,
            (Self::Es256, JwsKey::Point(x, _)) => x.len() == 32,
            (Self::Es384, JwsKey::Point(x, _)) => x.len() == 48,
            (Self::Es512, JwsKey::Point(x, _)) => x.len() == 66,
            _ => false,
        }
    }

    /// Whether `signature` is that of `message` under `key`. A key of another kind, an RSA key of
    /// less than 2,048 bits and a point that is not on the curve verify nothing.
    #[must_use]
    pub fn verify(self, key: &JwsKey, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rs256 => rsa(&RSA_PKCS1_2048_8192_SHA256, key, message, signature),
            Self::Rs384 => rsa(&RSA_PKCS1_2048_8192_SHA384, key, message, signature),
            Self::Rs512 => rsa(&RSA_PKCS1_2048_8192_SHA512, key, message, signature),
            Self::Es256 => point(&ECDSA_P256_SHA256_FIXED, 32, key, message, signature),
            Self::Es384 => point(&ECDSA_P384_SHA384_FIXED, 48, key, message, signature),
            Self::Es512 => point(&ECDSA_P521_SHA512_FIXED, 66, key, message, signature),
        }
    }
}

fn rsa(parameters: &'static RsaParameters, key: &JwsKey, message: &[u8], signature: &[u8]) -> bool {
    let JwsKey::Rsa(n, e) = key else { return false };
    RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
}

fn point(
    algorithm: &'static dyn VerificationAlgorithm,
    length: usize,
    key: &JwsKey,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let JwsKey::Point(x, y) = key else { return false };
    if x.len() != length || y.len() != length {
        return false;
    }
    let uncompressed = [&[4], x.as_slice(), y].concat();
    UnparsedPublicKey::new(algorithm, uncompressed).verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515, appendix A.3: ES256.
    #[test]
    fn the_example_of_the_standard_verifies() {
        let decode = |text: &str| base64(text);
        let x = decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
        let y = decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        let key = JwsKey::Point(x, y);
        let message = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = decode(
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        );
        assert!(JwsAlgorithm::Es256.verify(&key, message, &signature));
        assert!(!JwsAlgorithm::Es256.verify(&key, b"another", &signature));
        assert!(!JwsAlgorithm::Es384.verify(&key, message, &signature));
        assert!(!JwsAlgorithm::Rs256.verify(&key, message, &signature));
        assert!(JwsAlgorithm::Es256.takes(&key) && !JwsAlgorithm::Es384.takes(&key));
        assert!(!JwsAlgorithm::Rs256.takes(&key));
        assert!(JwsAlgorithm::Rs512.takes(&JwsKey::Rsa(vec![7], vec![3])));
        let off = JwsKey::Point(vec![1; 32], vec![1; 32]);
        assert!(!JwsAlgorithm::Es256.verify(&off, message, &signature));
        assert!(!JwsAlgorithm::Rs256.verify(&JwsKey::Rsa(vec![7], vec![3]), message, &signature));
        for name in ["none", "HS256", "PS256", "EdDSA", "es256", ""] {
            assert_eq!(JwsAlgorithm::parse(name), None);
        }
    }

    fn base64(text: &str) -> Vec<u8> {
        const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
        for letter in text.chars() {
            bits = bits << 6 | u32::try_from(ALPHABET.find(letter).unwrap()).unwrap();
            count += 6;
            if count >= 8 {
                count -= 8;
                bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
            }
        }
        bytes
    }
}
