//! The audit record: who did what to which key, from where, and how it ended. `trail` turns it
//! into CloudTrail's form; here it holds facts only.

mod view;

use crate::call::{Arrival, Call};
use crate::decode::{Value, Values};
use crate::reply::{Out, Reply};
use minicbor::data::Tag;
use minicbor::{Decode, Encode, Encoder};
use strongroom_attestation::Attested;
use strongroom_crypto::hash;
use strongroom_keys::codec::time;
use strongroom_keys::{KeyStoreRecord, MaterialId, StoreMembership};
use strongroom_policy::Parts;
use strongroom_types::{AccountId, KeyArn, Principal, Region, Timestamp};

/// The most bytes of one of a request's members that a record keeps; of a longer one it keeps
/// length and SHA-256, so that the caller cannot choose what is recorded of the others.
/// CloudTrail's bound is 100 KiB for all of them.
const MAX_MEMBER: usize = 40 * 1024;

/// The CBOR tag of a point in time among parameters and answers: milliseconds since 1970, which
/// are not just a number there.
pub const TIME_TAG: u64 = 28_019;

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
    #[cbor(n(4), with = "strongroom_keys::codec::text")]
    pub region: Region,
    /// The account it happened in.
    #[cbor(n(5), with = "strongroom_keys::codec::text")]
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
    /// destination's; for RotateKey the former, then the new; for DeleteExpiredKeyMaterial what
    /// was deleted.
    #[n(14)]
    pub material: Vec<String>,
    /// The statements that allowed it.
    #[n(15)]
    pub reasons: Vec<String>,
    /// Who the answer was for, if not for the caller.
    #[n(16)]
    pub recipient: Option<RecipientRecord>,
    /// The custom key store that it was about, or that the key used is in.
    #[n(17)]
    pub store: Option<StoreNote>,
    /// Identifier of the grant that was created or retired.
    #[n(18)]
    pub grant: Option<String>,
    /// Of a request that concerned another account, too: the statements that decided, each with
    /// the account whose policy or grant it is. Empty if all are the caller's account's.
    #[cbor(n(19), default)]
    pub decided: Vec<(String, String)>,
    /// Requests with the same access key since the record before that were refused for their
    /// credentials and of which there is none.
    #[n(20)]
    pub suppressed: Option<u64>,
}

impl AuditRecord {
    /// About how many bytes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        let texts = [&self.error_message, &self.error_code].into_iter().flatten();
        let lists = self.resources.iter().chain(&self.reasons).chain(texts);
        512 + self.parameters.len() + self.response.len() + lists.map(String::len).sum::<usize>()
    }

    /// A record that tells nothing yet but what happened where.
    pub(crate) fn blank(service: &str, name: &str, account: AccountId, region: Region) -> Self {
        Self {
            request: [0; 16],
            time: Timestamp::from_millis(0),
            service: service.to_owned(),
            operation: name.to_owned(),
            region,
            account,
            identity: None,
            arrival: None,
            parameters: Vec::new(),
            response: Vec::new(),
            resources: Vec::new(),
            error_code: None,
            error_message: None,
            read_only: false,
            material: Vec::new(),
            reasons: Vec::new(),
            recipient: None,
            store: None,
            grant: None,
            decided: Vec::new(),
            suppressed: None,
        }
    }
}

/// A custom key store, as far as the trail tells of it.
///
/// Source: AWS KMS Developer Guide, "Examples of AWS KMS log entries": Decrypt,
/// ConnectCustomKeyStore.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct StoreNote {
    /// Identifier, of the store that a key is in.
    #[n(0)]
    pub id: Option<String>,
    /// Identifier of the external key, if the store is an external one.
    #[n(1)]
    pub external_key: Option<String>,
    /// Name, of the store that the request is about.
    #[n(2)]
    pub name: Option<String>,
    /// The cluster, of the store that the request is about, if it is one of HSMs.
    #[n(3)]
    pub cluster: Option<String>,
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
    /// Platform configuration registers: number, and value in hexadecimal.
    #[cbor(n(2), default)]
    pub registers: Vec<(u8, String)>,
}

/// Who asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Identity {
    /// `Root`, `IAMUser`, `AssumedRole`, `FederatedUser`, `WebIdentityUser` or `AWSService`;
    /// `Unknown` for credentials that were refused, of which only the access key is known.
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
    /// The user who made it, if it is a federated user's: unique id, ARN and name; absent for one
    /// whom the root user made.
    #[n(4)]
    pub maker: Option<(String, String, String)>,
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

/// What decided a question.
enum Decided {
    /// The reason of this number.
    Reason(usize),
    /// One account's part of a reason.
    Part(String),
}

