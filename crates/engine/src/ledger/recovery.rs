//! Reading the journal back: all of it for those who look, its end when the server starts.

use super::head::Position;
use super::journal::Frame;
use crate::ports::{Log, LogError};
use crate::vault::{Vault, VaultError};
use std::fmt;
use strongroom_keys::{DomainName, JournalKey, JournalReader, SegmentHeader, codec};

/// The most bytes that a crash can leave unfinished at the end: one group. More damage than that
/// is no torn write.
pub(crate) const MOST_TORN: usize = 4 << 20;
/// The most bytes that a crash can leave of a segment that was not begun whole: its header and its
/// first frame, which holds one number, are one write. More than that is no torn write either.
const MOST_BEGUN: usize = SegmentHeader::LEN + 64;

/// What the journal's end says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// The last authentic frame.
    pub position: Position,
    /// Tag of that frame; the next segment continues from it.
    pub chain: [u8; 16],
    /// The greatest number of commit groups that the journal saw the store reach.
    pub anchor: u64,
    /// Number of the newest segment file, damaged or not.
    pub newest: u64,
    /// Bytes set aside at the end, which no reply had depended on.
    pub torn: usize,
}

/// Why the journal cannot be continued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoveryError {
    /// The medium failed.
    Log(LogError),
    /// A domain key could not be had.
    Vault(VaultError),
    /// Records that were durable are damaged.
    Damaged {
        /// The segment.
        segment: u64,
        /// The first frame, from 0, that does not open.
        frame: u64,
    },
    /// Records before this segment are missing: it does not continue the one that is there.
    Missing {
        /// The segment.
        segment: u64,
    },
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(why) => why.fmt(f),
            Self::Vault(why) => why.fmt(f),
            Self::Damaged { segment, frame } => write!(
                f,
                "journal segment {segment} is damaged at record {frame}: it was altered, or the \
                 disk lost what it had promised to keep"
            ),
            Self::Missing { segment } => {
                write!(f, "journal records before segment {segment} are missing")
            }
        }
    }
}

impl std::error::Error for RecoveryError {}

impl From<LogError> for RecoveryError {
    fn from(why: LogError) -> Self {
        Self::Log(why)
    }
}

impl From<VaultError> for RecoveryError {
    fn from(why: VaultError) -> Self {
        Self::Vault(why)
    }
}

/// Segments that end in unfinished bytes, and how many bytes of each are whole.
pub(crate) type Unfinished = Vec<(u64, u64)>;

/// Reads the newest segment that holds anything. Nothing is changed: the journal may yet turn out
/// not to be the store's.
pub(crate) async fn recover(
    vault: &Vault,
    log: &mut dyn Log,
) -> Result<(Recovered, Unfinished), RecoveryError> {
    let segments = log.segments()?;
    let newest = segments.last().copied().unwrap_or(0);
    let (mut unfinished, mut torn) = (Unfinished::new(), 0);
    for &number in segments.iter().rev() {
        let bytes = log.read(number)?;
        let found = examine(vault, number, &bytes).await?;
        let kept = u64::try_from(bytes.len().saturating_sub(found.torn)).unwrap_or(u64::MAX);
        unfinished.extend((found.torn > 0).then_some((number, kept)));
        torn += found.torn;
        if found.position.frames > 0 {
            return Ok((Recovered { newest, torn, ..found }, unfinished));
        }
    }
    Ok((Recovered { newest, torn, ..Recovered::default() }, unfinished))
}

/// Sets aside what a crash left unfinished, and makes what was found before it durable: a process
/// that was killed may have left it in the page cache only.
pub(super) fn settle(
    log: &mut dyn Log,
    found: &Recovered,
    unfinished: &[(u64, u64)],
) -> Result<(), RecoveryError> {
    for (segment, kept) in unfinished {
        log.cut(*segment, *kept)?;
    }
    if found.position.segment > 0 {
        log.settle(found.position.segment)?;
    }
    Ok(())
}

