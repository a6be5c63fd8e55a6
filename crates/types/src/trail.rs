//! Names and ARNs of trails.

use crate::{AccountId, Region};
use std::fmt;

/// The name of a trail: 3 to 128 letters, digits, `.`, `_` and `-`, a letter or digit first and
/// last, no two of the others together, not in the form of an IP address.
///
/// Source: AWS CloudTrail User Guide, "Naming requirements for CloudTrail resources".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailName(Box<str>);

/// Why a text is no name of a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailNameError {
    /// So many characters, of at least 3.
    Short(usize),
    /// So many characters, of at most 128.
    Long(usize),
    /// The first is no letter or digit.
    Start,
    /// The last is none.
    End,
    /// One is none that names have.
    Characters,
    /// Two of `.`, `_` and `-` are beside each other.
    Adjacent,
    /// It is an IP address.
    Address,
}

impl TrailName {
    /// The least and the greatest length.
    const LENGTH: (usize, usize) = (3, 128);

    /// Parses `text`.
    ///
    /// # Errors
    /// [`TrailNameError`] with the first rule broken.
    pub fn parse(text: &str) -> Result<Self, TrailNameError> {
        let mark = |c: char| matches!(c, '.' | '_' | '-');
        let length = text.chars().count();
        if length < Self::LENGTH.0 {
            return Err(TrailNameError::Short(length));
        }
        if length > Self::LENGTH.1 {
            return Err(TrailNameError::Long(length));
        }
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || mark(c)) {
            return Err(TrailNameError::Characters);
        }
        if text.starts_with(mark) {
            return Err(TrailNameError::Start);
        }
        if text.ends_with(mark) {
            return Err(TrailNameError::End);
        }
        if text.as_bytes().windows(2).any(|pair| pair.iter().all(|byte| mark(char::from(*byte)))) {
            return Err(TrailNameError::Adjacent);
        }
        if text.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err(TrailNameError::Address);
        }
        Ok(Self(text.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TrailName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `arn:<partition>:cloudtrail:<region>:<account>:trail/<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailArn {
    /// Home Region of the trail; its partition follows from it.
    pub region: Region,
    /// Account that owns the trail.
    pub account: AccountId,
    /// Name.
    pub name: TrailName,
}

impl fmt::Display for TrailArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, account, name } = self;
        write!(f, "arn:{}:cloudtrail:{region}:{account}:trail/{name}", region.partition())
    }
}

/// What a request names a trail by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailReference {
    /// By its name.
    Name(TrailName),
    /// By its ARN.
    Arn(TrailArn),
}

/// Why a text names no trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailReferenceError {
    /// It is no name.
    Name(TrailNameError),
    /// It begins like an ARN and is none of CloudTrail's.
    Arn,
    /// It is an ARN of something else that CloudTrail has.
    Kind,
}

impl TrailReference {
    /// What `text` names: whatever begins with `arn:` is an ARN.
    ///
    /// # Errors
    /// [`TrailReferenceError`].
    pub fn parse(text: &str) -> Result<Self, TrailReferenceError> {
        match text.starts_with("arn:") {
            true => TrailArn::parse(text).map(Self::Arn),
            false => TrailName::parse(text).map(Self::Name).map_err(TrailReferenceError::Name),
        }
    }
}

impl TrailArn {
    /// Parses `text`.
    ///
    /// # Errors
    /// [`TrailReferenceError`].
    pub fn parse(text: &str) -> Result<Self, TrailReferenceError> {
        let wrong = TrailReferenceError::Arn;
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next().ok_or(wrong);
        let (scheme, partition, service) = (part()?, part()?, part()?);
        let region: Region = part()?.parse().map_err(|()| wrong)?;
        let account = part()?.parse().map_err(|_| wrong)?;
        let (kind, name) = part()?.split_once('/').ok_or(wrong)?;
        if scheme != "arn" || partition != region.partition() || service != "cloudtrail" {
            return Err(wrong);
        }
        if kind != "trail" {
            return Err(TrailReferenceError::Kind);
        }
        let name = TrailName::parse(name).map_err(|_| wrong)?;
        Ok(Self { region, account, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_every_rule() {
        for good in ["abc", "my-Trail_1.x", "1.2.3", &"a".repeat(128)] {
            assert_eq!(TrailName::parse(good).unwrap().as_str(), good);
        }
        for (bad, why) in [
            ("ab", TrailNameError::Short(2)),
            (&*"a".repeat(129), TrailNameError::Long(129)),
            ("-abc", TrailNameError::Start),
            ("abc.", TrailNameError::End),
            ("a/c", TrailNameError::Characters),
            ("\u{e9}tre", TrailNameError::Characters),
            ("my-_trail", TrailNameError::Adjacent),
            ("my..trail", TrailNameError::Adjacent),
            ("192.168.5.4", TrailNameError::Address),
        ] {
            assert_eq!(TrailName::parse(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn arns_are_read_as_they_are_written() {
        let text = "arn:aws:cloudtrail:eu-west-2:111122223333:trail/main";
        let Ok(TrailReference::Arn(arn)) = TrailReference::parse(text) else { panic!("{text}") };
        assert_eq!(arn.to_string(), text);
        assert!(matches!(TrailReference::parse("main"), Ok(TrailReference::Name(_))));
        for (bad, why) in [
            ("arn:", TrailReferenceError::Arn),
            ("arn:aws-cn:cloudtrail:eu-west-2:111122223333:trail/main", TrailReferenceError::Arn),
            ("arn:aws:kms:eu-west-2:111122223333:trail/main", TrailReferenceError::Arn),
            ("arn:aws:cloudtrail:eu-west-2:1:trail/main", TrailReferenceError::Arn),
            ("arn:aws:cloudtrail::111122223333:trail/main", TrailReferenceError::Arn),
            ("arn:aws:cloudtrail:eu-west-2:111122223333:trail/a", TrailReferenceError::Arn),
            ("arn:aws:cloudtrail:eu-west-2:111122223333:trail/a/b", TrailReferenceError::Arn),
            ("arn:aws:cloudtrail:eu-west-2:111122223333:channel/c", TrailReferenceError::Kind),
        ] {
            assert_eq!(TrailReference::parse(bad), Err(why), "{bad}");
        }
    }
}
