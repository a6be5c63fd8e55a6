//! `strongroom policy check`: whether a document is a policy, and where not.

use super::asker::{On, given, principal};
use super::document::{read, suffix};
use crate::cli::CheckArguments;
use crate::terminal::{self, Failure};
use serde_json::{Value, json};
use strongroom_engine::{LOCKED_OUT, malformed_policy, overly_permissive};
use strongroom_policy::{Place, Policy, Sources, locks_out};
use strongroom_types::Action;

/// What was found: a policy of so many statements, one that would be refused all the same, or none.
enum Finding {
    Good(usize),
    Refused(String),
    Malformed { message: String, detail: String, place: Place },
}

pub(super) fn run(arguments: &CheckArguments) -> Result<bool, Failure> {
    let text = read(&arguments.file)?;
    let finding = find(arguments, &text)?;
    if arguments.json {
        terminal::line(in_json(arguments, &finding));
    } else {
        let name = arguments.file.display().to_string();
        terminal::line(in_words(arguments, &finding, &name, &text).join("\n"));
    }
    Ok(matches!(finding, Finding::Good(_)))
}

fn find(arguments: &CheckArguments, text: &str) -> Result<Finding, Failure> {
    let parsed = match arguments.identity {
        true => Policy::identity_policy(text),
        false => Policy::key_policy(text),
    };
    let policy = match parsed {
        Ok(policy) => policy,
        Err(why) => {
            let (message, detail) = (malformed_policy(&why), why.to_string());
            return Ok(Finding::Malformed { message, detail, place: Place::of(&why, text) });
        }
    };
    if let Some(key) = policy.overly_permissive().filter(|_| !arguments.identity) {
        return Ok(Finding::Refused(overly_permissive(key)));
    }
    if let (Some(who), Some(key)) = (&arguments.principal, &arguments.key) {
        let (who, on) = (principal(who)?, On::parse(key)?);
        let On::Key(arn) = on else {
            return Err(Failure::new(format!("`{key}` is no ARN of a key")));
        };
        // What an identity policy could add is not known here, so it counts for nothing.
        let facts = given(&[], &who, Action::new("kms:PutKeyPolicy"), &on)?;
        if locks_out(&policy, &who, arn, &Sources::default(), &facts) {
            return Ok(Finding::Refused(LOCKED_OUT.to_owned()));
        }
    }
    Ok(Finding::Good(policy.len()))
}

const fn kind(arguments: &CheckArguments) -> &'static str {
    if arguments.identity { "identity policy" } else { "key policy" }
}

fn in_words(arguments: &CheckArguments, finding: &Finding, name: &str, text: &str) -> Vec<String> {
    match finding {
        Finding::Good(count) => {
            let article = if arguments.identity { "an" } else { "a" };
            let plural = if *count == 1 { "" } else { "s" };
            vec![format!("{name}: {article} {} of {count} statement{plural}", kind(arguments))]
        }
        Finding::Refused(message) => vec![format!("MalformedPolicyDocumentException: {message}")],
        Finding::Malformed { message, detail, place } => {
            let quoted = text.lines().nth(place.line - 1).unwrap_or_default();
            let number = place.line.to_string();
            // What a tab is as wide as is the terminal's business; the line has it, too.
            let blank = |c: char| if c == '\t' { '\t' } else { ' ' };
            let margin: String = quoted.chars().take(place.column - 1).map(blank).collect();
            let indent = " ".repeat(number.len());
            let mut lines = vec![
                format!("{name}{}: {detail}", suffix(*place)),
                format!("{number} | {quoted}"),
                format!("{indent} | {margin}^"),
            ];
            if !arguments.identity {
                lines.push(format!("MalformedPolicyDocumentException: {message}"));
            }
            lines
        }
    }
}

fn in_json(arguments: &CheckArguments, finding: &Finding) -> Value {
    let kind = kind(arguments);
    match finding {
        Finding::Good(count) => json!({"kind": kind, "valid": true, "statements": count}),
        Finding::Refused(message) => json!({"kind": kind, "valid": false, "message": message}),
        Finding::Malformed { message, detail, place: Place { line, column } } => {
            json!({"kind": kind, "valid": false, "message": message, "detail": detail,
                   "line": line, "column": column})
        }
    }
}
