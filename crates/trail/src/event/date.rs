//! Dates inside parameters and answers.

use strongroom_types::Timestamp;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Aug 10, 2022, 10:38:27 PM`: how Java writes a date for people in the United States, and
/// CloudTrail every date but the event's own.
///
/// Source: AWS KMS Developer Guide, "CreateKey", "ImportKeyMaterial".
pub(super) fn in_words(time: Timestamp) -> String {
    // YYYY-MM-DDTHH:MM:SSZ
    let text = time.civil().to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let number = |from: usize, to: usize| part(from, to).parse::<usize>().unwrap_or_default();
    let month = MONTHS.get(number(5, 7).saturating_sub(1)).copied().unwrap_or_default();
    let (day, year, hour) = (number(8, 10), part(0, 4), number(11, 13));
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    format!("{month} {day}, {year}, {hour}:{} {half}", part(14, 19))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_java_does() {
        let shown = |text: &str| in_words(Timestamp::parse_basic(text).unwrap());
        assert_eq!(shown("20220810T223827Z"), "Aug 10, 2022, 10:38:27 PM");
        assert_eq!(shown("20250521T054745Z"), "May 21, 2025, 5:47:45 AM");
        assert_eq!(shown("20260101T000000Z"), "Jan 1, 2026, 12:00:00 AM");
        assert_eq!(shown("20261231T120509Z"), "Dec 31, 2026, 12:05:09 PM");
    }
}
