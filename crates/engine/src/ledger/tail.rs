//! Reading the journal while it is written: what delivery of the trail takes from it.

use super::head::Position;
use super::journal::Frame;
use super::recovery::{RecoveryError, never_begun};
use crate::audit::AuditRecord;
use crate::ports::{LogError, LogReader};
use crate::vault::{Vault, VaultError};
use std::sync::{Arc, Mutex, PoisonError};
use strongroom_keys::{
    DomainName, FrameError, JournalCursor, JournalKey, JournalReader, SegmentHeader, codec,
};

/// Bytes read in one step; more for a frame that is longer.
const CHUNK: usize = 4 << 20;
/// The longest frame is a request's body and a little more; nothing longer is waited for.
const MOST_CHUNK: usize = 32 << 20;

/// Reads the journal behind its writer, no further than what is durable.
pub struct JournalTail {
    pub(super) vault: Arc<Vault>,
    pub(super) log: Box<dyn LogReader>,
    pub(super) position: Arc<Mutex<Position>>,
    pub(super) kept: Arc<tokio::sync::RwLock<()>>,
}

/// A stretch of the journal.
pub struct Stretch {
    /// The records in it, oldest first.
    pub records: Vec<AuditRecord>,
    /// Where it ends.
    pub end: JournalCursor,
    /// Bytes of the records.
    pub bytes: usize,
}

impl Stretch {
    /// Whether there is as much as is asked for.
    fn is_enough(&self, most: Most) -> bool {
        self.records.len() >= most.records || self.bytes >= most.bytes
    }
}

/// About how much is read at a time.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// Records.
    pub records: usize,
    /// Bytes of them.
    pub bytes: usize,
}

impl Most {
    /// However much there is.
    pub const ALL: Self = Self { records: usize::MAX, bytes: usize::MAX };
}

/// How far one step may read.
struct Bounds {
    durable: Position,
    until: Option<JournalCursor>,
    most: Most,
}

impl Bounds {
    /// How many frames of a segment may be read.
    fn frames(&self, segment: u64) -> u64 {
        let within = |end: Position| match segment.cmp(&end.segment) {
            std::cmp::Ordering::Less => u64::MAX,
            std::cmp::Ordering::Equal => end.frames,
            std::cmp::Ordering::Greater => 0,
        };
        let until = self.until.map(|end| Position { segment: end.segment, frames: end.frames });
        within(self.durable).min(until.map_or(u64::MAX, within))
    }
}

impl JournalTail {
    /// Reads from `from` to `until`, or as far as the journal is durable, and at most about `most`.
    ///
    /// # Errors
    /// [`RecoveryError`] at the first frame that is not authentic or is missing.
    pub async fn read(
        &mut self,
        from: JournalCursor,
        until: Option<JournalCursor>,
        most: Most,
    ) -> Result<Stretch, RecoveryError> {
        let durable = *self.position.lock().unwrap_or_else(PoisonError::into_inner);
        let bounds = Bounds { durable, until, most };
        let mut stretch = Stretch { records: Vec::new(), end: from, bytes: 0 };
        let segments = self.log.segments()?;
        if from.segment > 0 {
            self.segment(&mut stretch, &bounds).await?;
        }
        for number in segments.into_iter().filter(|number| *number > from.segment) {
            if stretch.is_enough(most) || bounds.frames(number) == 0 {
                break;
            }
            if bounds.frames(stretch.end.segment) != u64::MAX && stretch.end.segment > 0 {
                break;
            }
            self.next_segment(number, &mut stretch, &bounds).await?;
        }
        Ok(stretch)
    }

