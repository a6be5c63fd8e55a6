//! Writing a message: bytes in, bytes out.

use crate::body::{Aad, BodyCipher, Piece, REGULAR_HEAD};
use crate::derived_key::DerivedKey;
use crate::error::{Error, FormatError, MaterialsFault, Refusal};
use crate::header::{Content, Header, Parts};
use crate::materials::{EncryptionMaterials, EncryptionRequest, MaterialsManager};
use crate::policy::EncryptOptions;
use crate::signature::{Signing, public_key};
use crate::suite::Suite;
use crate::wiped::Wiped;
use strongroom_crypto::Entropy;
use strongroom_crypto::gcm::{NONCE_LEN, TAG_LEN};

/// What a message came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Bytes of plaintext.
    pub plaintext: u64,
    /// Bytes of the message.
    pub message: u64,
    /// Frames; one for a body without frames.
    pub frames: u64,
}

/// Begins a message: asks `manager` for a data key and makes the header.
///
/// # Errors
/// Those of the manager and its keyring, and [`Refusal`]s of `options`.
pub async fn begin(
    manager: &dyn MaterialsManager,
    options: &EncryptOptions,
    entropy: &dyn Entropy,
) -> Result<Encryptor, Error> {
    options.check()?;
    let request = EncryptionRequest {
        suite: options.suite,
        context: &options.context,
        plaintext_len: options.plaintext_len,
    };
    let materials = manager.encryption_materials(request).await?;
    Encryptor::new(&materials, options, entropy)
}

