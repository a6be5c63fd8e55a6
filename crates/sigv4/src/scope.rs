//! The credential: `access key id/date/region/service/aws4_request`.

use crate::error::{ScopeFaults, excerpt};
use crate::rules::Rules;
use crate::{AuthError, TERMINATOR};
use std::borrow::Cow;
use strongroom_types::Region;

/// Longest access key id (IAM's `accessKeyIdType`: `[\w]+`, 16 to 128 characters).
const MAX_ACCESS_KEY_ID: usize = 128;

/// A credential whose scope is right: the date is that of the signing time, the Region has the
/// form of one, service and terminator are the expected ones.
pub(crate) struct Credential<'a> {
    text: Cow<'a, str>,
    access_key_id_len: usize,
    region: Region,
}

impl<'a> Credential<'a> {
    /// Takes `credential` apart and judges it. `time` is the signing time as the client wrote it,
    /// known to be well formed. The least bound of a key id (16) is left to the look-up.
    pub(crate) fn parse(
        credential: Cow<'a, str>,
        time: &str,
        rules: &Rules,
    ) -> Result<Self, AuthError> {
        let mut elements = [""; 5];
        let mut count = 0;
        for element in credential.split('/') {
            match elements.get_mut(count) {
                Some(slot) => *slot = element,
                None => return Err(AuthError::Credential { given: excerpt(&credential) }),
            }
            count += 1;
        }
        if count != elements.len() {
            return Err(AuthError::Credential { given: excerpt(&credential) });
        }
        let [key, date, region, service, terminator] = elements;
        let region = region.parse::<Region>();
        let faults = ScopeFaults {
            region: region.is_err(),
            service: (service != rules.service).then_some(rules.service),
            terminator: (terminator != TERMINATOR).then(|| excerpt(terminator)),
            date: (time.get(..8) != Some(date)).then(|| (excerpt(date), time.to_owned())),
        };
        match region {
            Ok(region) if faults == ScopeFaults::default() => {
                let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                if key.is_empty() || key.len() > MAX_ACCESS_KEY_ID || !key.bytes().all(word) {
                    return Err(AuthError::UnknownKey);
                }
                let access_key_id_len = key.len();
                Ok(Self { text: credential, access_key_id_len, region })
            }
            _ => Err(AuthError::Scope(Box::new(faults))),
        }
    }

    pub(crate) fn access_key_id(&self) -> &str {
        self.text.get(..self.access_key_id_len).unwrap_or_default()
    }

    /// The date, `YYYYMMDD`.
    pub(crate) fn date(&self) -> &str {
        self.scope().get(..8).unwrap_or_default()
    }

    pub(crate) fn region(&self) -> Region {
        self.region
    }

    /// `date/region/service/aws4_request`.
    pub(crate) fn scope(&self) -> &str {
        self.text.get(self.access_key_id_len + 1..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "20130609T095204Z";

    fn parse(credential: &str) -> Result<Credential<'_>, AuthError> {
        Credential::parse(Cow::Borrowed(credential), TIME, &Rules::new("kms"))
    }

    fn text(credential: &str) -> String {
        parse(credential).err().unwrap().to_string()
    }

    #[test]
    fn a_good_credential_is_taken_apart() {
        let good = parse("AKIDEXAMPLE/20130609/eu-west-2/kms/aws4_request").ok().unwrap();
        assert_eq!(good.access_key_id(), "AKIDEXAMPLE");
        assert_eq!(good.date(), "20130609");
        assert_eq!(good.region().as_str(), "eu-west-2");
        assert_eq!(good.scope(), "20130609/eu-west-2/kms/aws4_request");
    }

    #[test]
    fn all_faults_are_named_at_once() {
        assert_eq!(
            text("a/b/c/d/e"),
            "Credential should be scoped to a valid region. \
             Credential should be scoped to correct service: 'kms'. \
             Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. \
             Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             'b' != '20130609', from '20130609T095204Z'."
        );
        for (credential, expected) in [
            (
                "a/20130609/us-east/kms/aws4_request",
                "Credential should be scoped to a valid region. ",
            ),
            (
                "a/20130609/us-east-1/iam/aws4_request",
                "Credential should be scoped to correct service: 'kms'. ",
            ),
            (
                "a/20130609/us-east-1/kms/aws5_request",
                "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. ",
            ),
            (
                "a/20130608/us-east-1/kms/aws4_request",
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20130608' != '20130609', from '20130609T095204Z'.",
            ),
        ] {
            assert_eq!(text(credential), expected);
        }
    }

    #[test]
    fn five_elements_are_needed() {
        for credential in
            ["", "a", "a/b/c/d", "a/b/c/d/e/f", "a/20130609/us-east-1/kms/aws4_request/"]
        {
            assert_eq!(
                text(credential),
                format!(
                    "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
                )
            );
        }
    }

    #[test]
    fn what_cannot_be_a_key_id_is_an_unknown_key() {
        for key in ["", "AK ID", "AKID\n", "ключ", &"A".repeat(129)] {
            let credential = format!("{key}/20130609/us-east-1/kms/aws4_request");
            assert_eq!(parse(&credential).err(), Some(AuthError::UnknownKey), "{key}");
        }
    }
}
