//! Lines for the operator on standard error.
//!
//! **Invariant:** never a body, a query string or a header; messages say what happened to the
//! server, and the audit trail says what callers did.
//!
//! Once [`start`] was called, lines wait for a thread of their own: who reads standard error may be
//! slow, and holds up no request. When too many wait, the newest are left out and counted.

mod writer;

use crate::clock;
use std::fmt::Write;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use strongroom_types::Timestamp;
use writer::Writer;

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

impl Level {
    /// All of them, from the most important on.
    pub const ALL: [Self; 4] = [Self::Error, Self::Warn, Self::Info, Self::Debug];

    /// Its name in a line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `2026-11-22T06:37:05Z warn  text name=value`
    Text,
    /// `{"time":"2026-11-22T06:37:05.123Z","level":"warn","message":"text","name":"value"}`
    Json,
}

/// A value of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Number(u64),
    /// A number with a fraction.
    Decimal(f64),
}

/// What is told beside a message. Names are ours: letters, digits and underscores.
pub type Field<'a> = (&'static str, Value<'a>);

static LEVEL: AtomicU8 = AtomicU8::new(Level::Info as u8);
static JSON: AtomicBool = AtomicBool::new(false);
static WRITER: OnceLock<Writer> = OnceLock::new();

/// Chooses, for the whole process, the least important level that is written and the form. Until
/// then: [`Level::Info`], [`Format::Text`].
pub fn configure(level: Level, format: Format) {
    LEVEL.store(level as u8, Ordering::Relaxed);
    JSON.store(format == Format::Json, Ordering::Relaxed);
}

/// Has lines written by a thread of their own from now on. Call it once, in the sandbox.
///
/// # Errors
/// Of the system, if it gives no thread; lines are then written by whoever has them.
pub fn start() -> io::Result<()> {
    let writer = Writer::start(Box::new(io::stderr()))?;
    let _ = WRITER.set(writer);
    Ok(())
}

/// Waits, a second at most, until all lines are written. Call it before the process ends.
pub fn finish() {
    if let Some(writer) = WRITER.get() {
        writer.finish();
    }
}

/// Lines that were left out until now, since standard error did not take them as fast as they came.
#[must_use]
pub fn lost() -> u64 {
    WRITER.get().map_or(0, Writer::lost)
}

/// Whether lines of this level are written.
#[must_use]
pub fn tells(level: Level) -> bool {
    level as u8 <= LEVEL.load(Ordering::Relaxed)
}

/// Writes one line. What cannot be written is lost: a server does not stop for its log.
pub fn log(level: Level, message: &str) {
    event(level, message, &[]);
}

