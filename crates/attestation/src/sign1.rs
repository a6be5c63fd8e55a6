//! `COSE_Sign1` (RFC 9052 §4.2) in the one form that Nitro uses.

use crate::cbor::Reader;
use crate::error::AttestationError::{self, Malformed};
use minicbor::Encoder;
use std::convert::Infallible;
use strongroom_crypto::es384;

/// Tag 18, which may stand before the structure.
const TAG: u8 = 0xd2;
/// The head of the structure.
const ARRAY_OF_4: u8 = 0x84;
/// The protected header, encoded: {1: -35}, the algorithm is ES384. Nothing else may be in it.
const PROTECTED: &[u8] = &[0xa1, 0x01, 0x38, 0x22];
/// Bytes of the payload. Source: "Nitro Enclaves Attestation Process", §3.1.
const PAYLOAD_LEN: std::ops::RangeInclusive<usize> = 1..=16_384;

/// A signed payload.
pub(crate) struct Sign1<'b> {
    pub(crate) payload: &'b [u8],
    signature: &'b [u8],
}

impl<'b> Sign1<'b> {
    /// Reads the structure, which is all of `bytes`.
    pub(crate) fn read(bytes: &'b [u8]) -> Result<Self, AttestationError> {
        let untagged = bytes.strip_prefix(&[TAG]).unwrap_or(bytes);
        let rest = untagged.strip_prefix(&[ARRAY_OF_4]).ok_or(Malformed("COSE_Sign1"))?;
        let mut reader = Reader::new(rest, "protected header");
        if reader.bytes()? != PROTECTED {
            return Err(Malformed("protected header"));
        }
        reader.at("unprotected header").map(0..=0, |_| Ok(()))?;
        let payload = reader.at("payload").bytes()?;
        if !PAYLOAD_LEN.contains(&payload.len()) {
            return Err(Malformed("payload"));
        }
        let signature = reader.at("signature").bytes()?;
        if signature.len() != es384::SIGNATURE_LEN {
            return Err(Malformed("signature"));
        }
        reader.at("COSE_Sign1").end()?;
        Ok(Self { payload, signature })
    }

    /// Checks the signature under the P-384 key of `spki` (`SubjectPublicKeyInfo`, DER).
    pub(crate) fn verify(&self, spki: &[u8]) -> Result<(), AttestationError> {
        let Ok(signed) = self.sig_structure() else { return Err(AttestationError::Signature) };
        if es384::verify(spki, &signed, self.signature) {
            Ok(())
        } else {
            Err(AttestationError::Signature)
        }
    }

    /// What is signed (§4.4), without external data.
    fn sig_structure(&self) -> Result<Vec<u8>, minicbor::encode::Error<Infallible>> {
        let mut encoder = Encoder::new(Vec::with_capacity(self.payload.len() + 32));
        encoder.array(4)?.str("Signature1")?.bytes(PROTECTED)?.bytes(&[])?.bytes(self.payload)?;
        Ok(encoder.into_writer())
    }
}
