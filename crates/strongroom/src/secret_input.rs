//! Secrets that somebody types, or that come a line each through a descriptor. They are read into
//! memory that is wiped, and not through anybody's buffer.

use crate::terminal::Failure;
use rustix::fs::{Mode, OFlags};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use strongroom_crypto::SecretBytes;

/// The longest secret, bytes.
const MAX_SECRET: usize = 1024;

/// Where secrets come from.
pub(crate) enum Source {
    /// Somebody sits at the terminal.
    Terminal(File),
    /// Lines.
    Lines(File),
}

impl Source {
    /// The terminal, if standard input is one; else the lines of standard input.
    pub(crate) fn standard() -> Result<Self, Failure> {
        if std::io::stdin().is_terminal() { Self::terminal() } else { Self::standard_input() }
    }

    /// The lines of standard input, whatever it is: another handle of it, not the file opened again.
    fn standard_input() -> Result<Self, Failure> {
        let handle = rustix::io::dup(std::io::stdin());
        let handle = handle.map_err(|why| Failure::of("standard input", why))?;
        Ok(Self::Lines(handle.into()))
    }

    /// The terminal that the process was started from.
    pub(crate) fn terminal() -> Result<Self, Failure> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let tty = rustix::fs::open("/dev/tty", flags, Mode::empty());
        let tty = tty.map_err(|why| Failure::of("there is no terminal to ask at", why))?;
        Ok(Self::Terminal(tty.into()))
    }

    /// The lines that come through a descriptor that the process was started with.
    pub(crate) fn descriptor(number: u32) -> Result<Self, Failure> {
        if number == 0 {
            return Self::standard_input();
        }
        let path = format!("/proc/self/fd/{number}");
        Self::file(Path::new(&path))
    }

    /// The lines of a file.
    pub(crate) fn file(path: &Path) -> Result<Self, Failure> {
        File::open(path).map(Self::Lines).map_err(|why| Failure::of(path.display(), why))
    }

    /// Whether somebody is asked, who may mistype.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    /// The next secret; at the terminal `prompt` is shown, and what is typed is not. `None` when
    /// there are no more.
    pub(crate) fn next(&mut self, prompt: &str) -> Result<Option<SecretBytes>, Failure> {
        let failed = |why: std::io::Error| Failure::of("a secret could not be read", why);
        match self {
            Self::Lines(file) => line(file).map_err(failed),
            Self::Terminal(tty) => {
                write!(tty, "{prompt}: ").map_err(failed)?;
                let quiet = Quiet::begin(tty)?;
                let read = typed(&mut &*tty).map_err(failed);
                drop(quiet);
                writeln!(tty).map_err(failed)?;
                read
            }
        }
    }

    /// A new secret; at the terminal it is asked for twice.
    pub(crate) fn fresh(&mut self, prompt: &str) -> Result<Option<SecretBytes>, Failure> {
        let Some(first) = self.next(prompt)? else { return Ok(None) };
        if self.is_terminal() {
            let second = self.next(&format!("{prompt}, again"))?;
            if !second.is_some_and(|second| second.same_as(first.expose())) {
                return Err(Failure::new("what was typed is not the same"));
            }
        }
        Ok(Some(first))
    }
}

/// A secret as the request that carries it has it.
pub(crate) fn text(secret: SecretBytes) -> Result<String, Failure> {
    let text = std::str::from_utf8(secret.expose()).map(str::to_owned);
    text.map_err(|_| Failure::new("what was brought is no text"))
}

/// A terminal that does not show what is typed, until this is dropped.
struct Quiet<'t> {
    tty: &'t File,
    before: Termios,
}

