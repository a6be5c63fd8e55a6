//! What requests for temporary credentials share.

use strongroom_crypto::SecretBytes;
use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{IdentityDefect, Refusal};
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::work::IssuedSession;

/// The longest session of a root user, in seconds. Source: STS API Reference, `GetSessionToken`.
const LONGEST_OF_ROOT: i64 = 3600;
/// What a session of a user or federated user lasts unless it is said: 12 hours.
const HALF_A_DAY: i64 = 43_200;

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

/// ARNs of the managed policies that shall limit the session.
pub(super) fn policy_arns(values: &mut Values) -> Vec<String> {
    let given = values.take::<Vec<Values>>("PolicyArns").unwrap_or_default();
    given.into_iter().filter_map(|mut members| members.take("arn")).collect()
}
