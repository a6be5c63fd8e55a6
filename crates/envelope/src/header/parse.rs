//! Reading a header that is there whole.

use super::{Content, Header, TYPE};
use crate::context::EncryptionContext;
use crate::data_key::EncryptedDataKey;
use crate::error::FormatError;
use crate::suite::{Suite, Version};
use strongroom_crypto::gcm::NONCE_LEN;

impl Header {
    /// Reads all of `bytes`, which must be one header and nothing else.
    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, FormatError> {
        let mut rest = bytes.as_slice();
        let [version] = *array(&mut rest)?;
        let version = match version {
            1 => Version::V1,
            2 => Version::V2,
            other => return Err(FormatError::UnknownVersion(other)),
        };
        if version == Version::V1 {
            let [kind] = *array(&mut rest)?;
            if kind != TYPE {
                return Err(FormatError::UnknownType(kind));
            }
        }
        let id = number(&mut rest)?;
        let suite = Suite::from_id(id).ok_or(FormatError::UnknownSuite(id))?;
        if suite.version() != version {
            return Err(FormatError::SuiteOfOtherVersion(suite));
        }
        let message_id = take(&mut rest, suite.message_id_len())?.to_vec();
        let context = EncryptionContext::parse(field(&mut rest)?)?;
        let encrypted_data_keys = keys(&mut rest)?;
        let content_type = *array(&mut rest)?;
        if version == Version::V1 {
            reserved(&mut rest)?;
        }
        let content = content(content_type, u32::from_be_bytes(*array(&mut rest)?))?;
        let commitment = match version {
            Version::V1 => None,
            Version::V2 => Some(*array(&mut rest)?),
        };
        let authenticated = bytes.len().saturating_sub(rest.len());
        let nonce = match version {
            Version::V1 => *array(&mut rest)?,
            Version::V2 => [0; NONCE_LEN],
        };
        let tag = *array(&mut rest)?;
        if !rest.is_empty() {
            return Err(FormatError::TrailingData);
        }
        Ok(Self {
            suite,
            message_id,
            context,
            encrypted_data_keys,
            content,
            commitment,
            nonce,
            tag,
            bytes,
            authenticated,
        })
    }
}

fn keys(rest: &mut &[u8]) -> Result<Vec<EncryptedDataKey>, FormatError> {
    let count = number(rest)?;
    if count == 0 {
        return Err(FormatError::NoEncryptedDataKeys);
    }
    // The count is foreign: room grows with the keys that are there.
    let mut keys = Vec::new();
    for _ in 0..count {
        let provider_id = str::from_utf8(field(rest)?).map_err(|_| FormatError::ProviderId)?;
        keys.push(EncryptedDataKey {
            provider_id: provider_id.to_owned(),
            provider_info: field(rest)?.to_vec(),
            ciphertext: field(rest)?.to_vec(),
        });
    }
    Ok(keys)
}

/// What version 1 has between content type and frame length.
fn reserved(rest: &mut &[u8]) -> Result<(), FormatError> {
    if array(rest)? != &[0; 4] {
        return Err(FormatError::Reserved);
    }
    match array(rest)? {
        [length] if usize::from(*length) == NONCE_LEN => Ok(()),
        [length] => Err(FormatError::IvLength(*length)),
    }
}

fn content(kind: [u8; 1], frame_len: u32) -> Result<Content, FormatError> {
    match (kind, frame_len) {
        ([1], 0) => Ok(Content::NonFramed),
        ([2], 1..) => Ok(Content::Framed { frame_len }),
        ([1 | 2], _) => Err(FormatError::FrameLength(frame_len)),
        ([other], _) => Err(FormatError::UnknownContentType(other)),
    }
}

fn array<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], FormatError> {
    let (array, after) = rest.split_first_chunk().ok_or(FormatError::Truncated)?;
    *rest = after;
    Ok(array)
}

fn number(rest: &mut &[u8]) -> Result<u16, FormatError> {
    array(rest).map(|number| u16::from_be_bytes(*number))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], FormatError> {
    let (taken, after) = rest.split_at_checked(length).ok_or(FormatError::Truncated)?;
    *rest = after;
    Ok(taken)
}

fn field<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], FormatError> {
    let length = number(rest)?;
    take(rest, usize::from(length))
}