/// What is learnt about a request on its way, for its audit record.
#[derive(Default)]
pub struct Note {
    parameters: Vec<u8>,
    resources: Vec<String>,
    material: Vec<MaterialId>,
    reasons: Vec<String>,
    recipient: Option<RecipientRecord>,
    store: Option<StoreNote>,
    grant: Option<String>,
    /// Each with the account whose policy or grant it is.
    decided: Vec<(AccountId, Decided)>,
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
            registers: attested.pcrs.iter().map(|(n, value)| (*n, hash::hex(value))).collect(),
        });
    }

    /// Notes the custom key store that a key that is used is in.
    pub(crate) fn store_of_key(&mut self, member: &StoreMembership) {
        let external_key = member.cluster.is_none().then(|| member.name.clone());
        let id = Some(member.store.clone());
        self.store = Some(StoreNote { id, external_key, ..StoreNote::default() });
    }

    /// Notes the custom key store that the request is about.
    pub(crate) fn store(&mut self, store: &KeyStoreRecord) {
        let (name, cluster) = (Some(store.name.clone()), store.cluster().map(str::to_owned));
        self.store = Some(StoreNote { name, cluster, ..StoreNote::default() });
    }

    /// Notes the grant that the request creates or retires.
    pub(crate) fn grant(&mut self, id: String) {
        self.grant = Some(id);
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

    /// Notes what decided: all of it, and, if the resource is another account's, what of it is the
    /// owner's and what the caller's.
    pub(crate) fn reason(
        &mut self,
        reason: String,
        parts: impl FnOnce() -> Parts,
        owner: AccountId,
        call: &Call,
    ) {
        let caller = call.caller.account;
        if owner == caller {
            self.decided.push((caller, Decided::Reason(self.reasons.len())));
        } else {
            let parts = parts();
            self.decided.extend(parts.owner.map(|part| (owner, Decided::Part(part))));
            self.decided.extend(parts.caller.map(|part| (caller, Decided::Part(part))));
        }
        self.reasons.push(reason);
    }

    /// What decided, with the accounts that it concerned; nothing if that is the caller's alone.
    fn decided(&self, caller: AccountId) -> Vec<(String, String)> {
        let decided = &self.decided;
        if decided.iter().all(|(account, _)| *account == caller) {
            return Vec::new();
        }
        let told = |decided: &Decided| match decided {
            Decided::Reason(number) => self.reasons.get(*number).cloned().unwrap_or_default(),
            Decided::Part(part) => part.clone(),
        };
        decided.iter().map(|(account, part)| (account.to_string(), told(part))).collect()
    }
}

/// What CloudTrail calls this kind of principal.
fn kind_of(principal: &Principal) -> &'static str {
    match principal {
        Principal::Root { .. } => "Root",
        Principal::User { .. } => "IAMUser",
        Principal::RoleSession { .. } => "AssumedRole",
        Principal::FederatedUser { .. } => "FederatedUser",
        Principal::WebIdentity { .. } => "WebIdentityUser",
        Principal::Service { .. } => "AWSService",
    }
}

/// The unique id; of somebody whom an identity provider vouches for also whom the token is for.
fn unique_id(call: &Call) -> String {
    match (&call.caller.principal, call.caller.authority.web()) {
        (Principal::WebIdentity { provider, subject }, Some(web)) => {
            format!("{provider}:{}:{subject}", web.audience)
        }
        (principal, _) => principal.user_id(),
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
        maker: session.maker.clone(),
    })
}

impl From<&Arrival> for ArrivalRecord {
    fn from(origin: &Arrival) -> Self {
        Self {
            source: origin.source.to_string(),
            user_agent: origin.user_agent.clone(),
            tls: origin.tls.map(|(version, suite)| (version.to_owned(), suite.to_owned())),
            host: origin.host.clone(),
        }
    }
}

/// CloudTrail keeps at most 1 KiB of an error's message.
pub(crate) fn bounded(mut message: String) -> String {
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
        Value::Time(time) => write_time(*time, out),
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

fn write_time(
    time: Timestamp,
    out: &mut Encoder<Vec<u8>>,
) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
    out.tag(Tag::new(TIME_TAG))?.i64(time.millis()).map(drop)
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
        Out::Time(time) => write_time(*time, out),
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

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_keys::codec;

    /// A record as versions before the delivered trail wrote it: frozen, never edited.
    const BEFORE: &str = "bf005007070707070707070707070707070707011b000001a201f8fee302636b6d730367456e6372\
        797074046965752d776573742d32056c313131313232323233333333084009400a800df50e800f80\
        ff";

    #[test]
    fn a_record_of_before_opens() {
        let digits: Vec<u8> = BEFORE.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pair =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = digits.chunks(2).map(pair).collect();
        let record: AuditRecord = minicbor::decode(&bytes).unwrap();
        let region = "eu-west-2".parse().unwrap();
        let expected = AuditRecord {
            request: [7; 16],
            time: Timestamp::from_millis(1_795_329_425_123),
            read_only: true,
            ..AuditRecord::blank("kms", "Encrypt", AccountId::INITIAL, region)
        };
        assert_eq!(record, expected);
        assert_eq!(minicbor::decode::<AuditRecord>(&codec::encode(&expected)).unwrap(), expected);
    }

    #[test]
    fn points_in_time_are_told_from_numbers() {
        let reply = Reply::empty().with("At", Timestamp::from_millis(5)).with("Count", 5_i64);
        let digits = hash::hex(&encode_reply(&reply));
        assert_eq!(digits, "a2624174d96d730565436f756e7405");
    }
}
