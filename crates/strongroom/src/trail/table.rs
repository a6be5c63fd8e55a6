//! Events as lines of a table.

use super::events::outcome_of;
use crate::terminal;
use crate::why::plain;
use strongroom_trail::record::Record;

/// Characters of a line where nobody says how wide the terminal is.
const WIDTH: usize = 120;

/// A line for each record, as wide as the terminal at most.
pub(super) struct Table {
    /// Characters of a line; none when it is not a terminal that they are for.
    width: Option<usize>,
}

impl Table {
    /// For standard output.
    pub(super) fn new() -> Self {
        use std::io::IsTerminal as _;
        let out = std::io::stdout();
        let size = rustix::termios::tcgetwinsize(&out).ok();
        let width = size.map(|size| usize::from(size.ws_col)).filter(|width| *width > 0);
        Self { width: out.is_terminal().then(|| width.unwrap_or(WIDTH)) }
    }

    /// What stands above the columns.
    pub(super) fn title(&self) {
        let title = ["TIME", "OPERATION", "OUTCOME", "WHO", "ON", "FROM"].map(str::to_owned);
        self.row(&title);
    }

    /// The line of a record. Returns whether anybody still reads there.
    pub(super) fn event(&self, json: &str) -> bool {
        let Ok(record) = Record::parse(json) else { return true };
        let on = record.resources().find_map(|resource| resource.arn.as_deref()).unwrap_or("-");
        let cells = [
            record.event_time.as_ref(),
            record.event_name.as_ref(),
            outcome_of(&record),
            short(record.principal()),
            short(on),
            record.source_ip_address.as_deref().unwrap_or("-"),
        ];
        self.row(&cells.map(plain))
    }

    fn row(&self, cells: &[String; 6]) -> bool {
        let [time, operation, outcome, who, on, from] = cells;
        let line =
            format!("{time:<20}  {operation:<20}  {outcome:<7}  {who:<28}  {on:<40}  {from}");
        match self.width {
            Some(width) => terminal::line(cut(line.trim_end(), width)),
            None => terminal::line(line.trim_end()),
        }
    }
}

/// The part of an ARN that tells the most; the account is on top of most tables.
fn short(arn: &str) -> &str {
    if arn.starts_with("arn:") { arn.splitn(6, ':').nth(5).unwrap_or(arn) } else { arn }
}

fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_wider_than_the_terminal() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("äöüäöüä", 3), "äö…");
        assert_eq!(short("arn:aws:kms:us-east-1:111122223333:key/k:1"), "key/k:1");
        assert_eq!(short("AWS Internal"), "AWS Internal");
    }
}
