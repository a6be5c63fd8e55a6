//! Makes events of records, one record after another: what the next has in common with the one
//! before is not worked out again, and one buffer serves all.

use super::copy::Copy;
use super::json::Json;
use super::{Event, accounts};
use strongroom_engine::audit::AuditRecord;
use strongroom_types::Timestamp;

/// Makes events.
pub struct Writer {
    partition: String,
    json: Json,
    /// The times of the record before, and of the credentials that its caller had.
    time: Civil,
    issued: Civil,
    access_keys: Vec<String>,
}

impl Writer {
    /// What makes the events of a server in `partition`.
    #[must_use]
    pub fn new(partition: &str) -> Self {
        Self {
            partition: partition.to_owned(),
            json: Json::with_capacity(4096),
            time: Civil::default(),
            issued: Civil::default(),
            access_keys: Vec::new(),
        }
    }

    /// Hands the events that tell of what `record` recorded to `each`: one for each account that it
    /// concerns, the caller's first.
    pub fn write(&mut self, record: &AuditRecord, mut each: impl FnMut(Event)) {
        let accounts = accounts(record);
        let session = record.identity.as_ref().and_then(|who| who.session.as_ref());
        let copy = Copy {
            record,
            account: record.account,
            partition: &self.partition,
            is_shared: accounts.len() > 1,
            time: self.time.text(record.time),
            issued: session.map_or("", |session| self.issued.text(session.issued)),
        };
        for account in accounts {
            let copy = Copy { account, ..copy };
            each(super::event(&copy, &mut self.json, &mut self.access_keys));
        }
    }
}

/// A time as records write it, which reads the same for a second.
#[derive(Default)]
struct Civil {
    second: Option<i64>,
    text: String,
}

impl Civil {
    fn text(&mut self, time: Timestamp) -> &str {
        let second = time.millis().div_euclid(1000);
        if self.second != Some(second) {
            self.second = Some(second);
            self.text = time.civil().to_string();
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_reads_the_same_to_its_end() {
        let mut civil = Civil::default();
        for millis in [-1, 0, 999, 1000, 1_795_329_425_123, 1_795_329_425_999, 1_795_329_424_999] {
            let time = Timestamp::from_millis(millis);
            assert_eq!(civil.text(time), time.civil().to_string(), "{millis}");
        }
    }
}
