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
use crate::ledger::EncodedRecord;
use strongroom_sigv4::{AuthError, Claim, Request, Rules, claim};
use strongroom_types::AccountId;

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
        if !self.ledger().note(EncodedRecord::of(&record)) {
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
