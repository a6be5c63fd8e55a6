//! Events as lines of JSON, beside delivery: to the standard output, or to the system's log.

use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use strongroom_server::log::{self, Level};
use strongroom_trail::Event;
use strongroom_trail::shipper::Stream;

/// Facility `authpriv` (10), severity `informational` (6). Source: RFC 5424, section 6.2.1.
const PRIORITY: u8 = 10 * 8 + 6;

/// Where events are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// On the standard output.
    Stdout,
    /// To the log daemon that listens on this socket.
    Syslog(PathBuf),
}

impl Target {
    /// `stdout`, or `syslog:` and the path of a socket.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "stdout" => Some(Self::Stdout),
            None if text == "syslog" => Some(Self::Syslog("/dev/log".into())),
            Some(("syslog", path)) if path.starts_with('/') => Some(Self::Syslog(path.into())),
            _ => None,
        }
    }
}

/// Tells events. What cannot be told is in the log files all the same.
pub(crate) struct Telling {
    target: Target,
    socket: Option<UnixDatagram>,
    is_troubled: bool,
}

impl Telling {
    pub(crate) fn new(target: Target) -> Self {
        Self { target, socket: None, is_troubled: false }
    }

    fn tell(&mut self, events: &[Event]) -> io::Result<()> {
        match &self.target {
            Target::Stdout => {
                let mut out = io::stdout().lock();
                events.iter().try_for_each(|event| writeln!(out, "{}", event.json))?;
                out.flush()
            }
            Target::Syslog(path) => {
                let socket = match self.socket.take() {
                    Some(socket) => socket,
                    None => {
                        let socket = UnixDatagram::unbound()?;
                        socket.connect(path)?;
                        // A daemon that does not read shall not hold delivery up.
                        socket.set_nonblocking(true)?;
                        socket
                    }
                };
                for event in events {
                    socket.send(syslog(event).as_bytes())?;
                }
                self.socket = Some(socket);
                Ok(())
            }
        }
    }
}

impl Stream for Telling {
    fn take(&mut self, events: &[Event]) {
        match self.tell(events) {
            Ok(()) => self.is_troubled = false,
            Err(why) if !self.is_troubled => {
                self.is_troubled = true;
                log::log(
                    Level::Warn,
                    &format!("events could not be told ({:?}): {why}", self.target),
                );
            }
            Err(_) => {}
        }
    }
}

/// A message of RFC 5424.
fn syslog(event: &Event) -> String {
    let time = event.time.civil();
    format!("<{PRIORITY}>1 {time} - strongroom {} event - {}", std::process::id(), event.json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_named() {
        assert_eq!(Target::parse("stdout"), Some(Target::Stdout));
        assert_eq!(Target::parse("syslog"), Some(Target::Syslog("/dev/log".into())));
        assert_eq!(Target::parse("syslog:/run/log"), Some(Target::Syslog("/run/log".into())));
        for text in ["", "stderr", "syslog:", "syslog:host", "file:/x"] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }
}
