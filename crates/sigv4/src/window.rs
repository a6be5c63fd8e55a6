//! The time during which a signature is good.

use crate::error::{AuthError, ExpiresFault};
use strongroom_types::Timestamp;

/// How far the signing time may be from now, either way, in minutes. KMS allows five
/// (<https://github.com/aws/aws-sdk-js-v3/issues/6400>).
pub const SKEW_MINUTES: u16 = 5;
/// The longest life of a presigned request, in seconds: a week
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>).
pub const MAX_EXPIRES_SECONDS: u32 = 604_800;

/// Checks that a signature made at `signed` is good at `now`.
///
/// A signature lives for the skew, or as long as its maker said with `X-Amz-Expires`; it is never
/// taken from a future further away than the skew. Fractions of a second are not looked at, as
/// signing times have none.
pub(crate) fn check(
    signed: Timestamp,
    now: Timestamp,
    skew_minutes: u16,
    expires_seconds: Option<u32>,
) -> Result<(), AuthError> {
    let skew = u32::from(skew_minutes) * 60;
    let now = Timestamp::from_millis(now.seconds().saturating_mul(1000));
    let lifetime = expires_seconds.unwrap_or(skew);
    let earliest = now.plus_millis(-i64::from(lifetime) * 1000);
    let latest = now.plus_millis(i64::from(skew) * 1000);
    if signed < earliest {
        Err(AuthError::Expired { signed, earliest, now, lifetime_seconds: lifetime })
    } else if signed > latest {
        Err(AuthError::NotYetCurrent { signed, latest, now, skew_minutes })
    } else {
        Ok(())
    }
}

/// Parses the value of `X-Amz-Expires`.
pub(crate) fn parse_expires(text: &str) -> Result<u32, AuthError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AuthError::Expires(ExpiresFault::NotANumber));
    }
    if digits.len() < text.len() || digits.bytes().all(|byte| byte == b'0') {
        return Err(AuthError::Expires(ExpiresFault::NotPositive));
    }
    let seconds = digits.parse().ok().filter(|seconds| *seconds <= MAX_EXPIRES_SECONDS);
    seconds.ok_or(AuthError::Expires(ExpiresFault::OverAWeek))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse_basic(text).unwrap()
    }

    #[test]
    fn the_edges_belong_to_the_window() {
        let now = time("20240820T230802Z").plus_millis(999);
        for good in ["20240820T230302Z", "20240820T230802Z", "20240820T231302Z"] {
            assert_eq!(check(time(good), now, 5, None), Ok(()), "{good}");
        }
        let early = check(time("20240820T230301Z"), now, 5, None).unwrap_err();
        assert_eq!(
            early.to_string(),
            "Signature expired: 20240820T230301Z is now earlier than 20240820T230302Z (20240820T230802Z - 5 min.)"
        );
        let late = check(time("20240820T231303Z"), now, 5, None).unwrap_err();
        assert_eq!(
            late.to_string(),
            "Signature not yet current: 20240820T231303Z is still later than 20240820T231302Z (20240820T230802Z + 5 min.)"
        );
    }

    #[test]
    fn a_presigned_request_lives_as_long_as_it_says() {
        let now = time("20240820T230802Z");
        assert_eq!(check(time("20240820T220802Z"), now, 5, Some(3600)), Ok(()));
        assert_eq!(
            check(time("20240820T220801Z"), now, 5, Some(3600)).unwrap_err().to_string(),
            "Signature expired: 20240820T220801Z is now earlier than 20240820T220802Z (20240820T230802Z - 60 min.)"
        );
        assert_eq!(
            check(time("20240820T230731Z"), now, 5, Some(30)).unwrap_err().to_string(),
            "Signature expired: 20240820T230731Z is now earlier than 20240820T230732Z (20240820T230802Z - 30 sec.)"
        );
        assert!(matches!(
            check(time("20240820T231303Z"), now, 5, Some(604_800)),
            Err(AuthError::NotYetCurrent { .. })
        ));
    }

    #[test]
    fn no_time_overflows() {
        let (start, end) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        assert!(check(start, end, u16::MAX, Some(u32::MAX)).is_err());
        assert!(check(end, start, u16::MAX, Some(u32::MAX)).is_err());
    }

    #[test]
    fn expires_is_from_one_second_to_a_week() {
        assert_eq!(parse_expires("1"), Ok(1));
        assert_eq!(parse_expires("604800"), Ok(604_800));
        for (text, fault) in [
            ("", ExpiresFault::NotANumber),
            ("-", ExpiresFault::NotANumber),
            ("+5", ExpiresFault::NotANumber),
            ("1e3", ExpiresFault::NotANumber),
            ("٣", ExpiresFault::NotANumber),
            ("0", ExpiresFault::NotPositive),
            ("-1", ExpiresFault::NotPositive),
            ("604801", ExpiresFault::OverAWeek),
            ("99999999999999999999999999", ExpiresFault::OverAWeek),
        ] {
            assert_eq!(parse_expires(text), Err(AuthError::Expires(fault)), "{text}");
        }
    }
}
