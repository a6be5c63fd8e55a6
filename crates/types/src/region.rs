//! AWS Regions and the partitions they belong to.

use crate::inline::Inline;
use std::fmt;
use std::str::FromStr;

/// The name of a Region, of the form that the KMS model gives: `^([a-z]+-){2,3}\d+$`, at most
/// 32 characters. Any such name is served.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(Inline<32>);

impl Region {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The partition that ARNs of this Region carry.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        let name = self.0.as_bytes();
        if name.starts_with(b"cn-") {
            "aws-cn"
        } else if name.starts_with(b"us-gov-") {
            "aws-us-gov"
        } else if name.starts_with(b"us-iso-") {
            "aws-iso"
        } else if name.starts_with(b"us-isob-") {
            "aws-iso-b"
        } else if name.starts_with(b"eu-isoe-") {
            "aws-iso-e"
        } else if name.starts_with(b"us-isof-") {
            "aws-iso-f"
        } else if name.starts_with(b"eusc-") {
            "aws-eusc"
        } else {
            "aws"
        }
    }
}

impl FromStr for Region {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.rsplit('-');
        let number = parts.next().unwrap_or_default();
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let mut words = 0;
        for word in parts {
            if word.is_empty() || !word.bytes().all(|b| b.is_ascii_lowercase()) {
                return Err(());
            }
            words += 1;
        }
        if digits && (2..=3).contains(&words) {
            Inline::new(text).map(Self).ok_or(())
        } else {
            Err(())
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_model_pattern() {
        for good in ["us-east-1", "eu-west-2", "us-gov-west-1", "ap-southeast-12"] {
            assert_eq!(good.parse::<Region>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "us",
            "us-east",
            "us-east-",
            "US-east-1",
            "us--1",
            "-a-1",
            "a-b-c-d-1",
            "us-east-1 ",
        ] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
        assert!(format!("{}-x-1", "a".repeat(40)).parse::<Region>().is_err());
        assert_eq!("cn-north-1".parse::<Region>().unwrap().partition(), "aws-cn");
    }
}
