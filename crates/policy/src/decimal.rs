//! Exact decimal numbers of the `Numeric…` operators.

/// A number of up to 18 digits before and 18 after the point, in units of 10⁻¹⁸: exact, where
/// binary floating point would make `0.1` and `0.10` a matter of luck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decimal(i128);

/// Most digits on either side of the point.
const MAX_DIGITS: usize = 18;
/// Units in one millionth of one.
const PER_MILLI: i128 = 1_000_000_000_000_000;

impl Decimal {
    /// Parses `-12`, `+3`, `4.50`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let fits = |part: &str| {
            (1..=MAX_DIGITS).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !fits(whole) || !fits(fraction) {
            return None;
        }
        let units: i128 = format!("{whole}{fraction:0<MAX_DIGITS$}").parse().ok()?;
        Some(Self(if negative { -units } else { units }))
    }

    /// Whole thousandths, rounded down.
    pub(crate) fn millis(self) -> Option<i64> {
        i64::try_from(self.0.div_euclid(PER_MILLI)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let number = |text| Decimal::parse(text).unwrap();
        assert_eq!(number("0.1"), number("+00.10"));
        assert_eq!(number("-0"), number("0"));
        assert!(number("-2") < number("-1.5"));
        assert!(number("999999999999999999.999999999999999999") > number("999999999999999999"));
        assert_eq!(number("1.0015").millis(), Some(1001));
        assert_eq!(number("-1.0015").millis(), Some(-1002));
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "1e3",
            "0x1",
            "1 ",
            "١",
            "--1",
            "1.2.3",
            "1234567890123456789",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