impl<'t> Quiet<'t> {
    fn begin(tty: &'t File) -> Result<Self, Failure> {
        let failed = |why: rustix::io::Errno| Failure::of("the terminal cannot be made quiet", why);
        let before = tcgetattr(tty).map_err(failed)?;
        let mut quiet = before.clone();
        // Interrupting is read as a character, too: who is killed would leave the terminal so.
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(tty, OptionalActions::Flush, &quiet).map_err(failed)?;
        Ok(Self { tty, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.tty, OptionalActions::Now, &self.before);
    }
}

/// What is typed up to the end of the line, as a terminal would edit it.
fn typed(from: &mut impl Read) -> std::io::Result<Option<SecretBytes>> {
    let mut bytes = SecretBytes::zeroed(MAX_SECRET);
    let mut length: usize = 0;
    loop {
        let Some(to) = bytes.expose_mut().get_mut(length..=length) else {
            return Err(std::io::Error::other(format!("longer than {MAX_SECRET} bytes")));
        };
        let count = from.read(to)?;
        match to.first().copied().filter(|_| count > 0) {
            None | Some(0x04) if length == 0 => return Ok(None),
            None | Some(b'\n' | b'\r' | 0x04) => break,
            Some(0x03 | 0x1c) => return Err(std::io::Error::other("interrupted")),
            Some(0x7f | 0x08) => {
                // A character has one first byte and up to three others.
                let is_first = |byte: u8| byte & 0xc0 != 0x80;
                let kept = bytes.expose().get(..length).unwrap_or_default();
                length = kept.iter().rposition(|byte| is_first(*byte)).unwrap_or(0);
            }
            Some(0x15) => length = 0,
            Some(_) => length += 1,
        }
    }
    let line = bytes.expose().get(..length).unwrap_or_default();
    Ok(Some(SecretBytes::new(line.to_vec())))
}

/// All of `from`, at most `most` bytes, without a copy that is not wiped.
pub(crate) fn whole(mut from: impl Read, most: usize) -> std::io::Result<SecretBytes> {
    let mut bytes = SecretBytes::zeroed(most + 1);
    let mut length = 0;
    loop {
        let room = bytes.expose_mut().get_mut(length..).unwrap_or_default();
        match from.read(room) {
            Ok(0) if room.is_empty() => {
                return Err(std::io::Error::other(format!("longer than {most} bytes")));
            }
            Ok(0) => break,
            Ok(count) => length += count,
            Err(why) if why.kind() == std::io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    Ok(SecretBytes::new(bytes.expose().get(..length).unwrap_or_default().to_vec()))
}

/// How many characters a secret has.
pub(crate) fn characters(secret: &SecretBytes) -> usize {
    String::from_utf8_lossy(secret.expose()).chars().count()
}

/// The next line without its end, read byte by byte: what follows is somebody else's.
fn line(from: &mut impl Read) -> std::io::Result<Option<SecretBytes>> {
    let mut bytes = SecretBytes::zeroed(MAX_SECRET);
    let mut length = 0;
    loop {
        let Some(to) = bytes.expose_mut().get_mut(length..=length) else {
            return Err(std::io::Error::other(format!("longer than {MAX_SECRET} bytes")));
        };
        match from.read(to) {
            Ok(0) if length == 0 => return Ok(None),
            Ok(0) => break,
            Ok(_) if to == b"\n" => break,
            Ok(_) => length += 1,
            Err(why) if why.kind() == std::io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    let line = bytes.expose().get(..length).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(Some(SecretBytes::new(line.to_vec())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn what_is_typed_is_edited() {
        let read =
            |mut text: &[u8]| typed(&mut text).map(|line| line.map(|line| line.expose().to_vec()));
        assert_eq!(read(b"abc\r").unwrap().unwrap(), b"abc");
        assert_eq!(read("abä\u{7f}c\n".as_bytes()).unwrap().unwrap(), b"abc");
        assert_eq!(read(b"wrong\x15right\n").unwrap().unwrap(), b"right");
        assert_eq!(read(b"\x7f\x7fa\n").unwrap().unwrap(), b"a");
        assert_eq!(read(b"\x04").unwrap(), None);
        assert_eq!(read(b"").unwrap(), None);
        assert!(read(b"abc\x03").is_err());
    }

    #[test]
    fn lines_come_one_by_one_and_are_bounded() {
        let mut text: &[u8] = b"first\r\nsecond\n\nlast";
        let mut next = || line(&mut text).unwrap().map(|line| line.expose().to_vec());
        assert_eq!(next().unwrap(), b"first");
        assert_eq!(next().unwrap(), b"second");
        assert_eq!(next().unwrap(), b"");
        assert_eq!(next().unwrap(), b"last");
        assert_eq!(next(), None);
        let long = vec![b'x'; MAX_SECRET + 1];
        assert!(line(&mut long.as_slice()).is_err());
    }
}
