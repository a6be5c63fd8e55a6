//! How far something long has come, on a terminal; where nobody looks, nothing.

use crate::terminal;
use std::io::IsTerminal as _;
use std::time::Duration;
use tokio::time::Instant;

/// The time between two drawings.
const PAUSE: Duration = Duration::from_millis(100);
/// Characters of the bar.
const BAR: usize = 24;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Records,
    Bytes,
}

/// A bar on standard error, with rate and time left.
pub(crate) struct Progress {
    what: String,
    unit: Unit,
    began: Instant,
    drawn: Option<Instant>,
    is_shown: bool,
}

impl Progress {
    /// Begins with records. `what` says what is being done.
    pub(crate) fn begin(what: &'static str) -> Self {
        Self::of(what.to_owned(), Unit::Records)
    }

    /// Begins with bytes.
    pub(crate) fn bytes(what: String) -> Self {
        Self::of(what, Unit::Bytes)
    }

    fn of(what: String, unit: Unit) -> Self {
        let is_shown = std::io::stderr().is_terminal();
        Self { what, unit, began: Instant::now(), drawn: None, is_shown }
    }

    /// So many of so many are done.
    pub(crate) fn at(&mut self, done: u64, total: u64) {
        self.draw(done, Some(total));
    }

    /// So many are done, of nobody knows how many where there is no total.
    pub(crate) fn draw(&mut self, done: u64, total: Option<u64>) {
        let is_early = self.drawn.is_some_and(|drawn| drawn.elapsed() < PAUSE);
        if !self.is_shown || (is_early && total.is_none_or(|total| done < total)) {
            return;
        }
        self.drawn = Some(Instant::now());
        let text = line(&self.what, self.unit, (done, total), self.began.elapsed());
        terminal::draw(&text);
    }

    /// Takes it away, for something else to be printed.
    pub(crate) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            terminal::draw("");
        }
    }

    /// How long it has taken.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// Whatever is printed next begins where the bar was.
impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn line(what: &str, unit: Unit, (done, total): (u64, Option<u64>), elapsed: Duration) -> String {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = u128::from(done) * 1000 / u128::from(millis);
    let rate = u64::try_from(rate).unwrap_or(u64::MAX);
    let per_second = amount(rate, unit);
    let Some(total) = total else {
        return format!("{what}  {}, {per_second}/s", amount(done, unit));
    };
    let left = total.saturating_sub(done).checked_div(rate);
    let left = left.map_or_else(String::new, |seconds| format!(", {} left", time(seconds)));
    let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100).min(100);
    let filled = usize::try_from(percent).unwrap_or(0) * BAR / 100;
    let bar = format!("{}{}", "#".repeat(filled), ".".repeat(BAR - filled));
    let counted = match unit {
        Unit::Records => format!("{done}/{total} records"),
        Unit::Bytes => format!("{}/{}", amount(done, unit), amount(total, unit)),
    };
    format!("{what} [{bar}] {percent:>3}%  {counted}, {per_second}/s{left}")
}

/// A number of records, or of bytes in a unit that leaves it short.
fn amount(number: u64, unit: Unit) -> String {
    if unit == Unit::Records {
        return number.to_string();
    }
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let power = (number.max(1).ilog2() / 10).min(5);
    let name = usize::try_from(power).ok().and_then(|power| units.get(power)).unwrap_or(&"EiB");
    let tenths = (number >> (10 * power)) * 10
        + ((number >> (10 * power).saturating_sub(10)) % 1024) * 10 / 1024;
    match power {
        0 => format!("{number} {name}"),
        _ => format!("{}.{} {name}", tenths / 10, tenths % 10),
    }
}

fn time(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_rate_and_time_left() {
        let at = |done, total, seconds| {
            line("backup", Unit::Records, (done, Some(total)), Duration::from_secs(seconds))
        };
        assert_eq!(
            at(2_000, 10_000, 2),
            "backup [####....................]  20%  2000/10000 records, 1000/s, 8 s left"
        );
        assert!(at(1, 1_000_000, 1).ends_with("1/s, 277 h 46 min left"));
        assert!(at(0, 100, 1).ends_with("0/100 records, 0/s"));
        assert!(at(0, 0, 0).contains("] 100%"));
    }

    #[test]
    fn bytes_are_told_in_a_unit_that_leaves_them_short() {
        let at =
            |done: u64, total| line("encrypt", Unit::Bytes, (done, total), Duration::from_secs(2));
        assert_eq!(
            at(1 << 29, Some(5 << 30)),
            "encrypt [##......................]  10%  512.0 MiB/5.0 GiB, 256.0 MiB/s, 18 s left"
        );
        assert_eq!(at(3 << 19, None), "encrypt  1.5 MiB, 768.0 KiB/s");
        assert_eq!(
            at(0, Some(0)),
            "encrypt [########################] 100%  0 bytes/0 bytes, 0 bytes/s"
        );
        assert_eq!(amount(u64::MAX, Unit::Bytes), "16383.9 PiB");
        assert_eq!(amount(1023, Unit::Bytes), "1023 bytes");
    }
}
