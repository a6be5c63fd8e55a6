//! How far something long has come, on a terminal; where nobody looks, nothing.

use crate::terminal;
use std::io::IsTerminal as _;
use std::time::Duration;
use tokio::time::Instant;

/// The time between two drawings.
const PAUSE: Duration = Duration::from_millis(100);
/// Characters of the bar.
const BAR: usize = 24;

/// A bar on standard error, with rate and time left.
pub(crate) struct Progress {
    what: &'static str,
    began: Instant,
    drawn: Option<Instant>,
    is_shown: bool,
}

impl Progress {
    /// Begins. `what` says what is being done.
    pub(crate) fn begin(what: &'static str) -> Self {
        let is_shown = std::io::stderr().is_terminal();
        Self { what, began: Instant::now(), drawn: None, is_shown }
    }

    /// So many of so many records are done.
    pub(crate) fn at(&mut self, done: u64, total: u64) {
        let is_early = self.drawn.is_some_and(|drawn| drawn.elapsed() < PAUSE);
        if !self.is_shown || (is_early && done < total) {
            return;
        }
        self.drawn = Some(Instant::now());
        let text = line(self.what, done, total, self.began.elapsed());
        terminal::draw(&text);
    }

    /// How long it has taken.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// Whatever is printed next begins where the bar was.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            terminal::draw("");
        }
    }
}

fn line(what: &str, done: u64, total: u64, elapsed: Duration) -> String {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = done.saturating_mul(1000) / millis;
    let left = total.saturating_sub(done).checked_div(rate);
    let left = left.map_or_else(String::new, |seconds| format!(", {} left", time(seconds)));
    let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100).min(100);
    let filled = usize::try_from(percent).unwrap_or(0) * BAR / 100;
    let bar = format!("{}{}", "#".repeat(filled), ".".repeat(BAR - filled));
    format!("{what} [{bar}] {percent:>3}%  {done}/{total} records, {rate}/s{left}")
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
        let at = |done, total, seconds| line("backup", done, total, Duration::from_secs(seconds));
        assert_eq!(
            at(2_000, 10_000, 2),
            "backup [####....................]  20%  2000/10000 records, 1000/s, 8 s left"
        );
        assert!(at(1, 1_000_000, 1).ends_with("1/s, 277 h 46 min left"));
        assert!(at(0, 100, 1).ends_with("0/100 records, 0/s"));
        assert!(at(0, 0, 0).contains("] 100%"));
    }
}
