//! Points in time, and the calendar forms AWS writes them in.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Milliseconds in a day.
    pub const DAY: i64 = 86_400_000;
    /// Milliseconds in a minute.
    pub const MINUTE: i64 = 60_000;

    /// This many milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds after the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds after the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This time and so many milliseconds; stops at the ends of the range.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This time and so many days of 24 hours.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(Self::DAY)))
    }

    /// The calendar reading in UTC. Years outside 1–9999 read as the nearest end.
    #[must_use]
    pub fn civil(self) -> CivilTime {
        let stamp = jiff::Timestamp::from_millisecond(self.0);
        let stamp =
            stamp.unwrap_or(if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX });
        CivilTime(stamp.to_zoned(TimeZone::UTC).datetime())
    }

    /// Parses the basic ISO 8601 form of SigV4, `YYYYMMDDTHHMMSSZ`.
    #[must_use]
    pub fn parse_basic(text: &str) -> Option<Self> {
        if text.len() != 16 || !text.ends_with('Z') {
            return None;
        }
        let number = |at: usize, len: usize| {
            let digits = text.get(at..at + len)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<i16>().ok())?
        };
        let small = |at: usize| number(at, 2).and_then(|n| i8::try_from(n).ok());
        if text.as_bytes().get(8) != Some(&b'T') {
            return None;
        }
        let civil = DateTime::new(
            number(0, 4)?,
            small(4)?,
            small(6)?,
            small(9)?,
            small(11)?,
            small(13)?,
            0,
        );
        let zoned = civil.ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }
}

/// A time read off the UTC calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CivilTime(DateTime);

impl CivilTime {
    /// `YYYYMMDDTHHMMSSZ`.
    #[must_use]
    pub fn basic(self) -> String {
        let t = self.0;
        format!(
            "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }

    /// `YYYYMMDD`.
    #[must_use]
    pub fn basic_date(self) -> String {
        format!("{:04}{:02}{:02}", self.0.year(), self.0.month(), self.0.day())
    }

    /// `Sun, 22 Nov 2026 06:37:00 GMT` (RFC 9110 §5.6.7), the form of the `Date` header.
    #[must_use]
    pub fn http_date(self) -> String {
        let t = self.0;
        let weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let months =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let pick = |names: &[&'static str], one_based: i8| {
            usize::try_from(one_based - 1).ok().and_then(|at| names.get(at).copied()).unwrap_or("")
        };
        format!(
            "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
            pick(&weekday, t.weekday().to_monday_one_offset()),
            t.day(),
            pick(&months, t.month()),
            t.year(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }
}

/// `YYYY-MM-DDTHH:MM:SSZ`.
impl fmt::Display for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.0;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_agree() {
        let time = Timestamp::parse_basic("20261122T063705Z").unwrap();
        assert_eq!(time.seconds(), 1_795_329_425);
        assert_eq!(time.civil().basic(), "20261122T063705Z");
        assert_eq!(time.civil().basic_date(), "20261122");
        assert_eq!(time.civil().to_string(), "2026-11-22T06:37:05Z");
        assert_eq!(time.civil().http_date(), "Sun, 22 Nov 2026 06:37:05 GMT");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "20261122T063705",
            "2026-11-22T06:37Z",
            "20261322T063705Z",
            "20261122 063705Z",
            "20261122T256305Z",
            "+0261122T063705Z",
            "2026112２063Z",
        ] {
            assert_eq!(Timestamp::parse_basic(text), None, "{text}");
        }
    }
}
