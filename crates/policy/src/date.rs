//! Dates of the `Date…` operators: the W3C profile of ISO 8601, or seconds since the epoch.

use crate::decimal::Decimal;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Milliseconds since 1970-01-01T00:00:00Z of a date: `2026`, `2026-11`, `2026-11-22`,
/// `2026-11-22T06:37Z`, `2026-11-22T06:37:05.5+01:00`, or seconds since the epoch. Four digits are
/// a year.
///
/// Source: IAM User Guide, "Date condition operators"; W3C NOTE-datetime.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let is_year = text.len() == 4 && number(text, 4).is_some();
    if time.is_none() && !is_year && Decimal::parse(text).is_some() {
        return Decimal::parse(text)?.millis();
    }
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |part| number(part, 2))?;
    let (day, complete) = match parts.next() {
        Some(part) => (number(part, 2)?, true),
        None => (1, false),
    };
    if parts.next().is_some() || (time.is_some() && !complete) {
        return None;
    }
    let (clock, offset) = time.map_or(Some((Clock::default(), 0)), time_of_day)?;
    let small = |n: i16| i8::try_from(n).ok();
    let civil = DateTime::new(
        year,
        small(month)?,
        small(day)?,
        small(clock.hour)?,
        small(clock.minute)?,
        small(clock.second)?,
        i32::from(clock.milli) * 1_000_000,
    );
    let zoned = civil.ok()?.to_zoned(TimeZone::UTC).ok()?;
    zoned.timestamp().as_millisecond().checked_sub(offset)
}

#[derive(Default)]
struct Clock {
    hour: i16,
    minute: i16,
    second: i16,
    milli: i16,
}

/// The time of day and the zone's offset from UTC in milliseconds.
fn time_of_day(text: &str) -> Option<(Clock, i64)> {
    let (clock, offset) = match text.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let (clock, zone) = text.split_at_checked(text.rfind(['+', '-'])?)?;
            (clock, offset(zone)?)
        }
    };
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = number(parts.next()?, 2)?;
    let (second, milli) = parts.next().map_or(Some((0, 0)), seconds)?;
    parts.next().is_none().then_some((Clock { hour, minute, second, milli }, offset))
}

/// Seconds and milliseconds of `05` or `05.123…`; what is finer is cut.
fn seconds(text: &str) -> Option<(i16, i16)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{fraction:0<3}");
    Some((number(whole, 2)?, number(padded.get(..3)?, 3)?))
}

/// Milliseconds of `+01:00`.
fn offset(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours < 24 && minutes < 60)
        .then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)) * 60_000)
}

/// A number of exactly `digits` digits, at most four.
fn number(text: &str, digits: usize) -> Option<i16> {
    let right = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    right.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_one_moment_agree() {
        let new_year = Some(1_767_225_600_000);
        for text in [
            "2026",
            "2026-01",
            "2026-01-01",
            "2026-01-01T00:00Z",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.000Z",
            "2026-01-01T01:30:00+01:30",
            "2025-12-31T16:00:00-08:00",
            "1767225600",
            "1767225600.0",
        ] {
            assert_eq!(parse(text), new_year, "{text}");
        }
        assert_eq!(parse("2026-01-01T00:00:00.5Z"), Some(1_767_225_600_500));
        assert_eq!(parse("1970-01-01T00:00:00.1239Z"), Some(123));
        assert_eq!(parse("-1"), Some(-1000));
    }

    #[test]
    fn other_texts_are_no_dates() {
        for text in [
            "",
            "T",
            "x",
            "2026-1-1",
            "2026-13-01",
            "2026-02-30",
            "2026-01-01T",
            "2026-01T00:00Z",
            "2026-01-01T00:00",
            "2026-01-01T24:00Z",
            "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00+1",
            "2026-01-01T00:00+25:00",
            "2026-01-01 00:00Z",
            "2026-01-01T00:00:00:00Z",
            "2026-01-01-01",
            "2026-01-01T００:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
