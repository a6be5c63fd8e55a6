//! What a log file's block is made of: its records.

use super::block::{Draft, Member};
use super::{Usage, invalid, value_hash};
use crate::log_file::{self, Stretch};
use crate::record::Record;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use strongroom_engine::ports::archive::EventAttribute;

/// A record that is taken up.
pub(super) struct Noted<'e> {
    pub(super) json: &'e str,
    /// Where it is in the file's content.
    pub(super) place: Range<usize>,
    pub(super) attributes: Cow<'e, [(EventAttribute, String)]>,
}

/// The block of a file with these records.
pub(super) fn draft(records: &[Noted<'_>]) -> io::Result<Draft> {
    let mut draft = Draft::default();
    // Values recur; hashing costs more than looking up.
    let mut known: HashMap<&(EventAttribute, String), u64> = HashMap::new();
    let stretches = log_file::stretches(records.iter().map(|record| record.place.clone()));
    for (number, Stretch { bytes, records: numbers }) in stretches.into_iter().enumerate() {
        let number = u32::try_from(number).map_err(io::Error::other)?;
        let (mut oldest, mut newest) = (i64::MAX, i64::MIN);
        let of_stretch = records.get(numbers).unwrap_or_default();
        for Noted { json, attributes, .. } in of_stretch {
            let record = Record::parse(json).map_err(invalid)?;
            let time = record.time().ok_or_else(|| invalid("a record without time"))?;
            (oldest, newest) = (oldest.min(time.millis()), newest.max(time.millis()));
            // The time in an event's own identifier leads to it.
            for pair in attributes.iter().filter(|pair| pair.0 != EventAttribute::EventId) {
                let hash = *known.entry(pair).or_insert_with(|| value_hash(pair.0, &pair.1));
                draft.note(hash, number);
            }
            count(&record, &mut draft.usage);
        }
        let (from, to) = (bytes.start as u64, bytes.end as u64);
        let records = of_stretch.len() as u64;
        draft.members.push(Member { name: String::new(), oldest, newest, records, from, to });
    }
    Ok(draft)
}

fn count(record: &Record<'_>, usage: &mut Usage) {
    if record.event_source != "kms.amazonaws.com" {
        return;
    }
    for resource in record.resources() {
        if let Some(arn) = resource.arn.as_deref().filter(|arn| arn.contains(":key/")) {
            usage.note(arn, &record.event_name, record.error_code.is_none());
        }
    }
}
