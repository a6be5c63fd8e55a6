//! What a caller may write for a key: its id or ARN, or an alias's name or ARN.

use crate::{AccountId, AliasArn, AliasName, KeyArn, KeyId, Region};

/// A parsed `KeyId` member. What it names need not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyReference {
    /// A bare key id: a key of the caller's account and of the request's Region.
    Id(KeyId),
    /// A key ARN.
    Arn(KeyArn),
    /// A bare alias name: an alias of the caller's account and of the request's Region.
    Alias(AliasName),
    /// An alias ARN.
    AliasArn(AliasArn),
}

/// Why a text names no key. Each variant carries the part that AWS shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceError {
    /// Neither a key id nor an alias name nor an ARN.
    KeyId(String),
    /// An ARN of KMS whose resource is not a well-formed key id.
    KeyIdInArn(String),
    /// Text that begins like an ARN and is none of KMS.
    Arn(String),
    /// An alias name with characters that no alias has; the name as it was written.
    Alias(String),
}

impl KeyReference {
    /// Parses what a caller wrote.
    ///
    /// # Errors
    /// [`ReferenceError`], which the engine turns into AWS's answer.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.starts_with("arn:") {
            return Self::parse_arn(text);
        }
        if text.starts_with(AliasName::PREFIX) {
            return AliasName::parse(text)
                .map(Self::Alias)
                .map_err(|_| ReferenceError::Alias(text.to_owned()));
        }
        text.parse().map(Self::Id).map_err(|()| ReferenceError::KeyId(text.to_owned()))
    }

    fn parse_arn(text: &str) -> Result<Self, ReferenceError> {
        let bad = || ReferenceError::Arn(text.to_owned());
        let mut parts = text.splitn(6, ':').skip(1);
        let mut next = || parts.next().ok_or_else(bad);
        let (partition, service, region, account, resource) =
            (next()?, next()?, next()?, next()?, next()?);
        let region: Region = region.parse().map_err(|()| bad())?;
        let account: AccountId = account.parse().map_err(|()| bad())?;
        if service != "kms" || partition != region.partition() {
            return Err(bad());
        }
        if let Some(key) = resource.strip_prefix("key/") {
            let key = key.parse().map_err(|()| ReferenceError::KeyIdInArn(key.to_owned()))?;
            return Ok(Self::Arn(KeyArn { region, account, key }));
        }
        let name = AliasName::parse(resource).map_err(|_| bad())?;
        Ok(Self::AliasArn(AliasArn { region, account, name }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_forms_are_told_apart() {
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        assert!(matches!(KeyReference::parse(id), Ok(KeyReference::Id(_))));
        let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{id}");
        let Ok(KeyReference::Arn(parsed)) = KeyReference::parse(&arn) else { panic!("{arn}") };
        assert_eq!(parsed.to_string(), arn);
        assert!(matches!(KeyReference::parse("alias/a-b/c"), Ok(KeyReference::Alias(_))));
        let arn = "arn:aws:kms:us-east-1:111122223333:alias/a-b/c";
        let Ok(KeyReference::AliasArn(parsed)) = KeyReference::parse(arn) else { panic!("{arn}") };
        assert_eq!(parsed.to_string(), arn);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(
            KeyReference::parse("fake-key-id"),
            Err(ReferenceError::KeyId("fake-key-id".to_owned()))
        );
        assert_eq!(
            KeyReference::parse("arn:aws:kms:us-east-1:111122223333:key/mrk-x"),
            Err(ReferenceError::KeyIdInArn("mrk-x".to_owned()))
        );
        for arn in [
            "arn:",
            "arn:aws:s3:::bucket",
            "arn:aws:kms:us-east-1:1:key/x",
            "arn:aws-cn:kms:us-east-1:111122223333:key/x",
        ] {
            assert_eq!(KeyReference::parse(arn), Err(ReferenceError::Arn(arn.to_owned())));
        }
    }
}