    /// Bytes of the journal behind `from`.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn bytes_behind(&mut self, from: JournalCursor) -> Result<u64, LogError> {
        let mut bytes = 0_u64;
        for number in self.log.segments()?.into_iter().filter(|number| *number >= from.segment) {
            let length = self.log.length(number)?;
            let read = if number == from.segment { from.offset } else { 0 };
            bytes = bytes.saturating_add(length.saturating_sub(read));
        }
        Ok(bytes)
    }

    /// Removes the segments before the one of `cursor`; none while the journal is being copied, for
    /// the copy's own cursor may be before it.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn forget_before(&mut self, cursor: JournalCursor) -> Result<(), LogError> {
        let Ok(_removing) = self.kept.try_write() else { return Ok(()) };
        let segments = self.log.segments()?;
        segments
            .into_iter()
            .filter(|number| *number < cursor.segment)
            .try_for_each(|number| self.log.remove(number))
    }

    /// Goes on with segment `number`, unless a crash left it before it was begun whole.
    async fn next_segment(
        &mut self,
        number: u64,
        stretch: &mut Stretch,
        bounds: &Bounds,
    ) -> Result<(), RecoveryError> {
        let beginning = self.log.read_at(number, 0, SegmentHeader::LEN)?;
        match SegmentHeader::parse(&beginning) {
            Some(header) if header.number == number && header.previous == stretch.end.chain => {
                let before = stretch.end;
                stretch.end = JournalCursor { segment: number, frames: 0, offset: 0, ..before };
                self.segment(stretch, bounds).await?;
                if stretch.end.frames == 0 {
                    // Its first frame was never written whole; the next segment continues the one before.
                    stretch.end = before;
                }
                Ok(())
            }
            Some(_) => Err(RecoveryError::Missing { segment: number }),
            None if self.is_never_begun(number)? => Ok(()),
            None => Err(RecoveryError::Damaged { segment: number, frame: 0 }),
        }
    }

    /// Whether there is no more of a segment than a crash leaves of one that was being begun.
    fn is_never_begun(&mut self, number: u64) -> Result<bool, RecoveryError> {
        let bytes = self.log.read_at(number, 0, 4096)?;
        let is_newest = {
            let position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
            position.segment == number
        };
        Ok(!is_newest && never_begun(&bytes))
    }

    /// Reads on in the segment of `stretch.end`.
    async fn segment(
        &mut self,
        stretch: &mut Stretch,
        bounds: &Bounds,
    ) -> Result<(), RecoveryError> {
        let number = stretch.end.segment;
        let most_frames = bounds.frames(number);
        let mut size = CHUNK;
        while stretch.end.frames < most_frames && !stretch.is_enough(bounds.most) {
            let key = self.key(&mut stretch.end).await?;
            let bytes = self.log.read_at(number, stretch.end.offset, size)?;
            let is_last = bytes.len() < size;
            let passed = pass(JournalReader::new(key, &bytes), stretch, most_frames, bounds.most)?;
            match passed {
                Passed::Some => size = CHUNK,
                Passed::End => break,
                Passed::None if is_last => break,
                Passed::None if size < MOST_CHUNK => size *= 2,
                Passed::None => return Err(damaged(&stretch.end)),
            }
        }
        // What the writer has told to be durable is there.
        let reached = stretch.end.frames >= most_frames || most_frames == u64::MAX;
        if reached || stretch.is_enough(bounds.most) { Ok(()) } else { Err(damaged(&stretch.end)) }
    }

    /// The key of the segment of `at`, ready for the frame there; at the segment's beginning `at` is
    /// moved behind its header.
    async fn key(&mut self, at: &mut JournalCursor) -> Result<JournalKey, RecoveryError> {
        let beginning = self.log.read_at(at.segment, 0, SegmentHeader::LEN)?;
        let header = SegmentHeader::parse(&beginning);
        let header = header.filter(|header| header.number == at.segment).ok_or(damaged(at))?;
        let domain = self.vault.numbered(DomainName::global(), header.domain).await?;
        let key = JournalKey::new(&domain, &header).map_err(|why| VaultError(why.to_string()))?;
        if at.offset > 0 {
            return Ok(key.after(at.frames, at.chain));
        }
        at.offset = SegmentHeader::LEN as u64;
        at.chain = key.chain();
        Ok(key)
    }
}

/// What came of a chunk.
enum Passed {
    /// Whole frames.
    Some,
    /// Not one whole frame.
    None,
    /// Nothing: zeros follow.
    End,
}

/// Takes the whole frames of a chunk.
fn pass(
    mut reader: JournalReader<'_>,
    stretch: &mut Stretch,
    most_frames: u64,
    most: Most,
) -> Result<Passed, RecoveryError> {
    let from = stretch.end;
    while reader.frames() < most_frames && !stretch.is_enough(most) {
        match reader.next_frame() {
            Ok(Some((_, plain))) => match codec::decode(plain.expose()) {
                Ok(Frame::Record(record)) => {
                    stretch.bytes = stretch.bytes.saturating_add(plain.expose().len());
                    stretch.records.push(*record);
                }
                Ok(Frame::Open(_) | Frame::Anchor(_)) => {}
                Err(_) => return Err(damaged(&stretch.end)),
            },
            Ok(None) if reader.frames() == from.frames => return Ok(Passed::End),
            Ok(None) | Err(FrameError::Short) => break,
            Err(FrameError::Format | FrameError::Authentication) => {
                return Err(damaged(&stretch.end));
            }
        }
        stretch.end = JournalCursor {
            segment: from.segment,
            frames: reader.frames(),
            offset: from.offset.saturating_add(reader.consumed() as u64),
            chain: reader.chain(),
        };
    }
    Ok(if stretch.end.frames > from.frames { Passed::Some } else { Passed::None })
}

fn damaged(at: &JournalCursor) -> RecoveryError {
    RecoveryError::Damaged { segment: at.segment, frame: at.frames }
}
