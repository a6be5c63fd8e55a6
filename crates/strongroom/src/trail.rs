//! `strongroom trail`: looking at the audit trail.

mod events;
mod keys;
mod search;
mod shelf;
mod table;
mod tail;
mod usage;
mod verify;

use crate::cli::{BucketArguments, DataArgument, FilterArguments, TrailArguments, TrailCommand};
use crate::data::DataDir;
use crate::operator::{Request, ask_if_running};
use crate::terminal::{self, Failure};
use events::Events;
use minicbor::Decoder;
use minicbor::data::Type;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use strongroom_engine::audit::{AuditRecord, Identity};
use strongroom_engine::call::RequestId;
use strongroom_engine::trail;
use tokio::runtime::Builder;

/// Returns whether all is well: a trail that is not sound ends the process with 1.
pub(crate) fn run(arguments: &TrailArguments) -> Result<bool, Failure> {
    let done = match &arguments.command {
        TrailCommand::Verify(arguments) => return verify::run(arguments),
        TrailCommand::Search(arguments) => search::run(arguments),
        TrailCommand::Tail(arguments) => tail::run(arguments),
        TrailCommand::Usage(arguments) => usage::run(arguments),
        TrailCommand::Keys(argument) => keys::run(argument),
        TrailCommand::Flush(argument) => keys::flush(argument),
        TrailCommand::RotateKey { region, data } => keys::rotate(region.clone(), data),
        TrailCommand::Dump(argument) => dump(argument),
    };
    done.map(|()| true)
}

/// Runs a future on a runtime of its own.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    Ok(runtime.block_on(future))
}

fn dump(argument: &DataArgument) -> Result<(), Failure> {
    let mut heard = true;
    read(&argument.data, |record| {
        // Once nobody reads any more, the rest is still verified.
        heard = heard && terminal::line(line(record));
    })
}

/// The delivered events of the request or event `id`, one of each account that is told of it.
pub(crate) fn events_of(bucket: &BucketArguments, id: &str) -> Result<Vec<String>, Failure> {
    let filter = FilterArguments { request_id: Some(id.to_owned()), ..FilterArguments::default() };
    let found = block_on(async {
        let events = Events::open(bucket).await?;
        events.first_of_each(&filter).await
    })??;
    Ok(found.into_iter().map(|(_, json)| json).collect())
}

/// Has a running server deliver what waits, if one runs on the directory and that is what is read.
pub(crate) fn freshen(bucket: &BucketArguments) -> Result<bool, Failure> {
    match &bucket.directory {
        Some(_) => Ok(false),
        None => Ok(ask_if_running(&bucket.data, &Request::FlushTrail)?.is_some()),
    }
}

/// Calls `each` with every audit record of the data directory `path`.
pub(crate) fn read(path: &Path, each: impl FnMut(&AuditRecord)) -> Result<(), Failure> {
    let data = DataDir::existing(path)?;
    let root = data.root_key()?;
    let store = Arc::new(data.store()?);
    let mut log = data.log()?;
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    runtime
        .block_on(trail::read(store, &mut *log, root, each))
        .map_err(|why| Failure::new(why.to_string()))
}

/// Who asked; of temporary credentials also what is known of their session.
fn identity(who: &Identity) -> Value {
    let mut shown = json!({
        "type": who.kind, "id": who.id, "arn": who.arn, "accessKeyId": who.access_key,
    });
    let Some(members) = shown.as_object_mut() else { return shown };
    if let Some(name) = &who.user_name {
        members.insert("userName".to_owned(), json!(name));
    }
    if let Some(session) = &who.session {
        let role = session
            .role
            .as_ref()
            .map(|(id, arn, name)| json!({ "principalId": id, "arn": arn, "userName": name }));
        let context = json!({
            "creationDate": session.issued.civil().to_string(),
            "sessionIssuer": role,
            "sourceIdentity": session.source_identity,
            "federatedProvider": session.provider,
        });
        members.insert("sessionContext".to_owned(), context);
    }
    shown
}

/// A record as one line of JSON.
pub(crate) fn line(record: &AuditRecord) -> Value {
    json!({
        "requestId": RequestId(record.request).to_string(),
        "time": record.time.civil().to_string(),
        "service": record.service,
        "operation": record.operation,
        "region": record.region.as_str(),
        "account": record.account.to_string(),
        "identity": record.identity.as_ref().map(identity),
        "source": record.arrival.as_ref().map(|from| json!({
            "address": from.source, "userAgent": from.user_agent, "host": from.host, "tls": from.tls,
        })),
        "parameters": tree(&record.parameters),
        "response": tree(&record.response),
        "resources": record.resources,
        "errorCode": record.error_code,
        "errorMessage": record.error_message,
        "readOnly": record.read_only,
        "keyMaterialIds": record.material,
        "grantId": record.grant,
        "suppressedRequests": record.suppressed,
        "reasons": record.reasons,
    })
}

fn tree(cbor: &[u8]) -> Value {
    if cbor.is_empty() {
        return Value::Null;
    }
    value(&mut Decoder::new(cbor)).unwrap_or(Value::Null)
}

/// The records' own CBOR: authentic, and no deeper than requests are.
fn value(d: &mut Decoder<'_>) -> Result<Value, minicbor::decode::Error> {
    Ok(match d.datatype()? {
        Type::Bool => d.bool()?.into(),
        Type::String => d.str()?.into(),
        Type::Tag => {
            // A point in time, in milliseconds.
            d.tag()?;
            d.i64()?.into()
        }
        Type::Null => d.null().map(|()| Value::Null)?,
        Type::Array | Type::ArrayIndef => {
            let length = d.array()?.unwrap_or(0);
            Value::Array((0..length).map(|_| value(d)).collect::<Result<_, _>>()?)
        }
        Type::Map | Type::MapIndef => {
            let mut members = Map::new();
            let length = d.map()?;
            let mut read = 0;
            while length.map_or_else(|| d.datatype().is_ok_and(|t| t != Type::Break), |n| read < n)
            {
                members.insert(d.str()?.to_owned(), value(d)?);
                read += 1;
            }
            if length.is_none() {
                d.skip()?;
            }
            Value::Object(members)
        }
        _ => d.i64()?.into(),
    })
}
