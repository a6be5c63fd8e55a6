//! The journal: every frame opens, each segment continues the one before it, and both tell of the
//! same store.

use super::{CheckError, Inspection};
use crate::ledger::{Frame, Head, MOST_TORN, Position, never_begun, reader};
use crate::ports::Log;
use crate::slot::Slot;
use crate::vault::VaultError;
use strongroom_keys::{SegmentHeader, ShippingRecord, codec};

/// What was seen of the journal so far.
#[derive(Default)]
struct Seen {
    /// The tag that the next segment names; `None` if that is not known.
    chain: Option<[u8; 16]>,
    /// The last authentic frame.
    end: Position,
    /// The greatest number of groups of commits that a frame tells of.
    anchor: u64,
}

impl Inspection<'_, '_> {
    pub(super) async fn journal(
        &mut self,
        log: &mut dyn Log,
        head: Option<&Head>,
    ) -> Result<(), CheckError> {
        let failed = |why: crate::ports::LogError| CheckError(why.to_string());
        let shipping = self.other::<ShippingRecord>(&Slot::shipping()).await;
        let cursor = shipping.ok().flatten().map(|shipping| shipping.cursor).unwrap_or_default();
        let segments = log.segments().map_err(failed)?;
        let first = segments.first().copied().unwrap_or(1);
        // What was delivered is removed, and its tag with it.
        let mut seen = Seen { chain: (cursor.segment == 0).then_some([0; 16]), ..Seen::default() };
        if first > cursor.segment.max(1) {
            self.tell(&name(first), "segments before it are missing that are not delivered yet");
            seen.chain = None;
        }
        for number in &segments {
            let bytes = log.read(*number).map_err(failed)?;
            self.checked.segments += 1;
            let is_last = segments.last() == Some(number);
            self.segment(*number, &bytes, is_last, &mut seen).await;
        }
        let Some(head) = head else { return Ok(()) };
        if seen.anchor > head.commits {
            let what = format!(
                "it is older (at change {}) than the journal, which saw change {}",
                head.commits, seen.anchor
            );
            self.tell(Slot::head().bytes(), what);
        }
        if head.journal > seen.end {
            let Position { segment, frames } = head.journal;
            let what = format!(
                "it knows of record {frames} of segment {segment}, and the journal ends before that"
            );
            self.tell(Slot::head().bytes(), what);
        }
        Ok(())
    }

    async fn segment(&mut self, number: u64, bytes: &[u8], is_last: bool, seen: &mut Seen) {
        let place = name(number);
        let header = SegmentHeader::parse(bytes).filter(|header| header.number == number);
        let Some(header) = header else {
            if !never_begun(bytes) {
                self.tell(&place, "its header is damaged");
                seen.chain = None;
            }
            return;
        };
        let mut reader = match reader(self.vault, &header, bytes).await {
            Ok(reader) => reader,
            Err(why) => return self.tell(&place, why.to_string()),
        };
        let failed = loop {
            match reader.next_frame() {
                Ok(None) => break false,
                Err(_) => break true,
                Ok(Some((_, plain))) => match codec::decode(plain.expose()) {
                    Ok(Frame::Record(_)) => self.checked.uses += 1,
                    Ok(Frame::Open(n) | Frame::Anchor(n)) => seen.anchor = seen.anchor.max(n),
                    Err(why) => {
                        let at = reader.frames().saturating_sub(1);
                        self.tell(&place, VaultError(format!("record {at}: {why}")).to_string());
                    }
                },
            }
        };
        let frames = reader.frames();
        if frames > 0 {
            if seen.chain.is_some_and(|chain| chain != header.previous) {
                self.tell(&place, "it does not continue the segment before it");
            }
            (seen.chain, seen.end) = (Some(reader.chain()), Position { segment: number, frames });
        }
        let torn = bytes.len().saturating_sub(SegmentHeader::LEN + reader.consumed());
        let is_torn = is_last && torn <= MOST_TORN && !reader.was_durable();
        if failed && !is_torn && !(frames == 0 && never_begun(bytes)) {
            let what = format!("damaged at record {frames}: what follows in it cannot be read");
            self.tell(&place, what);
            seen.chain = None;
        }
    }
}

fn name(segment: u64) -> Vec<u8> {
    format!("journal segment {segment}").into_bytes()
}
