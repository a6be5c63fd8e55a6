//! `strongroom why`: what the audit trail tells of one request, for people.

use crate::cli::WhyArguments;
use crate::terminal::{self, Failure};
use crate::trail;
use strongroom_engine::audit::AuditRecord;
use strongroom_types::KeyId;

pub(crate) fn run(arguments: &WhyArguments) -> Result<(), Failure> {
    // A request's id is a UUID, as that of a key is.
    let id: KeyId = arguments.request.to_ascii_lowercase().parse().map_err(|()| {
        Failure::new(format!("`{}` is no request id: it is a UUID", arguments.request))
    })?;
    let (is_multi_region, wanted) = id.parts();
    let mut found = None;
    trail::read(&arguments.data, |record| {
        if !is_multi_region && record.request == *wanted {
            found = Some(record.clone());
        }
    })?;
    let record = found.ok_or_else(|| {
        Failure::new(format!(
            "the trail has no request {}; requests that were not authenticated leave no record",
            arguments.request
        ))
    })?;
    if arguments.json {
        terminal::line(trail::line(&record));
    } else {
        terminal::line(story(&record).join("\n"));
    }
    Ok(())
}

/// Who asked for what, how it ended, and why.
fn story(record: &AuditRecord) -> Vec<String> {
    let AuditRecord { service, operation, region, account, .. } = record;
    let mut lines = vec![format!("time      {}", record.time.civil())];
    lines.push(match (&record.identity, &record.arrival) {
        (Some(who), Some(from)) => format!(
            "who       {}, access key {}, from {} ({})",
            who.arn, who.access_key, from.source, from.user_agent
        ),
        (Some(who), None) => format!("who       {}", who.arn),
        (None, _) => "who       the service itself".to_owned(),
    });
    lines.push(format!("what      {service}:{operation} in {region}, account {account}"));
    lines.extend(record.resources.iter().map(|arn| format!("on        {arn}")));
    lines.push(match (&record.error_code, &record.error_message) {
        (None, _) => "outcome   served".to_owned(),
        (Some(code), None) => format!("outcome   {code}"),
        (Some(code), Some(message)) => format!("outcome   {code}: {message}"),
    });
    lines.extend(record.reasons.iter().map(|why| format!("because   {why}")));
    if record.reasons.is_empty() {
        lines.push("because   no policy was asked".to_owned());
    }
    lines.iter().map(|line| plain(line)).collect()
}

/// The text without characters that a terminal would obey: callers choose much of what a record
/// says.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(plain("User: ann's \"key\" ä…"), "User: ann's \"key\" ä…");
        let hostile = "a\u{1b}[2Jb\r\nbecause   allowed\u{202e}\u{9b}31m\u{7}";
        let shown = plain(hostile);
        assert!(shown.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{shown}");
        assert!(shown.starts_with("a\\u{1b}[2Jb\\r\\nbecause"), "{shown}");
    }
}