/// Reads one segment up to its first unfinished frame.
async fn examine(vault: &Vault, number: u64, bytes: &[u8]) -> Result<Recovered, RecoveryError> {
    let damaged = |frame| RecoveryError::Damaged { segment: number, frame };
    let unfinished = Recovered { torn: bytes.len(), ..Recovered::default() };
    let Some(header) = SegmentHeader::parse(bytes) else {
        // A crash while the segment was begun: header and first frame are one write.
        return if never_begun(bytes) { Ok(unfinished) } else { Err(damaged(0)) };
    };
    if header.number != number {
        return Err(damaged(0));
    }
    let mut reader = reader(vault, &header, bytes).await?;
    let mut anchor = 0;
    let torn = loop {
        match reader.next_frame() {
            Ok(None) => break 0,
            Ok(Some((_, plain))) => {
                anchor = anchor.max(commits_in(plain.expose()));
            }
            Err(_) => break bytes.len() - SegmentHeader::LEN - reader.consumed(),
        }
    };
    let frames = reader.frames();
    let chain = reader.chain();
    if torn > MOST_TORN || (torn > 0 && reader.was_durable()) {
        return Err(damaged(frames));
    }
    if frames == 0 {
        return if never_begun(bytes) { Ok(unfinished) } else { Err(damaged(0)) };
    }
    let position = Position { segment: number, frames };
    Ok(Recovered { position, chain, anchor, newest: number, torn })
}

/// Whether `bytes`, but for room that the medium has reserved, may be what a crash left of the
/// beginning of a segment.
pub(crate) fn never_begun(bytes: &[u8]) -> bool {
    bytes.iter().rposition(|byte| *byte != 0).is_none_or(|last| last < MOST_BEGUN)
}

pub(crate) async fn reader<'a>(
    vault: &Vault,
    header: &SegmentHeader,
    bytes: &'a [u8],
) -> Result<JournalReader<'a>, RecoveryError> {
    let domain = vault.numbered(DomainName::global(), header.domain).await?;
    let key = JournalKey::new(&domain, header).map_err(|why| VaultError(why.to_string()))?;
    Ok(JournalReader::new(key, bytes.get(SegmentHeader::LEN..).unwrap_or_default()))
}

fn commits_in(plain: &[u8]) -> u64 {
    match codec::decode(plain) {
        Ok(Frame::Open(commits) | Frame::Anchor(commits)) => commits,
        Ok(Frame::Record(_)) | Err(_) => 0,
    }
}

/// All frames of segment `number`, oldest first; for those who look at the trail. `chain` is the
/// tag of the last frame before the segment, zeros before the first, and becomes that of its last.
///
/// # Errors
/// [`RecoveryError`]; the frames before a damaged one are not returned.
pub async fn read_segment(
    vault: &Vault,
    log: &mut dyn Log,
    number: u64,
    chain: &mut [u8; 16],
) -> Result<Vec<Frame>, RecoveryError> {
    let bytes = log.read(number)?;
    let Some(header) = SegmentHeader::parse(&bytes) else { return Ok(Vec::new()) };
    let (frames, last) = read_frames(reader(vault, &header, &bytes).await?, number)?;
    if !frames.is_empty() {
        if header.number != number || header.previous != *chain {
            return Err(RecoveryError::Missing { segment: number });
        }
        *chain = last;
    }
    Ok(frames)
}

/// The frames, and the tag of the last one.
fn read_frames(
    mut reader: JournalReader<'_>,
    number: u64,
) -> Result<(Vec<Frame>, [u8; 16]), RecoveryError> {
    let mut frames = Vec::new();
    loop {
        let (frames_so_far, chain) = (reader.frames(), reader.chain());
        let damaged = RecoveryError::Damaged { segment: number, frame: frames_so_far };
        match reader.next_frame() {
            Ok(None) => return Ok((frames, chain)),
            Ok(Some((_, plain))) => {
                frames.push(codec::decode(plain.expose()).map_err(|_| damaged)?);
            }
            // The unfinished end of a segment that nobody has recovered yet is no damage.
            Err(_) if reader.was_durable() => return Err(damaged),
            Err(_) => return Ok((frames, chain)),
        }
    }
}
