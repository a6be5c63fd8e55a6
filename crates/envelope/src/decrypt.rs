//! Reading a message: bytes in, bytes out.

use crate::body::{Aad, BodyCipher, Next, Piece, WHOLE_HEAD, next_frame};
use crate::derived_key::DerivedKey;
use crate::encrypt::{Totals, next_number};
use crate::error::{Error, FormatError, Refusal, StreamError};
use crate::header::{Content, Header, Scanner};
use crate::materials::{DecryptionMaterials, DecryptionRequest, MaterialsManager};
use crate::policy::{DecryptOptions, SignedMessages};
use crate::signature::Verifying;
use crate::wiped::Wiped;
use std::io::Read;
use strongroom_crypto::SecretBytes;
use strongroom_crypto::gcm::{NONCE_LEN, TAG_LEN};

/// Gathers the header of a message, whose parts may come in as they like.
pub struct HeaderReader {
    scanner: Scanner,
    options: DecryptOptions,
}

impl HeaderReader {
    /// Nothing read yet.
    #[must_use]
    pub fn new(options: &DecryptOptions) -> Self {
        let scanner = Scanner::new(options.max_encrypted_data_keys);
        Self { scanner, options: options.clone() }
    }

    /// Takes bytes up to the header's end, and returns how many; the rest is body.
    ///
    /// # Errors
    /// [`FormatError`] and [`Refusal`], as soon as they show.
    pub fn push(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.scanner.push(bytes)
    }

    /// How many bytes can be read without one of the body; none when the header is complete.
    #[must_use]
    pub fn wants(&self) -> usize {
        self.scanner.wants()
    }

    /// Whether the header is there whole.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.scanner.is_complete()
    }

    /// The header, as far as it is what it should be without a key.
    ///
    /// # Errors
    /// [`FormatError::Truncated`] unless it is complete; what is malformed, or refused by the options.
    pub fn finish(self) -> Result<UnopenedMessage, Error> {
        if !self.is_complete() {
            return Err(FormatError::Truncated.into());
        }
        let header = Header::parse(self.scanner.into_bytes())?;
        self.options.check(&header)?;
        let request = DecryptionRequest {
            suite: header.suite(),
            context: header.context().clone(),
            encrypted_data_keys: header.encrypted_data_keys().to_vec(),
        };
        Ok(UnopenedMessage { header, request, options: self.options })
    }
}

/// Reads the header of a message from `from`, and not a byte more.
///
/// # Errors
/// Those of [`HeaderReader`], and of reading.
pub fn read_header<R: Read>(
    from: &mut R,
    options: &DecryptOptions,
) -> Result<UnopenedMessage, StreamError> {
    let mut reader = HeaderReader::new(options);
    let mut buffer = Vec::new();
    while !reader.is_complete() {
        buffer.resize(reader.wants(), 0);
        from.read_exact(&mut buffer).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => FormatError::Truncated.into(),
            _ => StreamError::Read(error),
        })?;
        reader.push(&buffer)?;
    }
    Ok(reader.finish()?)
}

/// A message whose header is read, and not verified: that takes its data key.
pub struct UnopenedMessage {
    pub(crate) header: Header,
    request: DecryptionRequest,
    pub(crate) options: DecryptOptions,
}

impl UnopenedMessage {
    /// The header, of which nothing is verified.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What a materials manager is to be asked.
    #[must_use]
    pub fn request(&self) -> &DecryptionRequest {
        &self.request
    }

    /// Asks `manager` for the data key and verifies the header.
    ///
    /// # Errors
    /// Those of the manager, and of [`UnopenedMessage::open`].
    pub async fn unwrap(self, manager: &dyn MaterialsManager) -> Result<Decryptor, Error> {
        let materials = manager.decryption_materials(&self.request).await?;
        self.open(&materials)
    }

