//! The payload of an attestation document and the rules of its syntax.
//!
//! Source: "Nitro Enclaves Attestation Process", §3.2.2. A document of NitroTPM has
//! `nitrotpm_pcrs` in the place of `pcrs`. Members that a document does not have are null in what
//! real hypervisors sign, so null means absent where absence is allowed.

use crate::attested::Kind;
use crate::cbor::Reader;
use crate::error::AttestationError::{self, Malformed};
use std::collections::BTreeMap;
use strongroom_types::Timestamp;

/// Members of a document: nine names.
const MAX_MEMBERS: u64 = 9;
/// Bytes of a module's id. Our choice: real ones have about forty, and they go into audit records.
const MAX_MODULE_ID_LEN: usize = 256;
/// Registers a document may hold, and the numbers they may have.
const MAX_PCRS: u64 = 32;
/// Bytes of a certificate and of a public key.
const MAX_DER_LEN: usize = 1024;
/// Bytes of `user_data` and of `nonce`.
const MAX_DATA_LEN: usize = 512;
/// Certificates of the bundle: a root and as many below it as chain building goes deep. Our choice;
/// those of AWS have four.
const MAX_BUNDLE: u64 = 7;

/// A document that keeps the rules; nothing of it is proved yet.
pub(crate) struct Document<'b> {
    pub(crate) module_id: &'b str,
    pub(crate) time: Timestamp,
    pub(crate) kind: Kind,
    pub(crate) pcrs: BTreeMap<u8, Vec<u8>>,
    pub(crate) certificate: &'b [u8],
    /// From the root down; never empty.
    pub(crate) cabundle: Vec<&'b [u8]>,
    pub(crate) public_key: Option<&'b [u8]>,
}

/// The members that have been read. A member that was there and null is `Some(None)`.
#[derive(Default)]
struct Members<'b> {
    module_id: Option<&'b str>,
    digest: Option<()>,
    time: Option<Timestamp>,
    pcrs: Option<(Kind, BTreeMap<u8, Vec<u8>>)>,
    certificate: Option<&'b [u8]>,
    cabundle: Option<Vec<&'b [u8]>>,
    public_key: Option<Option<&'b [u8]>>,
    user_data: Option<Option<&'b [u8]>>,
    nonce: Option<Option<&'b [u8]>>,
}

impl<'b> Document<'b> {
    /// Reads the map, which is all of `payload`.
    pub(crate) fn read(payload: &'b [u8]) -> Result<Self, AttestationError> {
        let mut reader = Reader::new(payload, "payload");
        let mut members = Members::default();
        reader.map(0..=MAX_MEMBERS, |reader| {
            let name = reader.at("member name").text()?;
            members.read(name, reader)
        })?;
        reader.end()?;
        let (kind, pcrs) = members.pcrs.ok_or(Malformed("pcrs"))?;
        members.digest.ok_or(Malformed("digest"))?;
        Ok(Self {
            module_id: members.module_id.ok_or(Malformed("module_id"))?,
            time: members.time.ok_or(Malformed("timestamp"))?,
            kind,
            pcrs,
            certificate: members.certificate.ok_or(Malformed("certificate"))?,
            cabundle: members.cabundle.ok_or(Malformed("cabundle"))?,
            public_key: members.public_key.flatten(),
        })
    }
}

impl<'b> Members<'b> {
    fn read(&mut self, name: &str, reader: &mut Reader<'b>) -> Result<(), AttestationError> {
        match name {
            "module_id" => once(&mut self.module_id, module_id(reader)?, "module_id"),
            "digest" => once(&mut self.digest, digest(reader)?, "digest"),
            "timestamp" => once(&mut self.time, time(reader)?, "timestamp"),
            "pcrs" => once(&mut self.pcrs, (Kind::Enclave, pcrs(reader)?), "pcrs"),
            "nitrotpm_pcrs" => once(&mut self.pcrs, (Kind::NitroTpm, pcrs(reader)?), "pcrs"),
            "certificate" => {
                let certificate = der(reader.at("certificate"), "certificate")?;
                once(&mut self.certificate, certificate, "certificate")
            }
            "cabundle" => once(&mut self.cabundle, cabundle(reader)?, "cabundle"),
            "public_key" => {
                let key = optional(reader, "public_key", 1..=MAX_DER_LEN)?;
                once(&mut self.public_key, key, "public_key")
            }
            "user_data" => {
                let data = optional(reader, "user_data", 0..=MAX_DATA_LEN)?;
                once(&mut self.user_data, data, "user_data")
            }
            "nonce" => {
                let nonce = optional(reader, "nonce", 0..=MAX_DATA_LEN)?;
                once(&mut self.nonce, nonce, "nonce")
            }
            _ => Err(Malformed("member name")),
        }
    }
}

/// Keeps a member that must not be there twice.
fn once<T>(slot: &mut Option<T>, value: T, part: &'static str) -> Result<(), AttestationError> {
    if slot.replace(value).is_some() { Err(Malformed(part)) } else { Ok(()) }
}

fn module_id<'b>(reader: &mut Reader<'b>) -> Result<&'b str, AttestationError> {
    let id = reader.at("module_id").text()?;
    if (1..=MAX_MODULE_ID_LEN).contains(&id.len()) { Ok(id) } else { Err(Malformed("module_id")) }
}

fn digest(reader: &mut Reader<'_>) -> Result<(), AttestationError> {
    if reader.at("digest").text()? == "SHA384" { Ok(()) } else { Err(Malformed("digest")) }
}

fn time(reader: &mut Reader<'_>) -> Result<Timestamp, AttestationError> {
    match i64::try_from(reader.at("timestamp").unsigned()?) {
        Ok(millis) if millis > 0 => Ok(Timestamp::from_millis(millis)),
        _ => Err(Malformed("timestamp")),
    }
}

fn pcrs(reader: &mut Reader<'_>) -> Result<BTreeMap<u8, Vec<u8>>, AttestationError> {
    let mut registers = BTreeMap::new();
    reader.at("pcrs").map(1..=MAX_PCRS, |reader| {
        let number = reader.unsigned()?;
        let value = reader.bytes()?;
        let number = u8::try_from(number).ok().filter(|number| u64::from(*number) < MAX_PCRS);
        match number {
            Some(number) if matches!(value.len(), 32 | 48 | 64) => {
                match registers.insert(number, value.to_vec()) {
                    None => Ok(()),
                    Some(_) => Err(Malformed("pcrs")),
                }
            }
            _ => Err(Malformed("pcrs")),
        }
    })?;
    Ok(registers)
}

fn cabundle<'b>(reader: &mut Reader<'b>) -> Result<Vec<&'b [u8]>, AttestationError> {
    let mut bundle = Vec::new();
    reader.at("cabundle").array(1..=MAX_BUNDLE, |reader| {
        bundle.push(der(reader, "cabundle")?);
        Ok(())
    })?;
    Ok(bundle)
}

/// What may be a certificate.
fn der<'b>(reader: &mut Reader<'b>, part: &'static str) -> Result<&'b [u8], AttestationError> {
    let bytes = reader.bytes()?;
    if (1..=MAX_DER_LEN).contains(&bytes.len()) { Ok(bytes) } else { Err(Malformed(part)) }
}

fn optional<'b>(
    reader: &mut Reader<'b>,
    part: &'static str,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<Option<&'b [u8]>, AttestationError> {
    let bytes = reader.at(part).optional_bytes()?;
    if bytes.is_none_or(|bytes| bounds.contains(&bytes.len())) {
        Ok(bytes)
    } else {
        Err(Malformed(part))
    }
}
