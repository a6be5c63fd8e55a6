//! The audit record: who did what to which key, from where, and how it ended. `trail` turns it
//! into CloudTrail's form; here it holds facts only.

use crate::call::Call;
use crate::decode::{Value, Values};
use crate::demands::{Demands, Shown};
use crate::refusal::Refusal;
use crate::reply::{Out, Reply};
use minicbor::{Decode, Encode, Encoder};
use strongroom_attestation::Attested;
use strongroom_crypto::hash;
use strongroom_keys::MaterialId;
use strongroom_keys::codec::{text, time};
use strongroom_types::{AccountId, KeyArn, KeyId, Principal, Region, Timestamp};

/// The most bytes of one of a request's members that a record keeps; of a longer one it keeps
/// length and SHA-256, so that the caller cannot choose what is recorded of the others.
/// CloudTrail's bound is 100 KiB for all of them.
const MAX_MEMBER: usize = 40 * 1024;

/// One request, or one thing the service did by itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuditRecord {
    /// Identifier of the request; 16 bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub request: [u8; 16],
    /// When.
    #[cbor(n(1), with = "time")]
    pub time: Timestamp,
    /// The service: `kms`, `sts`.
    #[n(2)]
    pub service: String,
    /// The operation, or the event of the service.
    #[n(3)]
    pub operation: String,
    /// The Region.
    #[cbor(n(4), with = "text")]
    pub region: Region,
    /// The account it happened in.
    #[cbor(n(5), with = "text")]
    pub account: AccountId,
    /// Who asked; absent for what the service did by itself.
    #[n(6)]
    pub identity: Option<Identity>,
    /// How the request arrived.
    #[n(7)]
    pub arrival: Option<ArrivalRecord>,
    /// The request's members that may be shown, as a CBOR map.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub parameters: Vec<u8>,
    /// The answer's members that may be shown, as a CBOR map; empty for none.
    #[cbor(n(9), with = "minicbor::bytes")]
    pub response: Vec<u8>,
    /// ARNs of the keys and aliases it was about.
    #[n(10)]
    pub resources: Vec<String>,
    /// Error code, if it was refused.
    #[n(11)]
    pub error_code: Option<String>,
    /// Error message, if it was refused with one.
    #[n(12)]
    pub error_message: Option<String>,
    /// Whether it could change anything stored.
    #[n(13)]
    pub read_only: bool,
    /// Key material used, as 64 hexadecimal digits each: for ReEncrypt the source's, then the
    /// destination's.
    #[n(14)]
    pub material: Vec<String>,
    /// The statements that allowed it.
    #[n(15)]
    pub reasons: Vec<String>,
    /// Who the answer was for, if not for the caller.
    #[n(16)]
    pub recipient: Option<RecipientRecord>,
}

impl AuditRecord {
    /// The identifier of the event: a UUID that follows from the request's, so that whatever tells
    /// of the request names the same event.
    #[must_use]
    pub fn event_id(request: [u8; 16]) -> String {
        let digest = hash::sha256(&[b"strongroom event id v1 ".as_slice(), &request].concat());
        let bytes = digest.first_chunk().copied().unwrap_or_default();
        KeyId::from_random(bytes).to_string()
    }
}

/// An attested recipient.
///
/// Source: AWS KMS Developer Guide, "Monitoring requests for AWS Nitro System": these are what
/// CloudTrail shows.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecipientRecord {
    /// The module that issued the attestation document.
    #[n(0)]
    pub module: String,
    /// Digest of the enclave's image, in hexadecimal; absent for NitroTPM.
    #[n(1)]
    pub image: Option<String>,
}

/// Who asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Identity {
    /// `Root`, `IAMUser`, `AssumedRole`, `FederatedUser`, `WebIdentityUser` or `AWSService`.
    #[n(0)]
    pub kind: String,
    /// Unique id.
    #[n(1)]
    pub id: String,
    /// ARN.
    #[n(2)]
    pub arn: String,
    /// The access key that signed; empty for those whom an identity provider vouches for.
    #[n(3)]
    pub access_key: String,
    /// Name of the user.
    #[n(4)]
    pub user_name: Option<String>,
    /// Of temporary credentials.
    #[n(5)]
    pub session: Option<SessionContext>,
}

