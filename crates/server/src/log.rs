//! Lines for the operator on standard error.
//!
//! **Invariant:** never a body, a query string or a header; messages say what happened to the
//! server, and the audit trail says what callers did.

use crate::clock;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use strongroom_types::Timestamp;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// Something does not work and somebody must act.
    Error = 0,
    /// Something will stop working unless somebody acts.
    Warn = 1,
    /// What an operator wants to have read once.
    Info = 2,
    /// What a peer did wrong, a line for each connection: off unless asked for.
    Debug = 3,
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `2026-11-22T06:37:05Z warn  text`
    Text,
    /// `{"time":"2026-11-22T06:37:05Z","level":"warn","message":"text"}`
    Json,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Info as u8);
static JSON: AtomicBool = AtomicBool::new(false);

/// Chooses, for the whole process, the least important level that is written and the form. Until
/// then: [`Level::Info`], [`Format::Text`].
pub fn configure(level: Level, format: Format) {
    LEVEL.store(level as u8, Ordering::Relaxed);
    JSON.store(format == Format::Json, Ordering::Relaxed);
}

/// Writes one line. What cannot be written is lost: a server does not stop for its log.
pub fn log(level: Level, message: &str) {
    if level as u8 > LEVEL.load(Ordering::Relaxed) {
        return;
    }
    let format = if JSON.load(Ordering::Relaxed) { Format::Json } else { Format::Text };
    let text = line(format, level, clock::timestamp(clock::now()), message);
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn line(format: Format, level: Level, time: Timestamp, message: &str) -> String {
    let time = time.civil();
    let level = match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
    };
    let message = escaped(message, format == Format::Json);
    match format {
        Format::Text => format!("{time} {level:<5} {message}\n"),
        Format::Json => {
            format!("{{\"time\":\"{time}\",\"level\":\"{level}\",\"message\":\"{message}\"}}\n")
        }
    }
}

/// Without control characters, so that a message stays one line; with `quotes`, as the inside of a
/// JSON string (RFC 8259 §7).
fn escaped(message: &str, quotes: bool) -> String {
    let mut out = String::with_capacity(message.len());
    for c in message.chars() {
        match c {
            '"' | '\\' if quotes => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_in_either_form() {
        let time = Timestamp::from_millis(1_795_329_425_000);
        let text = line(Format::Text, Level::Warn, time, "a\nb \"c\" \\ \u{9b}");
        assert_eq!(text, "2026-11-22T06:37:05Z warn  a\\u000ab \"c\" \\ \\u009b\n");
        let json = line(Format::Json, Level::Error, time, "a\nb \"c\" \\");
        assert_eq!(
            json,
            "{\"time\":\"2026-11-22T06:37:05Z\",\"level\":\"error\",\
             \"message\":\"a\\u000ab \\\"c\\\" \\\\\"}\n"
        );
    }
}