/// The whole of `plaintext` as one message, in memory.
///
/// # Errors
/// Those of [`begin`].
pub async fn encrypt(
    manager: &dyn MaterialsManager,
    plaintext: &[u8],
    options: &EncryptOptions,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, Error> {
    let len = plaintext.len() as u64;
    let options = EncryptOptions { plaintext_len: Some(len), ..options.clone() };
    let mut encryptor = begin(manager, &options, entropy).await?;
    let room = encryptor.message_len(len).and_then(|len| usize::try_from(len).ok());
    let mut out = Vec::with_capacity(room.unwrap_or_default());
    encryptor.push(plaintext, &mut out)?;
    encryptor.finish(&mut out)?;
    Ok(out)
}

/// A message whose header is made and whose body is to come.
pub struct Encryptor {
    pub(crate) header: Header,
    pub(crate) cipher: BodyCipher,
    pub(crate) signing: Signing,
    pub(crate) announced: Option<u64>,
    pub(crate) frame_len: usize,
    header_written: bool,
    /// What a push failed with: what was pushed is not all in the frames, so there is no message.
    failure: Option<Error>,
    /// The plaintext of a frame that is being filled.
    pending: Wiped,
    /// The number of the next frame.
    number: u32,
    plaintext: u64,
    message: u64,
    aad: Aad,
}

impl Encryptor {
    /// A message under these materials.
    ///
    /// # Errors
    /// [`Refusal`]s of `options`, and materials that do not fit them.
    pub fn new(
        materials: &EncryptionMaterials,
        options: &EncryptOptions,
        entropy: &dyn Entropy,
    ) -> Result<Self, Error> {
        options.check()?;
        let suite = materials.suite;
        if suite != options.suite {
            return Err(MaterialsFault::OtherSuite.into());
        }
        let (found, max) = (materials.encrypted_data_keys.len(), options.max_encrypted_data_keys);
        if found > max {
            return Err(Refusal::TooManyEncryptedDataKeys { found, max }.into());
        }
        // Nobody would open a message whose context says otherwise than its suite.
        public_key(suite, &materials.context)?;
        let mut message_id = vec![0; suite.message_id_len()];
        entropy.fill(&mut message_id).map_err(|_| Error::Failed)?;
        let key = DerivedKey::new(suite, &materials.data_key, &message_id)?;
        let parts = Parts {
            suite,
            message_id,
            context: materials.context.clone(),
            encrypted_data_keys: materials.encrypted_data_keys.clone(),
            content: Content::Framed { frame_len: options.frame_len },
            commitment: key.commitment,
        };
        // The nonce of headers; frames are numbered from 1.
        let header = parts.seal(&key.cipher, [0; NONCE_LEN])?;
        let signing = Signing::begin(&header, materials.signing_key.as_ref())?;
        Ok(Self {
            cipher: BodyCipher::new(key.cipher, header.message_id().to_vec()),
            header,
            signing,
            announced: options.plaintext_len,
            frame_len: options.frame_len as usize,
            header_written: false,
            failure: None,
            pending: Wiped::default(),
            number: 1,
            plaintext: 0,
            message: 0,
            aad: Aad::default(),
        })
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Exactly how long the message of so much plaintext is, in bytes; none if it has more frames than
    /// there can be.
    #[must_use]
    pub fn message_len(&self, plaintext_len: u64) -> Option<u64> {
        message_len(&self.header, plaintext_len)
    }

    /// Takes plaintext, and appends what of the message is ready: the header first, then frames.
    ///
    /// # Errors
    /// [`Refusal::PlaintextTooLong`], [`FormatError::TooManyFrames`]. The message is then to be dropped:
    /// whatever is asked of it fails with the same error.
    pub fn push(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        if let Some(error) = &self.failure {
            return Err(error.clone());
        }
        let pushed = self.push_frames(plaintext, out);
        self.failure = pushed.as_ref().err().cloned();
        pushed
    }

    fn push_frames(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        self.write_header(out);
        self.plaintext = self.plaintext.saturating_add(plaintext.len() as u64);
        if let Some(announced) = self.announced
            && self.plaintext > announced
        {
            return Err(Refusal::PlaintextTooLong { announced }.into());
        }
        let mut rest = plaintext;
        while !rest.is_empty() {
            if let (true, Some((content, after))) =
                (self.pending.is_empty(), rest.split_at_checked(self.frame_len))
            {
                rest = after;
                self.write_frame(Piece::Regular, content, out)?;
                continue;
            }
            self.make_room();
            let room = self.frame_len.saturating_sub(self.pending.len());
            let (more, after) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            rest = after;
            self.pending.extend_from_slice(more);
            if self.pending.len() == self.frame_len {
                self.write_pending(Piece::Regular, out)?;
            }
        }
        Ok(())
    }

    /// Appends the last frame and the signature. The last frame is shorter than frames are, and empty
    /// behind plaintext that fills its frames: a full one, which the format allows too, is refused by
    /// the SDK for Python before its version 4.
    ///
    /// # Errors
    /// Those of [`Encryptor::push`].
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<Totals, Error> {
        if let Some(error) = self.failure {
            return Err(error);
        }
        self.write_header(out);
        self.write_pending(Piece::Final, out)?;
        let before = out.len();
        self.signing.finish(out)?;
        let footer = out.len().saturating_sub(before) as u64;
        Ok(Totals {
            plaintext: self.plaintext,
            message: self.message.saturating_add(footer),
            frames: u64::from(self.number).saturating_sub(1),
        })
    }

    /// Whether something of the message went out in parts.
    pub(crate) fn is_begun(&self) -> bool {
        self.header_written
    }

    /// Room for a frame, once, so that it is not moved while it fills.
    fn make_room(&mut self) {
        let announced = self.announced.and_then(|len| usize::try_from(len).ok());
        let most = announced.map_or(self.frame_len, |len| len.min(self.frame_len));
        self.pending.reserve_exact(most.saturating_sub(self.pending.len()));
    }

    fn write_header(&mut self, out: &mut Vec<u8>) {
        if !self.header_written {
            self.header_written = true;
            self.message = self.header.as_bytes().len() as u64;
            out.extend_from_slice(self.header.as_bytes());
        }
    }

    fn write_pending(&mut self, kind: Piece, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut content = std::mem::take(&mut self.pending);
        let written = self.write_frame(kind, &content, out);
        content.clear();
        self.pending = content;
        written
    }

    fn write_frame(&mut self, kind: Piece, content: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let number = self.number;
        self.number = next_number(kind, number)?;
        let start = out.len();
        out.reserve(kind.len(content.len()));
        out.resize(start.saturating_add(kind.head_len()), 0);
        out.extend_from_slice(content);
        out.resize(out.len().saturating_add(TAG_LEN), 0);
        let frame = out.get_mut(start..).ok_or(Error::Failed)?;
        self.cipher.seal(&mut self.aad, kind, number, frame)?;
        self.signing.update(frame);
        self.message = self.message.saturating_add(frame.len() as u64);
        Ok(())
    }
}

/// The number after `number`. Regular frames end before the one that marks the last frame.
pub(crate) fn next_number(kind: Piece, number: u32) -> Result<u32, FormatError> {
    match (kind, number) {
        (Piece::Regular, u32::MAX) => Err(FormatError::TooManyFrames),
        // After the last frame nobody asks again, but for the total.
        _ => Ok(number.saturating_add(1)),
    }
}

/// How long a framed message of `plaintext_len` bytes with `header` is.
pub(crate) fn message_len(header: &Header, plaintext_len: u64) -> Option<u64> {
    let frame_len = u64::from(header.frame_len());
    let regular = plaintext_len.checked_div(frame_len)?;
    if regular > u64::from(u32::MAX) - 1 {
        return None;
    }
    let last = plaintext_len.checked_sub(regular.checked_mul(frame_len)?)?;
    let tag = TAG_LEN as u64;
    let frames = regular.checked_mul(REGULAR_HEAD as u64 + frame_len + tag)?;
    let footer = signature_footer(header.suite());
    (header.as_bytes().len() as u64)
        .checked_add(frames)?
        .checked_add(Piece::Final.head_len() as u64 + tag)?
        .checked_add(last)?
        .checked_add(footer)
}

fn signature_footer(suite: Suite) -> u64 {
    suite.signature_len().map_or(0, |length| 2 + u64::from(length))
}
