//! A clock for tests: `strongroom serve --dev-clock` is told by `strongroom clock advance` to run
//! ahead, over the operator's socket in the data directory.
//!
//! A data directory is made for this clock or for the real one and stays so: keys are deleted when
//! the clock says so, and nobody's real keys shall meet a clock that can be set.

use crate::cli::{ClockArguments, ClockCommand};
use crate::operator::{Desk, Request, ask};
use crate::terminal::{self, Failure};
use serde_json::{Value, json};
use std::path::Path;
use strongroom_engine::{Due, Engine};

/// The furthest the clock may run ahead: a hundred years.
const FURTHEST: i64 = 100 * 366 * DAY;
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// `strongroom clock`.
pub(crate) fn run(arguments: &ClockArguments) -> Result<(), Failure> {
    match &arguments.command {
        ClockCommand::Advance { by, data } => {
            show(data, &Request::AdvanceClock(parse_duration(by)?))
        }
        ClockCommand::Show { data } => show(data, &Request::ShowClock),
    }
}

fn show(data: &Path, request: &Request) -> Result<(), Failure> {
    let time = ask(data, request)?;
    terminal::line(time.as_str().unwrap_or_default());
    Ok(())
}

/// Milliseconds of `30d`, `12h`, `15m`, `90s`, or several of them: `1d12h`.
pub(crate) fn parse_duration(text: &str) -> Result<i64, Failure> {
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

/// Sets the clock forward. When it answers, the time has come and what was due by then is done.
pub(crate) async fn advance(by: i64, engine: &Engine, desk: &Desk<'_>) -> Result<Value, Failure> {
    let none = || Failure::new("the server was not started with --dev-clock");
    let clock = desk.clock.ok_or_else(none)?;
    let ahead = clock.ahead().saturating_add(by);
    if by <= 0 || ahead > FURTHEST {
        return Err(Failure::new("the clock runs forward, and a hundred years at most"));
    }
    // Kept first: a clock that ran back after a restart would revive what has expired.
    desk.data.write_dev_clock(ahead)?;
    clock.set(ahead);
    let done = engine.run_due_tasks(Due::Everything).await;
    done.map_err(|why| Failure::new(why.to_string()))?;
    Ok(json!(engine.now().civil().to_string()))
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
