//! What a record keeps of a request's members and of an answer's, transcoded from CBOR.

use super::date;
use super::json::Json;
use minicbor::Decoder;
use minicbor::data::{Tag, Type};
use minicbor::decode::Error;
use strongroom_engine::audit::TIME_TAG;
use strongroom_types::Timestamp;

/// Whose members they are. They are written in two ways: a request's structures are maps of
/// indefinite length, and its maps, whose names callers choose, are of definite length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Request,
    Answer,
}

/// Members on their way from a record into an event.
pub(super) struct Members<'m> {
    pub(super) of: Of,
    /// A member of the outermost structure that is left out.
    pub(super) without: Option<&'static str>,
    /// The access keys that were met.
    pub(super) access_keys: &'m mut Vec<String>,
}

impl Members<'_> {
    /// Writes the members of `cbor`, without the braces around them.
    ///
    /// # Errors
    /// [`Error`] if it is no map; what was written then is to be taken back.
    pub(super) fn write(&mut self, cbor: &[u8], json: &mut Json) -> Result<(), Error> {
        if cbor.is_empty() {
            return Ok(());
        }
        let d = &mut Decoder::new(cbor);
        let without = self.without.take();
        let length = d.map()?;
        self.structure(d, length, without, json)
    }

    fn structure(
        &mut self,
        d: &mut Decoder<'_>,
        length: Option<u64>,
        without: Option<&str>,
        json: &mut Json,
    ) -> Result<(), Error> {
        let mut read = 0;
        while more(d, length, &mut read)? {
            let name = d.str()?;
            if without == Some(name) {
                d.skip()?;
                continue;
            }
            // INVARIANT: what is withheld is null in a record, and nothing else is.
            if d.datatype()? == Type::Null {
                d.null()?;
                continue;
            }
            if name == "AccessKeyId" && d.datatype()? == Type::String {
                self.access_keys.push(d.probe().str()?.to_owned());
            }
            json.camel_name(name);
            self.value(d, json)?;
        }
        Ok(())
    }

    fn value(&mut self, d: &mut Decoder<'_>, json: &mut Json) -> Result<(), Error> {
        match d.datatype()? {
            Type::Bool => json.boolean(d.bool()?),
            Type::String => json.text(d.str()?),
            Type::Null => {
                d.null()?;
                json.null();
            }
            Type::Array | Type::ArrayIndef => {
                let (length, mut read) = (d.array()?, 0);
                json.open_list();
                while more(d, length, &mut read)? {
                    self.value(d, json)?;
                }
                json.close_list();
            }
            Type::Map | Type::MapIndef => {
                let length = d.map()?;
                json.open();
                if length.is_some() && self.of == Of::Request {
                    pairs(d, length, json)?;
                } else {
                    self.structure(d, length, None, json)?;
                }
                json.close();
            }
            Type::Tag => {
                let is_time = d.tag()? == Tag::new(TIME_TAG);
                let number = d.i64()?;
                if is_time {
                    json.text(&date::in_words(Timestamp::from_millis(number)));
                } else {
                    json.number(number);
                }
            }
            _ => json.number(d.i64()?),
        }
        Ok(())
    }
}

/// Names and values that the caller chose, and the mark that stands in the place of what was too
/// long to keep.
fn pairs(d: &mut Decoder<'_>, length: Option<u64>, json: &mut Json) -> Result<(), Error> {
    let mut read = 0;
    while more(d, length, &mut read)? {
        json.foreign_name(d.str()?);
        match d.datatype()? {
            Type::String => json.text(d.str()?),
            _ => json.number(d.i64()?),
        }
    }
    Ok(())
}

/// Whether there is one more entry. The end of one of indefinite length is read.
fn more(d: &mut Decoder<'_>, length: Option<u64>, read: &mut u64) -> Result<bool, Error> {
    let Some(length) = length else {
        if d.datatype()? == Type::Break {
            d.skip()?;
            return Ok(false);
        }
        return Ok(true);
    };
    *read += 1;
    Ok(*read <= length)
}

/// The text that the member `name` of the outermost structure is.
pub(super) fn text<'c>(cbor: &'c [u8], name: &str) -> Option<&'c str> {
    let mut d = Decoder::new(cbor);
    let (length, mut read) = (d.map().ok()?, 0);
    while more(&mut d, length, &mut read).ok()? {
        let is_it = d.str().ok()? == name;
        if is_it {
            return d.str().ok();
        }
        d.skip().ok()?;
    }
    None
}

/// Whether the outermost structure has the member `name`.
pub(super) fn has(cbor: &[u8], name: &str) -> bool {
    let mut d = Decoder::new(cbor);
    let (Ok(length), mut read) = (d.map(), 0) else { return false };
    while let Ok(true) = more(&mut d, length, &mut read) {
        match d.str() {
            Ok(found) if found == name => return true,
            Ok(_) if d.skip().is_ok() => {}
            _ => return false,
        }
    }
    false
}
