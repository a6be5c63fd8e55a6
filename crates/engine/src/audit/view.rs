//! The audit record of one request, borrowed from what is known of it: it is written on the way to every
//! reply, so it is not put together first.

use super::{
    Note, RecipientRecord, SessionContext, StoreNote, bounded, encode_reply, kind_of, session,
    unique_id,
};
use crate::call::Call;
use crate::demands::{Demands, Shown};
use crate::refusal::Refusal;
use crate::reply::Reply;
use minicbor::encode::{Error, Write};
use minicbor::{Encode, Encoder};
use std::borrow::Cow;
use strongroom_keys::MaterialId;
use strongroom_keys::codec::{text as name, time};
use strongroom_types::text::{StackText, text};
use strongroom_types::{AccountId, Principal, Region, Timestamp};

/// What [`super::AuditRecord`] is encoded as, member for member.
#[derive(Encode)]
#[cbor(map)]
pub(crate) struct AuditView<'a> {
    #[cbor(n(0), with = "minicbor::bytes")]
    request: &'a [u8; 16],
    #[cbor(n(1), with = "time")]
    time: Timestamp,
    #[n(2)]
    service: &'a str,
    #[n(3)]
    operation: &'a str,
    #[cbor(n(4), with = "name")]
    region: Region,
    #[cbor(n(5), with = "name")]
    account: AccountId,
    #[n(6)]
    identity: Option<IdentityView<'a>>,
    #[n(7)]
    arrival: Option<ArrivalView<'a>>,
    #[cbor(n(8), with = "minicbor::bytes")]
    parameters: &'a [u8],
    #[cbor(n(9), with = "minicbor::bytes")]
    response: Vec<u8>,
    #[n(10)]
    resources: &'a [String],
    #[n(11)]
    error_code: Option<&'static str>,
    #[n(12)]
    error_message: Option<String>,
    #[n(13)]
    read_only: bool,
    #[cbor(n(14), encode_with = "materials")]
    material: &'a [MaterialId],
    #[n(15)]
    reasons: &'a [String],
    #[n(16)]
    recipient: Option<&'a RecipientRecord>,
    #[n(17)]
    store: Option<&'a StoreNote>,
    #[n(18)]
    grant: Option<&'a str>,
    #[n(19)]
    decided: Vec<(String, String)>,
    #[n(20)]
    pub(crate) suppressed: Option<u64>,
}

/// What [`super::Identity`] is encoded as.
#[derive(Encode)]
#[cbor(map)]
struct IdentityView<'a> {
    #[n(0)]
    kind: &'static str,
    #[n(1)]
    id: Cow<'a, str>,
    #[n(2)]
    arn: String,
    #[n(3)]
    access_key: &'a str,
    #[n(4)]
    user_name: Option<&'a str>,
    #[n(5)]
    session: Option<SessionContext>,
}

/// What [`super::ArrivalRecord`] is encoded as.
#[derive(Encode)]
#[cbor(map)]
struct ArrivalView<'a> {
    #[cbor(n(0), with = "name")]
    source: std::net::IpAddr,
    #[n(1)]
    user_agent: &'a str,
    #[n(2)]
    tls: Option<(&'static str, &'static str)>,
    #[n(3)]
    host: &'a str,
}

impl Note {
    /// The audit record of `call`, which ended with `outcome`.
    pub(crate) fn view<'a>(
        &'a self,
        demands: &'a Demands,
        call: &'a Call,
        outcome: Result<&Reply, &Refusal>,
    ) -> AuditView<'a> {
        let response = match (outcome, demands.shown) {
            (Ok(reply), Shown::Everything) => encode_reply(reply),
            _ => Vec::new(),
        };
        let refusal = outcome.err();
        let origin = &call.origin;
        AuditView {
            request: &call.id.0,
            time: call.time,
            service: demands.service,
            operation: demands.name,
            region: call.caller.region,
            account: call.caller.account,
            identity: Some(identity(call)),
            arrival: Some(ArrivalView {
                source: origin.source,
                user_agent: &origin.user_agent,
                tls: origin.tls,
                host: &origin.host,
            }),
            parameters: &self.parameters,
            response,
            resources: &self.resources,
            error_code: refusal.map(|refusal| refusal.code().name()),
            error_message: refusal.and_then(Refusal::message).map(bounded),
            read_only: demands.effect.is_read_only(),
            material: &self.material,
            reasons: &self.reasons,
            recipient: self.recipient.as_ref(),
            store: self.store.as_ref(),
            grant: self.grant.as_deref(),
            decided: self.decided(call.caller.account),
            suppressed: None,
        }
    }
}

