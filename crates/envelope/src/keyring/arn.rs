//! ARNs of KMS keys, as far as keyrings compare them. Source: AWS Encryption SDK specification,
//! "AWS KMS Key ARN" and "AWS KMS MRK Match for Decrypt".

/// The longest key identifier, in bytes; that of KMS's API.
pub(super) const MAX_KEY_ID: usize = 2048;
/// What the identifiers of multi-Region keys begin with.
const MULTI_REGION: &str = "mrk-";

/// The parts of `arn:<partition>:kms:<region>:<account>:<kind>/<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    pub(super) partition: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    kind: &'a str,
    pub(super) id: &'a str,
}

/// Bytes of an account.
const ACCOUNT_LEN: usize = 12;
/// The longest partition or Region, in bytes. Our choice: AWS's have less than half of it.
const MAX_PLACE: usize = 64;

impl<'a> Arn<'a> {
    /// The ARN of a key or alias. It may come from a header that nobody has verified, and its Region
    /// becomes part of an endpoint: so nothing is taken that is not one.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let (arn, partition, service) = (next()?, next()?, next()?);
        let (region, account, resource) = (next()?, next()?, next()?);
        let (kind, id) = resource.split_once('/')?;
        let known = arn == "arn" && service == "kms" && matches!(kind, "key" | "alias");
        let known = known && is_place(partition) && is_place(region) && is_account(account);
        (known && !id.is_empty()).then_some(Self { partition, region, account, kind, id })
    }

    /// The ARN of a key.
    pub(super) fn of_key(text: &'a str) -> Option<Self> {
        Self::parse(text).filter(|arn| arn.kind == "key" && !arn.id.contains([':', '/']))
    }

    pub(super) fn is_multi_region(&self) -> bool {
        self.id.starts_with(MULTI_REGION)
    }

    /// Whether both are the same key, or related multi-Region keys.
    pub(super) fn is_related_to(&self, other: &Self) -> bool {
        let elsewhere = Self { region: other.region, ..*self };
        self == other || (self.is_multi_region() && elsewhere == *other)
    }

    /// Whether what `self` names, an alias, may stand for the key `named`: it is of the same account and
    /// Region, or of another Region if `related` keys are taken for the key.
    pub(super) fn may_name(&self, named: &Self, related: bool) -> bool {
        let elsewhere = related && named.is_multi_region();
        self.partition == named.partition
            && self.account == named.account
            && (self.region == named.region || elsewhere)
    }

    /// The related key in `region`.
    pub(super) fn in_region(&self, region: &str) -> String {
        let Self { partition, account, kind, id, .. } = self;
        format!("arn:{partition}:kms:{region}:{account}:{kind}/{id}")
    }
}

/// Whether `text` can be a partition or a Region.
fn is_place(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= MAX_PLACE && text.bytes().all(letter)
}

fn is_account(text: &str) -> bool {
    text.len() == ACCOUNT_LEN && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234";
    const MRK: &str = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234";

    #[test]
    fn only_whole_arns_of_keys_are_read() {
        assert!(Arn::of_key(KEY).is_some_and(|arn| arn.id == "1234" && !arn.is_multi_region()));
        assert!(Arn::of_key(MRK).is_some_and(|arn| arn.is_multi_region()));
        assert!(Arn::parse("arn:aws:kms:eu-west-1:111122223333:alias/a/b").is_some());
        for text in [
            "",
            "1234",
            "alias/a",
            "mrk-1234",
            "arn:aws:kms:eu-west-1:111122223333:alias/a",
            "arn:aws:kms:eu-west-1:111122223333:key/",
            "arn:aws:kms:eu-west-1:111122223333:key/a/b",
            "arn:aws:kms:eu-west-1::key/1234",
            "arn:aws:s3:eu-west-1:111122223333:key/1234",
            "arn::kms:eu-west-1:111122223333:key/1234",
            "arn:aws:kms:eu-west-1:111122223333:1234",
            "arn:aws:kms:evil.example/:111122223333:key/1234",
            "arn:aws:kms:EU-WEST-1:111122223333:key/1234",
            "arn:aws:kms:eu-west-1\n:111122223333:key/1234",
            "arn:aws:kms:eu-west-1:11112222333:key/1234",
            "arn:aws:kms:eu-west-1:1111222233334:key/1234",
            "arn:aws:kms:eu-west-1:11112222333a:key/1234",
            "arn:a.b:kms:eu-west-1:111122223333:key/1234",
            &format!("arn:aws:kms:{}:111122223333:key/1234", "a".repeat(65)),
        ] {
            assert_eq!(Arn::of_key(text), None, "{text}");
        }
    }

    #[test]
    fn multi_region_keys_are_related_across_regions_and_others_are_not() {
        let elsewhere = |text: &str| Arn::of_key(text).unwrap().in_region("us-east-1");
        for (a, b, related) in [
            (KEY, KEY.to_owned(), true),
            (KEY, elsewhere(KEY), false),
            (MRK, elsewhere(MRK), true),
            (MRK, KEY.to_owned(), false),
            (MRK, elsewhere(MRK).replace("1111", "2222"), false),
            (MRK, elsewhere(MRK).replace(":aws:", ":aws-cn:"), false),
        ] {
            let (a, b) = (Arn::of_key(a).unwrap(), Arn::of_key(&b).unwrap());
            assert_eq!(a.is_related_to(&b), related, "{a:?} {b:?}");
        }
    }
}
