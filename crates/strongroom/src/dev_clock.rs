//! A clock for tests: `strongroom serve --dev-clock` is told by `strongroom clock advance` to run
//! ahead, over a socket in the data directory.
//!
//! A data directory is made for this clock or for the real one and stays so: keys are deleted when
//! the clock says so, and nobody's real keys shall meet a clock that can be set.

use crate::cli::{ClockArguments, ClockCommand};
use crate::clock::DevClock;
use crate::data::DataDir;
use crate::terminal::{self, Failure};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use strongroom_engine::{Due, Engine};
use strongroom_server::log::{self, Level};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::watch;

const SOCKET: &str = "clock.sock";
/// The longest line that is read, bytes.
const MAX_LINE: u64 = 64;
/// The furthest the clock may run ahead: a hundred years.
const FURTHEST: i64 = 100 * 366 * DAY;
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// How long somebody may take to say what they want.
const PATIENCE: Duration = Duration::from_secs(5);

/// `strongroom clock`.
pub(crate) fn run(arguments: &ClockArguments) -> Result<(), Failure> {
    match &arguments.command {
        ClockCommand::Advance { by, data } => {
            let by = parse_duration(by)?;
            terminal::line(ask(data, &format!("advance {by}"))?);
        }
        ClockCommand::Show { data } => {
            terminal::line(ask(data, "show")?);
        }
    }
    Ok(())
}

/// Asks the server that runs on `data`.
fn ask(data: &Path, request: &str) -> Result<String, Failure> {
    let path = data.join(SOCKET);
    let failed = |why: std::io::Error| {
        Failure::new(format!(
            "{}: {why}; is a server running on this directory with --dev-clock?",
            path.display()
        ))
    };
    let mut stream = UnixStream::connect(&path).map_err(failed)?;
    writeln!(stream, "{request}").map_err(failed)?;
    let mut line = String::new();
    BufReader::new(stream.take(1024)).read_line(&mut line).map_err(failed)?;
    match line.trim_end().split_once(' ') {
        Some(("ok", text)) => Ok(text.to_owned()),
        Some(("error", text)) => Err(Failure::new(text)),
        _ => Err(Failure::new("the server did not answer")),
    }
}

/// Milliseconds of `30d`, `12h`, `15m`, `90s`, or several of them: `1d12h`.
fn parse_duration(text: &str) -> Result<i64, Failure> {
    let bad = || {
        Failure::new(format!(
            "`{text}` is no duration: say days, hours, minutes or seconds, as in 30d, 12h or 1d12h"
        ))
    };
    let (mut total, mut number) = (0_i64, None::<i64>);
    for character in text.chars() {
        if let Some(digit) = character.to_digit(10) {
            let longer = number.unwrap_or(0).checked_mul(10);
            number = Some(longer.and_then(|n| n.checked_add(digit.into())).ok_or_else(bad)?);
            continue;
        }
        let unit = match character {
            'd' => DAY,
            'h' => HOUR,
            'm' => MINUTE,
            's' => SECOND,
            _ => return Err(bad()),
        };
        let part = number.take().and_then(|number| number.checked_mul(unit));
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(bad)?;
    }
    if number.is_some() || total == 0 || total > FURTHEST { Err(bad()) } else { Ok(total) }
}

/// Where `strongroom clock` is listened to.
pub(crate) struct Control {
    listener: UnixListener,
    clock: Arc<DevClock>,
    data: Arc<DataDir>,
}

impl Control {
    /// Listens on the socket in the data directory, which only its owner can reach.
    pub(crate) fn bind(data: Arc<DataDir>, clock: Arc<DevClock>) -> Result<Self, Failure> {
        let path = data.path().join(SOCKET);
        // What an earlier server left; the directory's lock says that none is running.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(|why| Failure::of(path.display(), why))?;
        Ok(Self { listener, clock, data })
    }

    /// Answers until the server stops.
    pub(crate) async fn serve(self, engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let answering = self.answer(stream, &engine);
                    if let Ok(Err(why)) = tokio::time::timeout(PATIENCE, answering).await {
                        log::log(Level::Warn, &format!("clock: {why}"));
                    }
                }
                _ = stopped.changed() => break,
            }
        }
        let _ = std::fs::remove_file(self.data.path().join(SOCKET));
    }

    async fn answer(
        &self,
        mut stream: tokio::net::UnixStream,
        engine: &Engine,
    ) -> std::io::Result<()> {
        let mut line = String::new();
        let (reading, _) = stream.split();
        tokio::io::BufReader::new(reading.take(MAX_LINE)).read_line(&mut line).await?;
        let answer = match self.perform(line.trim_end(), engine).await {
            Ok(text) => format!("ok {text}\n"),
            Err(why) => format!("error {why}\n"),
        };
        stream.write_all(answer.as_bytes()).await
    }

    /// When it answers, the time has come and what was due by then is done.
    async fn perform(&self, request: &str, engine: &Engine) -> Result<String, Failure> {
        if let Some(by) = request.strip_prefix("advance ") {
            let by: i64 = by.parse().map_err(|_| Failure::new("not a number"))?;
            let ahead = self.clock.ahead().saturating_add(by);
            if by <= 0 || ahead > FURTHEST {
                return Err(Failure::new("the clock runs forward, and a hundred years at most"));
            }
            // Kept first: a clock that ran back after a restart would revive what has expired.
            self.data.write_dev_clock(ahead)?;
            self.clock.set(ahead);
            let done = engine.run_due_tasks(Due::Everything).await;
            done.map_err(|why| Failure::new(why.to_string()))?;
        } else if request != "show" {
            return Err(Failure::new("not a request"));
        }
        Ok(engine.now().civil().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_nonsense_is_not() {
        let parse = |text| parse_duration(text).ok();
        assert_eq!(parse("30d"), Some(30 * DAY));
        assert_eq!(parse("1d12h"), Some(DAY + 12 * HOUR));
        assert_eq!(parse("5m30s"), Some(5 * MINUTE + 30 * SECOND));
        for wrong in ["", "30", "d", "-1d", "1w", "1d 2h", "0d", "99999999999999999999d", "40000d"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
