//! The one thing that is read out of a certificate: when it ends (RFC 5280 §4.1).

use strongroom_types::Timestamp;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The explicitly tagged version, absent in version 1 certificates.
const VERSION: u8 = 0xa0;

/// The end of validity of a certificate in DER, or `None` if it is not one.
pub(crate) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let mut outer = Reader(Reader(certificate).value(SEQUENCE)?);
    let mut body = Reader(outer.value(SEQUENCE)?);
    if body.tag() == Some(VERSION) {
        body.value(VERSION)?;
    }
    body.value(INTEGER)?;
    let _algorithm = body.value(SEQUENCE)?;
    let _issuer = body.value(SEQUENCE)?;
    let mut validity = Reader(body.value(SEQUENCE)?);
    let _not_before = validity.time()?;
    validity.time()
}

/// What is left of a run of DER values.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The tag of the next value.
    fn tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The content of the next value, which must have `tag`.
    fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
        let rest = self.0.strip_prefix(&[tag])?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// The next value, a point in time. Two-digit years are of 1950–2049 (§4.1.2.5.1).
    fn time(&mut self) -> Option<Timestamp> {
        let tag = self.tag()?;
        let digits = match tag {
            UTC_TIME | GENERALIZED_TIME => std::str::from_utf8(self.value(tag)?).ok()?,
            _ => return None,
        };
        let century = match (tag, digits.get(..1)?) {
            (GENERALIZED_TIME, _) => "",
            (_, "0" | "1" | "2" | "3" | "4") => "20",
            _ => "19",
        };
        let full = format!("{century}{}", digits.strip_suffix('Z')?);
        let (date, time) = full.split_at_checked(8)?;
        Timestamp::parse_basic(&format!("{date}T{time}Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    fn ending(year: i32) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 3, 4);
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn both_forms_of_time_are_read() {
        for (year, text) in [
            (1999, "19990304T000000Z"),
            (2027, "20270304T000000Z"),
            (2049, "20490304T000000Z"),
            (2050, "20500304T000000Z"),
        ] {
            assert_eq!(not_after(&ending(year)), Timestamp::parse_basic(text), "{year}");
        }
    }

    #[test]
    fn what_is_cut_short_or_changed_is_no_certificate_or_has_another_end() {
        let der = ending(2027);
        for end in 0..der.len() {
            assert_eq!(not_after(&der[..end]), None, "{end}");
        }
        for at in 0..der.len() {
            let mut changed = der.clone();
            changed[at] ^= 0x80;
            let _ = not_after(&changed);
        }
        assert_eq!(not_after(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