/// What CloudTrail tells of a session.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SessionContext {
    /// When its credentials were issued.
    #[cbor(n(0), with = "time")]
    pub issued: Timestamp,
    /// The role, if it is one's: unique id, ARN and name.
    #[n(1)]
    pub role: Option<(String, String, String)>,
    /// Who is behind it.
    #[n(2)]
    pub source_identity: Option<String>,
    /// The identity provider that vouched for it.
    #[n(3)]
    pub provider: Option<String>,
}

/// How a request arrived.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ArrivalRecord {
    /// Address of the peer.
    #[n(0)]
    pub source: String,
    /// `User-Agent`.
    #[n(1)]
    pub user_agent: String,
    /// TLS version and cipher suite.
    #[n(2)]
    pub tls: Option<(String, String)>,
    /// The `Host` header.
    #[n(3)]
    pub host: String,
}

/// What is learnt about a request on its way, for its audit record.
#[derive(Default)]
pub struct Note {
    parameters: Vec<u8>,
    resources: Vec<String>,
    material: Vec<MaterialId>,
    reasons: Vec<String>,
    recipient: Option<RecipientRecord>,
    used: Vec<KeyArn>,
}

impl Note {
    /// Notes the keys whose material is used.
    pub(crate) fn used(&mut self, keys: Vec<KeyArn>) {
        self.used = keys;
    }

    /// The keys whose material was used, to be told when that is recorded.
    pub(crate) fn take_used(&mut self) -> Vec<KeyArn> {
        std::mem::take(&mut self.used)
    }

    /// Notes who the answer is for.
    pub(crate) fn recipient(&mut self, attested: Option<&Attested>) {
        self.recipient = attested.map(|attested| RecipientRecord {
            module: attested.module_id.clone(),
            image: attested.image_sha384(),
        });
    }

    /// Notes the request's members that may be shown.
    pub(crate) fn parameters(&mut self, values: &Values) {
        self.parameters = encode_values(values);
    }

    /// Notes a key or alias that the request is about.
    pub(crate) fn resource(&mut self, arn: String) {
        if !self.resources.contains(&arn) {
            self.resources.push(arn);
        }
    }

    /// Notes the key material that was used.
    pub(crate) fn material(&mut self, id: MaterialId) {
        self.material.push(id);
    }

    /// Notes the statement that allowed the request.
    pub(crate) fn reason(&mut self, reason: String) {
        self.reasons.push(reason);
    }

    /// The audit record of `call`, which ended with `outcome`.
    pub(crate) fn finish(
        self,
        demands: &Demands,
        call: &Call,
        outcome: Result<&Reply, &Refusal>,
    ) -> AuditRecord {
        let response = match (outcome, demands.shown) {
            (Ok(reply), Shown::Everything) => encode_reply(reply),
            _ => Vec::new(),
        };
        let refusal = outcome.err();
        AuditRecord {
            request: call.id.0,
            time: call.time,
            service: demands.service.to_owned(),
            operation: demands.name.to_owned(),
            region: call.caller.region,
            account: call.caller.account,
            identity: Some(identity(call)),
            arrival: Some(arrival(call)),
            parameters: self.parameters,
            response,
            resources: self.resources,
            error_code: refusal.map(|r| r.code().name().to_owned()),
            error_message: refusal.and_then(Refusal::message).map(bounded),
            read_only: demands.effect.is_read_only(),
            material: self.material.iter().map(MaterialId::to_string).collect(),
            reasons: self.reasons,
            recipient: self.recipient,
        }
    }
}

fn identity(call: &Call) -> Identity {
    let principal = &call.caller.principal;
    let kind = match principal {
        Principal::Root { .. } => "Root",
        Principal::User { .. } => "IAMUser",
        Principal::RoleSession { .. } => "AssumedRole",
        Principal::FederatedUser { .. } => "FederatedUser",
        Principal::WebIdentity { .. } => "WebIdentityUser",
        Principal::Service { .. } => "AWSService",
    };
    let user_name = match principal {
        Principal::User { name, .. } => Some(name.clone()),
        Principal::WebIdentity { subject, .. } => Some(subject.clone()),
        _ => None,
    };
    Identity {
        user_name,
        session: session(call),
        kind: kind.to_owned(),
        id: principal.user_id(),
        arn: principal.arn(call.caller.partition).to_string(),
        access_key: call.caller.access_key.clone(),
    }
}

