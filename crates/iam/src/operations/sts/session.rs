//! What requests for temporary credentials share.

use strongroom_crypto::SecretBytes;
use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{IdentityDefect, Invalid, Refusal};
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::work::IssuedSession;

/// The longest session of a root user, in seconds. Source: STS API Reference, `GetSessionToken`.
const LONGEST_OF_ROOT: i64 = 3600;
/// What a session of a user or federated user lasts unless it is said: 12 hours.
const HALF_A_DAY: i64 = 43_200;

/// The most managed policies that limit a session. Source: STS API Reference, `AssumeRole`.
const MOST_POLICIES: usize = 10;
/// The most characters of all policies that limit a session: the document and the ARNs. Source: the
/// same.
const POLICY_CHARACTERS: usize = 2048;

/// Credentials as answers show them.
pub(super) fn credentials(issued: IssuedSession) -> Reply {
    Reply::empty()
        .with("AccessKeyId", issued.access_key)
        .with("SecretAccessKey", Out::SecretText(issued.secret))
        .with("SessionToken", Out::SecretText(SecretBytes::new(issued.token.into_bytes())))
        .with("Expiration", issued.expires)
}

/// How long a session of the caller's own lasts: one of a root user no longer than an hour.
pub(super) fn duration(asked: Option<i64>, caller: &str) -> i64 {
    let asked = asked.unwrap_or(HALF_A_DAY);
    if caller.ends_with(":root") { asked.min(LONGEST_OF_ROOT) } else { asked }
}

/// Refuses an MFA device: there are none.
pub(super) fn refuse_mfa(values: &Values) -> Result<(), Refusal> {
    if values.has("SerialNumber") || values.has("TokenCode") {
        return Err(Refusal::Identity(IdentityDefect::Mfa));
    }
    Ok(())
}

/// The least length of a token.
pub(super) fn token_size(values: &mut Values) -> usize {
    let size = values.take::<i64>("MinimumSessionTokenSize").unwrap_or(0);
    usize::try_from(size).unwrap_or(0)
}

/// The policies that shall limit the session: a document, and ARNs of managed ones. None of them is
/// left out: a session that its request meant to limit must not be without.
///
/// # Errors
/// [`Refusal::Validation`] for a descriptor without ARN and for more than [`MOST_POLICIES`],
/// [`IdentityDefect::SessionPolicySize`] for more than [`POLICY_CHARACTERS`].
pub(super) fn limits(values: &mut Values) -> Result<(Option<String>, Vec<String>), Refusal> {
    let policy = values.take::<String>("Policy");
    let given = values.take::<Vec<Values>>("PolicyArns").unwrap_or_default();
    if given.len() > MOST_POLICIES {
        return Err(invalid(format!(
            "Value at 'policyArns' failed to satisfy constraint: Member must have length less \
             than or equal to {MOST_POLICIES}"
        )));
    }
    let mut arns = Vec::with_capacity(given.len());
    for (at, mut members) in given.into_iter().enumerate() {
        let arn = members.take::<String>("arn").ok_or_else(|| {
            invalid(format!(
                "Value null at 'policyArns.{}.member.arn' failed to satisfy constraint: Member \
                 must not be null",
                at + 1
            ))
        })?;
        arns.push(arn);
    }
    let characters: usize = policy.iter().chain(&arns).map(|text| text.chars().count()).sum();
    if characters > POLICY_CHARACTERS {
        return Err(Refusal::Identity(IdentityDefect::SessionPolicySize));
    }
    Ok((policy, arns))
}

fn invalid(constraint: String) -> Refusal {
    Refusal::Validation(Invalid::Constraints(vec![constraint]))
}