    /// Verifies commitment and header under the data key.
    ///
    /// # Errors
    /// [`crate::Authenticity`], and materials that do not fit.
    pub fn open(self, materials: &DecryptionMaterials) -> Result<Decryptor, Error> {
        let key = DerivedKey::of(&self.header, &materials.data_key)?;
        let verifying = Verifying::begin(&self.header, materials.verification_key.as_deref())?;
        let (wait, limit) = match self.options.signed {
            _ if !self.header.suite().is_signed() => (Wait::Nothing, None),
            SignedMessages::HoldUntilVerified { limit } => (Wait::Everything, Some(limit)),
            SignedMessages::ReleaseVerifiedFrames | SignedMessages::Refuse => {
                (Wait::LastPiece, None)
            }
        };
        Ok(Decryptor {
            cipher: BodyCipher::new(key.cipher, self.header.message_id().to_vec()),
            stage: match self.header.content() {
                Content::Framed { frame_len } => Stage::Frames { frame_len },
                Content::NonFramed => Stage::Whole,
            },
            verifying: Some(verifying),
            totals: Totals { message: self.header.as_bytes().len() as u64, ..Totals::default() },
            header: self.header,
            max_body: self.options.max_frame_len,
            wait,
            limit,
            held: Wiped::default(),
            is_begun: false,
            pending: Vec::new(),
            number: 1,
            aad: Aad::default(),
        })
    }
}

/// A message whose header is verified.
pub struct Decryptor {
    pub(crate) header: Header,
    pub(crate) cipher: BodyCipher,
    pub(crate) verifying: Option<Verifying>,
    pub(crate) max_body: u64,
    pub(crate) wait: Wait,
    /// The most plaintext that there may be.
    limit: Option<u64>,
    /// Plaintext that waits for the signature.
    held: Wiped,
    /// Whether something was pushed.
    pub(crate) is_begun: bool,
    stage: Stage,
    /// The beginning of a piece whose rest is to come.
    pending: Vec<u8>,
    /// The number of the next frame.
    number: u32,
    totals: Totals,
    aad: Aad,
}

/// Which plaintext waits until the signature is verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Nothing,
    /// The last frame's, or that of a body without frames: the specification lets it out no earlier, so
    /// that whoever has got all has got what was signed.
    LastPiece,
    Everything,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Frames {
        frame_len: u32,
    },
    /// A body without frames.
    Whole,
    Footer,
    Done,
    Failed,
}

impl Decryptor {
    /// The header, verified.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Takes bytes of the body and of what is behind it, and appends the plaintext of the frames that
    /// they complete, once each is verified; the last one's, once the signature is.
    ///
    /// # Errors
    /// Whatever is wrong with the message. Nothing more comes of it then; what came before was verified
    /// frame by frame, but is not a whole message.
    pub fn push(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        self.is_begun = true;
        let pushed = self.push_pieces(message, out);
        if pushed.is_err() {
            self.stage = Stage::Failed;
        }
        pushed
    }

