//! `strongroom inspect`: what a message says of itself. It takes no key, and none of it is verified.

use super::input::{Input, Place};
use super::output::Told;
use super::report::{described, version};
use super::{Ended, broken};
use crate::cli::InspectArguments;
use crate::terminal::{self, shown};
use serde_json::{Value, json};
use strongroom_envelope::{CommitmentPolicy, Content, DecryptOptions, Inspection, inspect};

pub(crate) fn run(arguments: &InspectArguments) -> Result<(), Ended> {
    let input = Input::open(&Place::of(&arguments.file))?;
    let name = input.name.clone();
    let message = input.message()?;
    // Nothing is opened, so that no message is refused for what it is.
    let options = DecryptOptions {
        commitment: CommitmentPolicy::RequireEncryptAllowDecrypt,
        max_encrypted_data_keys: usize::from(u16::MAX),
        max_frame_len: u64::MAX,
        ..DecryptOptions::default()
    };
    let inspection = inspect(message, &options);
    let inspection = inspection.map_err(|why| broken(&name, &Told::nowhere(), &why))?;
    if arguments.json {
        terminal::line(as_json(&inspection));
    } else {
        as_text(&inspection).iter().all(terminal::line);
    }
    Ok(())
}

fn as_json(inspection: &Inspection) -> Value {
    let mut told = described(&inspection.header);
    if let Value::Object(members) = &mut told {
        members.insert("headerBytes".to_owned(), json!(inspection.header.as_bytes().len()));
        members.insert("frames".to_owned(), json!(inspection.frames));
        members.insert("plaintextBytes".to_owned(), json!(inspection.plaintext_len));
        members.insert("signatureBytes".to_owned(), json!(inspection.signature_len));
        members.insert("messageBytes".to_owned(), json!(inspection.message_len));
    }
    told
}

fn as_text(inspection: &Inspection) -> Vec<String> {
    let header = &inspection.header;
    let suite = header.suite();
    let yes = |is: bool| if is { "yes" } else { "no" };
    let frames = match header.content() {
        Content::Framed { frame_len } => format!("{} of {frame_len} bytes", inspection.frames),
        Content::NonFramed => "none: one piece".to_owned(),
    };
    let mut lines = vec![
        format!("format       version {}", version(header)),
        format!("suite        0x{:04X} ({})", suite.id(), suite.name()),
        format!("signed       {}", yes(suite.is_signed())),
        format!("commits      {}", yes(suite.is_committing())),
        format!("message id   {}", strongroom_crypto::hash::hex(header.message_id())),
        format!("header       {} bytes", header.as_bytes().len()),
        format!("frames       {frames}"),
        format!("plaintext    {} bytes", inspection.plaintext_len),
        format!("message      {} bytes", inspection.message_len),
    ];
    for key in header.encrypted_data_keys() {
        lines.push(format!("key          {}", shown(&key.wrapping_key())));
    }
    for (key, value) in header.context().pairs() {
        lines.push(format!("context      {}={}", shown(key), shown(value)));
    }
    lines.push("Nothing of this is verified: that takes a key.".to_owned());
    lines
}
