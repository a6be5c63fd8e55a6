//! What the trail tells of requests whose credentials were refused, if it is known whose access key
//! they named: somebody tries it.
//!
//! Nobody waits for these records and nothing depends on them, so they tell nobody by the time of
//! an answer whether an access key exists. There is a bound to them, since an access key's id is no
//! secret.

use crate::audit::{ArrivalRecord, AuditRecord, Identity, bounded};
use crate::call::{Arrival, RequestId};
use crate::demands::Demands;
use crate::engine::Engine;
use crate::identity::session;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use strongroom_sigv4::{AuthError, Claim, Request, Rules, claim};
use strongroom_types::{AccountId, Timestamp};

/// The most records of one access key in a minute. Our choice.
const MOST_IN_A_MINUTE: u64 = 60;
/// The most access keys that are counted in a minute; of others there is no record.
const MOST_KEYS: usize = 10_000;

/// How many records there were of each access key.
#[derive(Default)]
pub(crate) struct Unverified(Mutex<HashMap<String, Count>>);

#[derive(Default)]
struct Count {
    minute: i64,
    recorded: u64,
    suppressed: u64,
}

impl Unverified {
    /// Whether there may be one more record of `access_key`: if so, how many there were not since
    /// the one before.
    fn admit(&self, access_key: &str, now: Timestamp) -> Option<u64> {
        let minute = now.millis().div_euclid(Timestamp::MINUTE);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !counts.contains_key(access_key) && counts.len() >= MOST_KEYS {
            counts.retain(|_, count| count.minute == minute);
            if counts.len() >= MOST_KEYS {
                return None;
            }
        }
        let count = counts.entry(access_key.to_owned()).or_default();
        if count.minute != minute {
            count.minute = minute;
            count.recorded = 0;
        }
        if count.recorded >= MOST_IN_A_MINUTE {
            count.suppressed = count.suppressed.saturating_add(1);
            return None;
        }
        count.recorded += 1;
        Some(std::mem::take(&mut count.suppressed))
    }
}

impl Engine {
    /// Records that `request`, for the operation that `demands` is the row of, was refused because
    /// of `why`, in the account of the access key that it names. Of keys that are unknown there is
    /// no record. `code` is the error code that is answered.
    pub async fn record_unverified(
        &self,
        request: &Request<'_>,
        demands: &Demands,
        (why, code): (&AuthError, &str),
        id: RequestId,
        origin: &Arrival,
    ) {
        let rules = Rules::new(demands.service);
        let Ok(claim) = claim(request, rules, self.wall()) else { return };
        let Some(account) = self.account_of(&claim).await else { return };
        let time = self.now();
        // Not in the Region that the request names: nobody vouches for that, and each new one would
        // have log files, digests and a key to sign them from then on.
        let Some(region) = self.settings().region() else { return };
        let Some(missed) = self.unverified().admit(claim.access_key_id(), time) else { return };
        let identity = Identity {
            kind: "Unknown".to_owned(),
            id: String::new(),
            arn: String::new(),
            access_key: claim.access_key_id().to_owned(),
            user_name: None,
            session: None,
        };
        let record = AuditRecord {
            request: id.0,
            time,
            identity: Some(identity),
            arrival: Some(ArrivalRecord::from(origin)),
            error_code: Some(code.to_owned()),
            error_message: Some(why.message()).filter(|text| !text.is_empty()).map(bounded),
            read_only: demands.effect.is_read_only(),
            suppressed: (missed > 0).then_some(missed),
            ..AuditRecord::blank(demands.service, demands.name, account, region)
        };
        if !self.ledger().note(&record) {
            self.report(Some(id), "a request with refused credentials could not be recorded");
        }
    }

    /// The account that the access key is of, whatever has become of the key: a long-term one by
    /// its record, a temporary one by its token, which nobody but this server can make.
    async fn account_of(&self, claim: &Claim<'_>) -> Option<AccountId> {
        let access_key = claim.access_key_id();
        let Some(token) = claim.session_token() else {
            let found = self.vault().credential(access_key).await.ok()?;
            return found.map(|found| found.record.account);
        };
        let session = session::open(self.vault(), token).await.ok()??;
        (session.record.access_key == access_key).then_some(session.record.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_key_has_so_many_records_in_a_minute() {
        let (counts, minute) = (Unverified::default(), Timestamp::MINUTE);
        let at = |millis| Timestamp::from_millis(millis);
        for _ in 0..60 {
            assert_eq!(counts.admit("AKIA1", at(1)), Some(0));
        }
        for _ in 0..7 {
            assert_eq!(counts.admit("AKIA1", at(minute - 1)), None);
        }
        assert_eq!(counts.admit("AKIA2", at(2)), Some(0));
        assert_eq!(counts.admit("AKIA1", at(minute)), Some(7));
        assert_eq!(counts.admit("AKIA1", at(minute)), Some(0));
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let counts = Unverified::default();
        for n in 0..MOST_KEYS {
            assert!(counts.admit(&n.to_string(), Timestamp::from_millis(1)).is_some());
        }
        assert_eq!(counts.admit("one more", Timestamp::from_millis(2)), None);
        let later = Timestamp::from_millis(Timestamp::MINUTE);
        assert_eq!(counts.admit("one more", later), Some(0));
    }
}
