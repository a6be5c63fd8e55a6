//! What a log file's block is made of: its records.

use super::block::{Draft, Member};
use super::usage::{Count, Usage};
use super::{attribute_number, value_hash};
use crate::event::Attributes;
use crate::log_file::{self, Stretch};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use strongroom_engine::ports::archive::EventAttribute as A;
use strongroom_types::Timestamp;

/// A record that is taken up.
pub(super) struct Noted<'e> {
    /// Where it is in the file's content.
    pub(super) place: Range<usize>,
    /// `eventTime`, of whose seconds there are no parts.
    pub(super) time: Timestamp,
    pub(super) attributes: Cow<'e, Attributes>,
    /// Of a request to KMS, whether it was served.
    pub(super) is_use_served: Option<bool>,
}

/// The block of a file with these records.
pub(super) fn draft(records: &[Noted<'_>]) -> io::Result<Draft> {
    let mut draft = Draft::default();
    let mut values = Values::default();
    let stretches = log_file::stretches(records.iter().map(|record| record.place.clone()));
    for (number, Stretch { bytes, records: numbers }) in stretches.into_iter().enumerate() {
        let number = u32::try_from(number).map_err(io::Error::other)?;
        let (mut oldest, mut newest) = (i64::MAX, i64::MIN);
        let of_stretch = records.get(numbers).unwrap_or_default();
        for noted in of_stretch {
            let millis = noted.time.seconds().saturating_mul(1000);
            (oldest, newest) = (oldest.min(millis), newest.max(millis));
            values.note(noted, number);
        }
        let (from, to) = (bytes.start as u64, bytes.end as u64);
        let records = of_stretch.len() as u64;
        draft.members.push(Member { name: String::new(), oldest, newest, records, from, to });
    }
    values.finish(&mut draft);
    Ok(draft)
}

/// The values of a file. They recur: hashing one costs more than looking it up, and looking it up
/// more than comparing it with the one before.
#[derive(Default)]
struct Values<'e> {
    numbers: HashMap<(A, &'e str), usize>,
    /// Each with the stretches that have it, ascending.
    all: Vec<(A, &'e str, Vec<u32>)>,
    /// The number of the latest of each attribute.
    latest: [Option<usize>; 8],
    /// How often keys were used: by the numbers of the ARN and of the operation.
    uses: HashMap<(usize, usize), Count>,
}

impl<'e> Values<'e> {
    /// Notes what a record of this stretch is looked up by, and the keys that it used.
    fn note(&mut self, noted: &'e Noted<'_>, stretch: u32) {
        let mut operation = None;
        // The time in an event's own identifier leads to it.
        for (attribute, value) in noted.attributes.iter().filter(|(of, _)| *of != A::EventId) {
            let number = self.number(attribute, value);
            if let Some((.., stretches)) = self.all.get_mut(number)
                && stretches.last() != Some(&stretch)
            {
                stretches.push(stretch);
            }
            match (attribute, operation, noted.is_use_served) {
                (A::EventName, ..) => operation = Some(number),
                (A::ResourceName, Some(operation), Some(is_served)) if value.contains(":key/") => {
                    self.uses.entry((number, operation)).or_default().note(is_served);
                }
                _ => {}
            }
        }
    }

    /// The number of a value.
    fn number(&mut self, attribute: A, value: &'e str) -> usize {
        let place = usize::from(attribute_number(attribute));
        let latest = self.latest.get(place).copied().flatten();
        let is_same = |number: &usize| self.all.get(*number).is_some_and(|it| it.1 == value);
        if let Some(number) = latest.filter(is_same) {
            return number;
        }
        let next = self.all.len();
        let number = *self.numbers.entry((attribute, value)).or_insert(next);
        if number == next {
            self.all.push((attribute, value, Vec::new()));
        }
        if let Some(latest) = self.latest.get_mut(place) {
            *latest = Some(number);
        }
        number
    }

    fn finish(self, draft: &mut Draft) {
        let mut usage = Usage::default();
        let text = |number: usize| self.all.get(number).map_or("", |(_, value, _)| *value);
        for ((key, operation), count) in &self.uses {
            usage.put(text(*key), text(*operation), *count);
        }
        draft.usage = usage;
        for (attribute, value, stretches) in self.all {
            draft.put(value_hash(attribute, value), stretches);
        }
    }
}
