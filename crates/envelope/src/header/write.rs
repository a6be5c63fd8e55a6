//! Writing a header.

use super::{COMMITMENT_LEN, Content, Header, TYPE};
use crate::context::EncryptionContext;
use crate::data_key::EncryptedDataKey;
use crate::error::{Error, MaterialsFault, Refusal};
use crate::policy::MAX_HEADER_LEN;
use crate::suite::{Suite, Version};
use strongroom_crypto::gcm::{GcmKey, NONCE_LEN};

/// What a header says, before it is authenticated.
pub(crate) struct Parts {
    pub(crate) suite: Suite,
    pub(crate) message_id: Vec<u8>,
    pub(crate) context: EncryptionContext,
    pub(crate) encrypted_data_keys: Vec<EncryptedDataKey>,
    pub(crate) content: Content,
    /// Of a suite with commitment.
    pub(crate) commitment: Option<[u8; COMMITMENT_LEN]>,
}

impl Parts {
    /// The header, authenticated under the message's derived key. `nonce` must be new under it, and is
    /// zero in version 2, where it is not written.
    pub(crate) fn seal(self, key: &GcmKey, nonce: [u8; NONCE_LEN]) -> Result<Header, Error> {
        let mut bytes = self.body()?;
        let authenticated = bytes.len();
        let tag = key.seal(nonce, &bytes, &mut []).map_err(|_| Error::Failed)?;
        if self.suite.version() == Version::V1 {
            bytes.extend_from_slice(&nonce);
        }
        bytes.extend_from_slice(&tag);
        // A longer one would be written, and opened by nobody here.
        if bytes.len() > MAX_HEADER_LEN {
            return Err(Refusal::HeaderTooLong { max: MAX_HEADER_LEN }.into());
        }
        Ok(Header {
            suite: self.suite,
            message_id: self.message_id,
            context: self.context,
            encrypted_data_keys: self.encrypted_data_keys,
            content: self.content,
            commitment: self.commitment,
            nonce,
            tag,
            bytes,
            authenticated,
        })
    }

    fn body(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(1024);
        let version = self.suite.version();
        match version {
            Version::V1 => out.extend_from_slice(&[1, TYPE]),
            Version::V2 => out.push(2),
        }
        out.extend_from_slice(&self.suite.id().to_be_bytes());
        out.extend_from_slice(&self.message_id);
        field(&mut out, &self.context.serialize()?)?;
        let count = self.encrypted_data_keys.len();
        if count == 0 {
            return Err(MaterialsFault::NothingWrapped.into());
        }
        let many = |_| Refusal::TooManyEncryptedDataKeys { found: count, max: u16::MAX.into() };
        out.extend_from_slice(&u16::try_from(count).map_err(many)?.to_be_bytes());
        for key in &self.encrypted_data_keys {
            field(&mut out, key.provider_id.as_bytes())?;
            field(&mut out, &key.provider_info)?;
            field(&mut out, &key.ciphertext)?;
        }
        let (content, frame_len) = match self.content {
            Content::NonFramed => (1, 0),
            Content::Framed { frame_len } => (2, frame_len),
        };
        out.push(content);
        if version == Version::V1 {
            out.extend_from_slice(&[0, 0, 0, 0, 12]);
        }
        out.extend_from_slice(&frame_len.to_be_bytes());
        if let Some(commitment) = &self.commitment {
            out.extend_from_slice(commitment);
        }
        Ok(out)
    }
}

/// Appends `bytes` behind their length in 16 bits.
fn field(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
    let length = u16::try_from(bytes.len()).map_err(|_| MaterialsFault::KeyId)?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}
