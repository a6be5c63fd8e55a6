//! Identifiers of events.
//!
//! They are UUIDs of version 7 (RFC 9562 §5.7): the first 48 bits are the time in milliseconds, so
//! an event is found by its id without an index. The rest follows from the request and from the
//! account that the event is told to, so whatever tells of a request names the same event.

use std::fmt;
use std::str::FromStr;
use strongroom_crypto::hash;
use strongroom_types::{AccountId, KeyId, Timestamp};

/// The identifier of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId([u8; 16]);

impl EventId {
    /// That of the event which tells `account` of a request.
    #[must_use]
    pub fn of(time: Timestamp, request: [u8; 16], account: AccountId) -> Self {
        Self::made(time, &[request.as_slice(), account.to_string().as_bytes()].concat())
    }

    /// What the events of one request have in common, if it has several: `sharedEventID`.
    #[must_use]
    pub fn shared(time: Timestamp, request: [u8; 16]) -> Self {
        Self::made(time, &request)
    }

    /// When the event was, to the millisecond; `None` if this is no identifier of an event.
    #[must_use]
    pub fn time(self) -> Option<Timestamp> {
        let [a, b, c, d, e, f, version, _, variant, ..] = self.0;
        let is_one = version >> 4 == 7 && variant >> 6 == 0b10;
        let millis = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        is_one.then_some(Timestamp::from_millis(millis))
    }

    /// Its 16 bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    fn made(time: Timestamp, of: &[u8]) -> Self {
        let digest = hash::sha256(&[b"strongroom event id v2 ".as_slice(), of].concat());
        let mut bytes: [u8; 16] = digest.first_chunk().copied().unwrap_or_default();
        let millis = time.millis().max(0).to_be_bytes();
        let stamp = millis.get(2..).unwrap_or_default();
        bytes.iter_mut().zip(stamp).for_each(|(to, from)| *to = *from);
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = (*version & 0x0f) | 0x70;
        *variant = (*variant & 0x3f) | 0x80;
        Self(bytes)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A UUID is written as the identifier of a key is.
        fmt::Display::fmt(&KeyId::from_parts(false, self.0), f)
    }
}

impl FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let id: KeyId = text.to_ascii_lowercase().parse()?;
        let (is_multi_region, bytes) = id.parts();
        if is_multi_region { Err(()) } else { Ok(Self(*bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Timestamp = Timestamp::from_millis(1_795_329_425_123);

    #[test]
    fn an_id_tells_its_time_and_is_the_same_each_time() {
        let id = EventId::of(TIME, [7; 16], AccountId::INITIAL);
        assert_eq!(id, EventId::of(TIME, [7; 16], AccountId::INITIAL));
        assert_eq!(id.time(), Some(TIME));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().as_bytes()[14], b'7');
    }

    #[test]
    fn ids_stay_what_they_are() {
        let own = EventId::of(TIME, [7; 16], AccountId::INITIAL);
        assert_eq!(own.to_string(), "01a201f8-fee3-7560-869d-fad410afd7cc");
        let shared = EventId::shared(TIME, [7; 16]);
        assert_eq!(shared.to_string(), "01a201f8-fee3-7ab0-860d-c2689debed44");
    }

    #[test]
    fn each_account_has_its_own() {
        let other: AccountId = "444455556666".parse().unwrap();
        let ids = [
            EventId::of(TIME, [7; 16], AccountId::INITIAL),
            EventId::of(TIME, [7; 16], other),
            EventId::of(TIME, [8; 16], other),
            EventId::shared(TIME, [7; 16]),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(!ids[..at].contains(id), "{id}");
        }
    }

    #[test]
    fn a_request_id_is_no_event_id() {
        let text = "9eef0ff8-9f9c-4c2b-8a6e-3a2b1c0d9e8f";
        assert_eq!(text.parse::<EventId>().unwrap().time(), None);
        assert_eq!("mrk-9eef0ff89f9c4c2b8a6e3a2b1c0d9e8f".parse::<EventId>(), Err(()));
    }
}