fn identity(call: &Call) -> IdentityView<'_> {
    let principal = &call.caller.principal;
    let user_name = match principal {
        Principal::User { name, .. } => Some(name.as_str()),
        Principal::WebIdentity { subject, .. } => Some(subject.as_str()),
        _ => None,
    };
    IdentityView {
        kind: kind_of(principal),
        id: match principal {
            Principal::User { id, .. } => Cow::Borrowed(id),
            _ => Cow::Owned(unique_id(call)),
        },
        arn: text(&principal.arn(call.caller.partition)),
        access_key: &call.caller.access_key,
        user_name,
        session: session(call),
    }
}

/// Each as its 64 digits.
fn materials<C, W: Write>(
    ids: &&[MaterialId],
    e: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), Error<W::Error>> {
    e.array(u64::try_from(ids.len()).unwrap_or(u64::MAX))?;
    for id in *ids {
        let digits = StackText::<64>::of(id);
        e.str(digits.as_ref().map_or("", StackText::as_str))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditRecord;
    use crate::call::{Arrival, Caller, RequestId};
    use crate::demands::{Access, Effect, StateClass};
    use crate::identity::Authority;
    use crate::quotas::Counted;
    use std::sync::Arc;
    use strongroom_keys::codec;
    use strongroom_types::Action;

    fn call(principal: Principal) -> Call {
        Call {
            caller: Caller {
                account: principal.account().unwrap_or(AccountId::INITIAL),
                principal,
                access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
                region: "eu-west-2".parse().unwrap(),
                partition: "aws",
                authority: Arc::new(Authority::default()),
            },
            time: Timestamp::from_millis(1_795_329_425_123),
            id: RequestId([7; 16]),
            stages: None,
            origin: Arrival {
                source: "2001:db8::1".parse().unwrap(),
                user_agent: "aws-cli/2".to_owned(),
                tls: Some(("TLSv1.3", "TLS_AES_256_GCM_SHA384")),
                host: "localhost:4599".to_owned(),
            },
        }
    }

    /// What is written reads as a record, and the record is written as that.
    fn check(record: &AuditView<'_>) -> AuditRecord {
        let written = codec::encode(record);
        let read: AuditRecord = minicbor::decode(&written).unwrap();
        assert_eq!(codec::encode(&read), written);
        read
    }

    #[test]
    fn a_view_is_written_as_its_record_is() {
        let (account, other) = (AccountId::INITIAL, AccountId::from_number(5).unwrap());
        let name = || "alice".to_owned();
        let user =
            Principal::User { account, path: "/".to_owned(), name: name(), id: "AIDA1".to_owned() };
        let session = Principal::RoleSession {
            account,
            role_path: "/".to_owned(),
            role: "r".to_owned(),
            role_id: "AROA1".to_owned(),
            session: name(),
        };
        let demands = Demands {
            name: "Encrypt",
            service: "kms",
            access: Access::Key(Action::new("kms:Encrypt")),
            effect: Effect::Use,
            origins: &[],
            usage: None,
            states: StateClass::Any,
            cross_account: false,
            by_alias: true,
            counted: Counted::ByKey,
            fields: &[],
            errors: &[],
            shown: Shown::Nothing,
        };
        for principal in [Principal::Root { account }, user, session] {
            let call = call(principal);
            let mut note = Note::default();
            let view = note.view(&demands, &call, Ok(&Reply::empty()));
            let record = check(&view);
            assert_eq!((record.material.len(), record.decided.len()), (0, 0));
            drop(view);
            note.resource("arn".to_owned());
            note.material(MaterialId::new([0xab; 32]));
            note.reason("a".to_owned(), || unreachable!(), account, &call);
            note.reason(
                "b".to_owned(),
                || crate::audit::Parts { owner: Some("c".to_owned()), caller: None },
                other,
                &call,
            );
            note.grant("g".to_owned());
            let refusal = Refusal::Internal;
            let record = check(&note.view(&demands, &call, Err(&refusal)));
            assert_eq!(record.material, ["ab".repeat(32)]);
            assert_eq!(record.reasons, ["a", "b"]);
            let decided =
                [(account.to_string(), "a".to_owned()), (other.to_string(), "c".to_owned())];
            assert_eq!(record.decided, decided);
            assert_eq!(record.arrival.unwrap().source, "2001:db8::1");
        }
    }
}
