//! A backup of the running server, as it arrives.

use super::target::Target;
use super::{Wanted, described};
use crate::operator;
use crate::progress::Progress;
use crate::terminal::Failure;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{BufReader, Read};
use std::path::Path;
use strongroom_engine::backup::Totals;
use strongroom_keys::BackupDescription;

/// The longest message, bytes: a chunk of a backup, or a text.
const MAX_MESSAGE: usize = 1 << 20;

/// What is told of a backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    text: String,
}

impl Told {
    pub(super) fn of(description: &BackupDescription, totals: &Totals) -> Self {
        Self { text: described(description, totals) }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Has the server that runs on `data` make a backup; `None` if there is none.
pub(super) fn ask_if_running(
    data: &Path,
    wanted: &Wanted,
    target: &mut Target,
    progress: &mut Progress,
) -> Result<Option<Told>, Failure> {
    let Some(stream) = operator::connect(data, wanted)? else { return Ok(None) };
    let mut stream = BufReader::with_capacity(1 << 20, stream);
    let gone = |_| {
        Failure::new(
            "the server was sealed or ended, or had waited too long, before the backup was whole; see \
             its log",
        )
    };
    loop {
        let mut head = [0; 5];
        stream.read_exact(&mut head).map_err(gone)?;
        let [letter, length @ ..] = head;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_MESSAGE {
            return Err(Failure::new("the server does not answer so: it is of another release"));
        }
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes).map_err(gone)?;
        match letter {
            b'b' => target.write(&bytes).map_err(|why| Failure::of("the backup", why))?,
            b'p' => {
                let number = |at: usize| {
                    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>);
                    bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes))
                };
                progress.at(number(0), number(8));
            }
            b'e' => {
                let told = serde_json::from_slice(&bytes);
                return told.map(Some).map_err(|why| Failure::of("the server's answer", why));
            }
            _ => return Err(Failure::new(String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
}