fn session(call: &Call) -> Option<SessionContext> {
    let session = call.caller.authority.session()?;
    let partition = call.caller.partition;
    let role = match &call.caller.principal {
        Principal::RoleSession { account, role_path, role, role_id, .. } => {
            let arn = format!("arn:{partition}:iam::{account}:role{role_path}{role}");
            Some((role_id.clone(), arn, role.clone()))
        }
        _ => None,
    };
    Some(SessionContext {
        issued: session.issued,
        role,
        source_identity: session.source_identity.clone(),
        provider: session.provider.clone(),
    })
}

fn arrival(call: &Call) -> ArrivalRecord {
    ArrivalRecord {
        source: call.origin.source.to_string(),
        user_agent: call.origin.user_agent.clone(),
        tls: call.origin.tls.map(|(version, suite)| (version.to_owned(), suite.to_owned())),
        host: call.origin.host.clone(),
    }
}

/// CloudTrail keeps at most 1 KiB of an error's message.
fn bounded(mut message: String) -> String {
    let mut end = message.len().min(1024);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message.truncate(end);
    message
}

// The writers below go to a `Vec`, which cannot fail; results are dropped for that reason.

fn encode_values(values: &Values) -> Vec<u8> {
    let mut out = Encoder::new(Vec::with_capacity(128));
    write_values(values, &mut out);
    out.into_writer()
}

fn write_values(values: &Values, out: &mut Encoder<Vec<u8>>) {
    let _ = out.begin_map();
    for (field, value) in values.shown() {
        let _ = out.str(field.name);
        let start = out.writer().len();
        write_value(value, out);
        shorten(start, out);
    }
    let _ = out.end();
}

/// Replaces what was written from `start` on, if it is too long, by its length and hash.
fn shorten(start: usize, out: &mut Encoder<Vec<u8>>) {
    let written = out.writer().get(start..).unwrap_or_default();
    if written.len() <= MAX_MEMBER {
        return;
    }
    let (length, hash) = (written.len(), strongroom_crypto::hash::sha256(written));
    out.writer_mut().truncate(start);
    let _ = out.map(2).and_then(|out| out.str("omittedBytes")?.u64(length as u64)?.str("sha256"));
    let _ = out.str(&strongroom_crypto::hash::hex(&hash));
}

fn write_value(value: &Value, out: &mut Encoder<Vec<u8>>) {
    let _ = match value {
        Value::Text(text) => out.str(text).map(drop),
        // INVARIANT: bytes from outside are never shown, whatever the shape says.
        Value::Blob(_) => out.null().map(drop),
        Value::Integer(number) => out.i64(*number).map(drop),
        Value::Boolean(truth) => out.bool(*truth).map(drop),
        Value::Time(time) => out.i64(time.millis()).map(drop),
        Value::List(members) => {
            let _ = out.array(members.len() as u64);
            members.iter().for_each(|member| write_value(member, out));
            Ok(())
        }
        Value::Map(pairs) => out.encode(pairs).map(drop),
        Value::Structure(members) => {
            write_values(members, out);
            Ok(())
        }
    };
}

fn encode_reply(reply: &Reply) -> Vec<u8> {
    let mut out = Encoder::new(Vec::with_capacity(256));
    write_reply(reply, &mut out);
    out.into_writer()
}

fn write_reply(reply: &Reply, out: &mut Encoder<Vec<u8>>) {
    let _ = out.map(reply.members().len() as u64);
    for (name, value) in reply.members() {
        let _ = out.str(name);
        write_out(value, out);
    }
}

fn write_out(value: &Out, out: &mut Encoder<Vec<u8>>) {
    let _ = match value {
        Out::Text(text) => out.str(text).map(drop),
        // INVARIANT: bytes are never shown, secret or not.
        Out::Blob(_) | Out::Secret(_) | Out::SecretText(_) => out.null().map(drop),
        Out::Integer(number) => out.i64(*number).map(drop),
        Out::Boolean(truth) => out.bool(*truth).map(drop),
        Out::Time(time) => out.i64(time.millis()).map(drop),
        Out::List(members) => {
            let _ = out.array(members.len() as u64);
            members.iter().for_each(|member| write_out(member, out));
            Ok(())
        }
        Out::Map(pairs) => out.encode(pairs).map(drop),
        Out::Structure(members) => {
            write_reply(members, out);
            Ok(())
        }
    };
}
