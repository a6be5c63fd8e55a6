//! Frames: where their fields stand, what they authenticate, and how they are sealed and opened where
//! they stand.
//!
//! A frame is its number, a nonce, the encrypted content and a tag; the last one has a mark before and
//! the content's length behind the nonce.

use crate::error::{Authenticity, Error, FormatError};
use strongroom_crypto::gcm::{GcmKey, NONCE_LEN, TAG_LEN};

/// Bytes before a frame's content: number and nonce.
pub(crate) const REGULAR_HEAD: usize = 4 + NONCE_LEN;
/// Bytes before the last frame's content: mark, number, nonce, length.
pub(crate) const FINAL_HEAD: usize = 4 + 4 + NONCE_LEN + 4;
/// Bytes before the content of a body without frames: nonce and length.
pub(crate) const WHOLE_HEAD: usize = NONCE_LEN + 8;
/// What the last frame begins with, in the place of a number.
pub(crate) const FINAL_MARK: [u8; 4] = [0xff; 4];

/// What of a message's body a piece is: it is authenticated as nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    Regular,
    Final,
    /// A body without frames.
    Whole,
}

impl Piece {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Regular => b"AWSKMSEncryptionClient Frame",
            Self::Final => b"AWSKMSEncryptionClient Final Frame",
            Self::Whole => b"AWSKMSEncryptionClient Single Block",
        }
    }

    /// Bytes before the content.
    pub(crate) const fn head_len(self) -> usize {
        match self {
            Self::Regular => REGULAR_HEAD,
            Self::Final => FINAL_HEAD,
            Self::Whole => WHOLE_HEAD,
        }
    }

    /// Bytes of it with so much content.
    pub(crate) const fn len(self, content: usize) -> usize {
        self.head_len().saturating_add(content).saturating_add(TAG_LEN)
    }
}

/// The cipher of one message's body; several threads may use it.
pub(crate) struct BodyCipher {
    key: GcmKey,
    message_id: Vec<u8>,
}

/// What a frame's tag covers besides its content. Kept by who seals or opens, for the room in it.
#[derive(Default)]
pub(crate) struct Aad(Vec<u8>);

impl BodyCipher {
    pub(crate) fn new(key: GcmKey, message_id: Vec<u8>) -> Self {
        Self { key, message_id }
    }

    /// Message id ‖ what the piece is ‖ its number ‖ the content's length.
    fn associate<'a>(
        &self,
        aad: &'a mut Aad,
        piece: Piece,
        number: u32,
        length: usize,
    ) -> &'a [u8] {
        aad.0.clear();
        aad.0.extend_from_slice(&self.message_id);
        aad.0.extend_from_slice(piece.label());
        aad.0.extend_from_slice(&number.to_be_bytes());
        aad.0.extend_from_slice(&(length as u64).to_be_bytes());
        &aad.0
    }

    /// Writes head and tag around the plaintext that stands in its place in `piece`, and encrypts it.
    /// The nonce is the number, so `number` must be new in this message.
    pub(crate) fn seal(
        &self,
        aad: &mut Aad,
        kind: Piece,
        number: u32,
        piece: &mut [u8],
    ) -> Result<(), Error> {
        let (head, content, tag) = parts(kind, piece).ok_or(Error::Failed)?;
        let mut nonce = [0; NONCE_LEN];
        for (to, from) in nonce.iter_mut().skip(NONCE_LEN - 4).zip(number.to_be_bytes()) {
            *to = from;
        }
        write_head(kind, head, number, &nonce, content.len()).ok_or(Error::Failed)?;
        let aad = self.associate(aad, kind, number, content.len());
        *tag = self.key.seal(nonce, aad, content).map_err(|_| Error::Failed)?;
        Ok(())
    }

    /// Verifies `piece`, which must be the one of `number`, and decrypts its content where it stands.
    pub(crate) fn open(
        &self,
        aad: &mut Aad,
        kind: Piece,
        number: u32,
        piece: &mut [u8],
    ) -> Result<(), Error> {
        let (head, content, tag) = parts(kind, piece).ok_or(FormatError::Truncated)?;
        let (found, nonce) = read_head(kind, head).ok_or(FormatError::Truncated)?;
        if found != number {
            return Err(FormatError::FrameOutOfOrder { expected: number, found }.into());
        }
        let aad = self.associate(aad, kind, number, content.len());
        self.key.open(nonce, aad, content, tag).map_err(|_| Authenticity::Frame(number).into())
    }
}

type Parts<'a> = (&'a mut [u8], &'a mut [u8], &'a mut [u8; TAG_LEN]);

/// Head, content and tag.
fn parts(kind: Piece, piece: &mut [u8]) -> Option<Parts<'_>> {
    let (head, rest) = piece.split_at_mut_checked(kind.head_len())?;
    let (content, tag) = rest.split_last_chunk_mut()?;
    Some((head, content, tag))
}

fn write_head(
    kind: Piece,
    head: &mut [u8],
    number: u32,
    nonce: &[u8; NONCE_LEN],
    length: usize,
) -> Option<()> {
    let mut rest = head;
    let mut put = |bytes: &[u8]| {
        let (place, after) = std::mem::take(&mut rest).split_at_mut_checked(bytes.len())?;
        place.copy_from_slice(bytes);
        rest = after;
        Some(())
    };
    match kind {
        Piece::Regular => {
            put(&number.to_be_bytes())?;
            put(nonce)
        }
        Piece::Final => {
            put(&FINAL_MARK)?;
            put(&number.to_be_bytes())?;
            put(nonce)?;
            put(&u32::try_from(length).ok()?.to_be_bytes())
        }
        Piece::Whole => {
            put(nonce)?;
            put(&(length as u64).to_be_bytes())
        }
    }
}

/// Number and nonce. A body without frames is number 1.
fn read_head(kind: Piece, head: &[u8]) -> Option<(u32, [u8; NONCE_LEN])> {
    let (number, rest) = match kind {
        Piece::Regular => head.split_first_chunk()?,
        Piece::Final => head.get(FINAL_MARK.len()..)?.split_first_chunk()?,
        Piece::Whole => (&[0, 0, 0, 1], head),
    };
    Some((u32::from_be_bytes(*number), *rest.first_chunk()?))
}

/// What stands at the beginning of `bytes` in a body of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// To be told when there are so many bytes.
    Unknown { wanted: usize },
    Known {
        kind: Piece,
        /// Bytes of the whole piece.
        len: usize,
    },
}

/// What frame stands at the beginning of `bytes`.
pub(crate) fn next_frame(bytes: &[u8], frame_len: u32) -> Result<Next, FormatError> {
    let Some((mark, rest)) = bytes.split_first_chunk::<4>() else {
        return Ok(Next::Unknown { wanted: 4 });
    };
    let frame = frame_len as usize;
    if *mark != FINAL_MARK {
        return Ok(Next::Known { kind: Piece::Regular, len: Piece::Regular.len(frame) });
    }
    let Some(length) = rest.get(4 + NONCE_LEN..).and_then(|rest| rest.first_chunk()) else {
        return Ok(Next::Unknown { wanted: FINAL_HEAD });
    };
    let length = u32::from_be_bytes(*length);
    if length > frame_len {
        return Err(FormatError::FinalFrameLength(length));
    }
    Ok(Next::Known { kind: Piece::Final, len: Piece::Final.len(length as usize) })
}