    /// Ends the message, and appends what was held back.
    ///
    /// # Errors
    /// [`FormatError::Truncated`] unless all of it was there.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<Totals, Error> {
        if self.stage != Stage::Done || !self.pending.is_empty() {
            return Err(FormatError::Truncated.into());
        }
        self.held.move_to(out);
        Ok(self.totals)
    }

    fn push_pieces(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let mut rest = message;
        loop {
            let known = if self.pending.is_empty() { rest } else { self.pending.as_slice() };
            let (kind, wanted) = match self.next(known)? {
                Next::Known { kind, len } => (Some(kind), len),
                Next::Unknown { wanted } => (None, wanted),
            };
            if self.stage == Stage::Done {
                return match rest {
                    [] => Ok(()),
                    _ => Err(FormatError::TrailingData.into()),
                };
            }
            if let (true, Some(kind), Some((piece, after))) =
                (self.pending.is_empty(), kind, rest.split_at_checked(wanted))
            {
                rest = after;
                self.take(kind, piece, out)?;
                continue;
            }
            let missing = wanted.saturating_sub(self.pending.len());
            if rest.is_empty() && missing > 0 {
                return Ok(());
            }
            let (more, after) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            rest = after;
            self.pending.extend_from_slice(more);
            if let (Some(kind), true) = (kind, more.len() == missing) {
                let piece = std::mem::take(&mut self.pending);
                self.take(kind, &piece, out)?;
                self.pending = piece;
                self.pending.clear();
            }
        }
    }

    /// What stands at the beginning of `bytes`. Of a footer the kind says nothing.
    fn next(&self, bytes: &[u8]) -> Result<Next, Error> {
        Ok(match self.stage {
            Stage::Frames { frame_len } => next_frame(bytes, frame_len)?,
            Stage::Whole => whole(bytes, self.max_body)?,
            Stage::Footer => match Verifying::footer_len(self.header.suite(), bytes)? {
                Some(len) => Next::Known { kind: Piece::Whole, len },
                None => Next::Unknown { wanted: crate::signature::HEAD },
            },
            Stage::Done => Next::Unknown { wanted: 0 },
            Stage::Failed => return Err(FormatError::Truncated.into()),
        })
    }

    fn take(&mut self, kind: Piece, piece: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        self.totals.message = self.totals.message.saturating_add(piece.len() as u64);
        if self.stage == Stage::Footer {
            self.verifying.take().ok_or(Error::Failed)?.finish(piece)?;
            self.stage = Stage::Done;
            if self.wait == Wait::LastPiece {
                self.held.move_to(out);
            }
            return Ok(());
        }
        let number = self.number;
        self.number = next_number(kind, number)?;
        if let Some(verifying) = &mut self.verifying {
            verifying.update(piece);
        }
        self.release(kind, number, piece, out)?;
        if kind != Piece::Regular {
            self.stage = if self.header.suite().is_signed() { Stage::Footer } else { Stage::Done };
        }
        Ok(())
    }

    /// Opens `piece` behind what is in `out`, or behind what is held back.
    fn release(
        &mut self,
        kind: Piece,
        number: u32,
        piece: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let content = piece.len().saturating_sub(kind.len(0)) as u64;
        self.totals.plaintext = self.totals.plaintext.saturating_add(content);
        self.totals.frames = self.totals.frames.saturating_add(1);
        if let Some(max) = self.limit.filter(|max| self.totals.plaintext > *max) {
            return Err(Refusal::HeldTooLong { max }.into());
        }
        let waits = match self.wait {
            Wait::Nothing => false,
            Wait::LastPiece => kind != Piece::Regular,
            Wait::Everything => true,
        };
        // A piece is opened where it is to be, with its head and tag.
        let most = self.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let most = most.saturating_add(kind.len(0));
        let out = if waits { self.held.with_room(piece.len(), most) } else { out };
        let start = out.len();
        out.extend_from_slice(piece);
        let place = out.get_mut(start..).ok_or(Error::Failed)?;
        let opened = self.cipher.open(&mut self.aad, kind, number, place);
        let plain = kind.head_len()..place.len().saturating_sub(TAG_LEN);
        let kept = if opened.is_ok() { plain.len() } else { 0 };
        if opened.is_ok() {
            place.copy_within(plain, 0);
        }
        out.truncate(start.saturating_add(kept));
        opened
    }
}

/// What a body without frames says of its length.
fn whole(bytes: &[u8], max: u64) -> Result<Next, Error> {
    let head = bytes.get(NONCE_LEN..).and_then(|rest| rest.first_chunk());
    let Some(length) = head else { return Ok(Next::Unknown { wanted: WHOLE_HEAD }) };
    let found = u64::from_be_bytes(*length);
    let length = usize::try_from(found).ok().filter(|_| found <= max);
    let Some(length) = length else { return Err(Refusal::FrameTooLong { found, max }.into()) };
    Ok(Next::Known { kind: Piece::Whole, len: Piece::Whole.len(length) })
}

/// A message that was opened whole.
pub struct Opened {
    /// The plaintext.
    pub plaintext: SecretBytes,
    /// The header.
    pub header: Header,
}

/// Opens the whole of `message` in memory: all of it is verified, its signature too, or nothing comes
/// of it.
///
/// # Errors
/// Whatever is wrong with it, and those of `manager`.
pub async fn decrypt(
    manager: &dyn MaterialsManager,
    message: &[u8],
    options: &DecryptOptions,
) -> Result<Opened, Error> {
    let mut reader = HeaderReader::new(options);
    let taken = reader.push(message)?;
    let body = message.get(taken..).unwrap_or_default();
    let mut decryptor = reader.finish()?.unwrap(manager).await?;
    // Nothing of it is let out but below, when all is verified.
    decryptor.wait = Wait::Nothing;
    // No piece is decrypted past the room that there is, so no copy is left behind.
    let mut plaintext = Vec::with_capacity(body.len());
    let done = decryptor.push(body, &mut plaintext);
    let header = decryptor.header.clone();
    let done = done.and_then(|()| decryptor.finish(&mut plaintext));
    // Wiped when dropped, also if it is not returned.
    let plaintext = SecretBytes::new(plaintext);
    done.map(|_| Opened { plaintext, header })
}
