//! The signature behind the body of a signed message: its length in 16 bits, then itself.

use crate::context::PUBLIC_KEY;
use crate::error::{Authenticity, Error, FormatError, MaterialsFault};
use crate::header::Header;
use crate::suite::Suite;
use strongroom_crypto::stream_signature::{StreamSigner, StreamSigningKey, StreamVerifier};

/// Bytes before a signature.
pub(crate) const HEAD: usize = 2;

/// The signature of a message that is being written; of one that is not signed, nothing.
pub(crate) struct Signing(Option<(StreamSigner, u16)>);

impl Signing {
    /// Begins with the header.
    pub(crate) fn begin(header: &Header, key: Option<&StreamSigningKey>) -> Result<Self, Error> {
        let signer = match (header.suite().signature_len(), key) {
            (None, _) => None,
            (Some(length), Some(key)) => Some((key.begin(), length)),
            (Some(_), None) => return Err(MaterialsFault::PublicKey.into()),
        };
        let mut signing = Self(signer);
        signing.update(header.as_bytes());
        Ok(signing)
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if let Some((signer, _)) = &mut self.0 {
            signer.update(bytes);
        }
    }

    /// Appends the signature.
    pub(crate) fn finish(self, out: &mut Vec<u8>) -> Result<(), Error> {
        let Some((signer, length)) = self.0 else { return Ok(()) };
        let signature = signer.finish(length.into()).map_err(|_| Error::Failed)?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&signature);
        Ok(())
    }
}

/// The signature of a message that is being read; of one that is not signed, nothing.
pub(crate) struct Verifying(Option<(StreamVerifier, Suite)>);

impl Verifying {
    /// Begins with the header, and the public key in its context.
    pub(crate) fn begin(header: &Header, point: Option<&[u8]>) -> Result<Self, Error> {
        let suite = header.suite();
        let verifier = match (suite.curve(), point) {
            (None, _) => None,
            (Some(curve), Some(point)) => {
                let key = StreamVerifier::new(curve, point);
                Some((key.map_err(|_| MaterialsFault::PublicKey)?, suite))
            }
            (Some(_), None) => return Err(MaterialsFault::PublicKey.into()),
        };
        let mut verifying = Self(verifier);
        verifying.update(header.as_bytes());
        Ok(verifying)
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if let Some((verifier, _)) = &mut self.0 {
            verifier.update(bytes);
        }
    }

    /// How long the message's footer is, from what there is of it: none if there is to be none.
    pub(crate) fn footer_len(suite: Suite, footer: &[u8]) -> Result<Option<usize>, FormatError> {
        let Some(curve) = suite.curve() else { return Ok(Some(0)) };
        let Some(length) = footer.first_chunk() else { return Ok(None) };
        let length = u16::from_be_bytes(*length);
        if usize::from(length) > curve.max_signature_len() {
            return Err(FormatError::SignatureLength(length));
        }
        Ok(Some(HEAD.saturating_add(length.into())))
    }

    /// Verifies a whole footer.
    pub(crate) fn finish(self, footer: &[u8]) -> Result<(), Error> {
        let Some((verifier, _)) = self.0 else { return Ok(()) };
        let signature = footer.get(HEAD..).ok_or(FormatError::Truncated)?;
        verifier.finish(signature).map_err(|_| Authenticity::Signature.into())
    }
}

/// The public key in the header's context: there if, and only if, the message is signed.
pub(crate) fn public_key(
    suite: Suite,
    context: &crate::EncryptionContext,
) -> Result<Option<Vec<u8>>, Error> {
    match (suite.curve(), context.value(PUBLIC_KEY)) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(MaterialsFault::UnexpectedPublicKey.into()),
        (Some(_), None) => Err(MaterialsFault::PublicKey.into()),
        (Some(_), Some(text)) => {
            let point = base64_simd::STANDARD.decode_to_vec(text);
            Ok(Some(point.map_err(|_| MaterialsFault::PublicKey)?))
        }
    }
}