/// Writes one line with fields.
pub fn event(level: Level, message: &str, fields: &[Field<'_>]) {
    if !tells(level) {
        return;
    }
    let text = line(format(), level, clock::timestamp(clock::now()), message, fields);
    match WRITER.get() {
        Some(writer) => writer.take(text),
        None => drop(io::Write::write_all(&mut io::stderr().lock(), text.as_bytes())),
    }
}

fn format() -> Format {
    if JSON.load(Ordering::Relaxed) { Format::Json } else { Format::Text }
}

/// The line that tells how many were left out.
fn loss(count: u64) -> String {
    let message = "lines of this log were left out: they are not taken as fast as they come";
    let fields = [("count", Value::Number(count))];
    line(format(), Level::Warn, clock::timestamp(clock::now()), message, &fields)
}

fn line(
    format: Format,
    level: Level,
    time: Timestamp,
    message: &str,
    fields: &[Field<'_>],
) -> String {
    let (civil, name) = (time.civil().to_string(), level.name());
    let mut out = String::with_capacity(128 + message.len());
    // Writing to a text does not fail.
    let _ = match format {
        Format::Text => text(&mut out, &civil, name, message, fields),
        Format::Json => {
            let millis = time.millis().rem_euclid(1000);
            json(&mut out, (civil.trim_end_matches('Z'), millis), name, message, fields)
        }
    };
    out
}

fn text(
    out: &mut String,
    time: &str,
    level: &str,
    message: &str,
    fields: &[Field<'_>],
) -> std::fmt::Result {
    write!(out, "{time} {level:<5} ")?;
    escape(out, message, false)?;
    for (name, value) in fields {
        write!(out, " {name}=")?;
        match value {
            Value::Text(text) if !text.is_empty() && !text.contains([' ', '"', '=']) => {
                escape(out, text, false)?;
            }
            value => write_value(out, *value)?,
        }
    }
    out.push('\n');
    Ok(())
}

/// An object on a line of its own (RFC 8259), its time by RFC 3339.
fn json(
    out: &mut String,
    (time, millis): (&str, i64),
    level: &str,
    message: &str,
    fields: &[Field<'_>],
) -> std::fmt::Result {
    write!(out, "{{\"time\":\"{time}.{millis:03}Z\",\"level\":\"{level}\",\"message\":\"")?;
    escape(out, message, true)?;
    out.push('"');
    for (name, value) in fields {
        write!(out, ",\"{name}\":")?;
        write_value(out, *value)?;
    }
    out.push_str("}\n");
    Ok(())
}

fn write_value(out: &mut String, value: Value<'_>) -> std::fmt::Result {
    match value {
        Value::Text(text) => {
            out.push('"');
            escape(out, text, true)?;
            out.push('"');
            Ok(())
        }
        Value::Number(number) => write!(out, "{number}"),
        // JSON has no other numbers.
        Value::Decimal(number) if number.is_finite() => write!(out, "{number}"),
        Value::Decimal(_) => write!(out, "null"),
    }
}

/// Without control characters, so that a message stays one line; with `quotes`, as the inside of a
/// JSON string (RFC 8259 §7).
fn escape(out: &mut String, text: &str, quotes: bool) -> std::fmt::Result {
    for c in text.chars() {
        match c {
            '"' | '\\' if quotes => out.extend(['\\', c]),
            c if c.is_control() => write!(out, "\\u{:04x}", u32::from(c))?,
            c => out.push(c),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Timestamp = Timestamp::from_millis(1_795_329_425_007);

    #[test]
    fn a_message_is_one_line_in_either_form() {
        let text = line(Format::Text, Level::Warn, TIME, "a\nb \"c\" \\ \u{9b}", &[]);
        assert_eq!(text, "2026-11-22T06:37:05Z warn  a\\u000ab \"c\" \\ \\u009b\n");
        let json = line(Format::Json, Level::Error, TIME, "a\nb \"c\" \\", &[]);
        assert_eq!(
            json,
            "{\"time\":\"2026-11-22T06:37:05.007Z\",\"level\":\"error\",\
             \"message\":\"a\\u000ab \\\"c\\\" \\\\\"}\n"
        );
    }

    #[test]
    fn fields_have_their_names_in_either_form() {
        let fields = [
            ("plain", Value::Text("a-b")),
            ("odd", Value::Text("a \"b\"\n")),
            ("none", Value::Text("")),
            ("count", Value::Number(7)),
            ("ms", Value::Decimal(0.25)),
            ("nan", Value::Decimal(f64::NAN)),
        ];
        let text = line(Format::Text, Level::Info, TIME, "m", &fields);
        let expected = "2026-11-22T06:37:05Z info  m plain=a-b odd=\"a \\\"b\\\"\\u000a\" \
                        none=\"\" count=7 ms=0.25 nan=null\n";
        assert_eq!(text, expected);
        let json = line(Format::Json, Level::Info, TIME, "m", &fields);
        let expected = "{\"time\":\"2026-11-22T06:37:05.007Z\",\"level\":\"info\",\"message\":\"m\",\
                        \"plain\":\"a-b\",\"odd\":\"a \\\"b\\\"\\u000a\",\"none\":\"\",\"count\":7,\
                        \"ms\":0.25,\"nan\":null}\n";
        assert_eq!(json, expected);
    }
}
