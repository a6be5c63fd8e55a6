//! Places in the text of a document: where it is malformed, and where its statements stand.

use crate::malformed::{Malformed, Problem, Step};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A place in a text, as editors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// Characters, from 1.
    pub column: usize,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where it begins.
    pub start: Place,
    /// Behind its last character.
    pub end: Place,
}

impl Place {
    const START: Self = Self { line: 1, column: 1 };

    /// Where `text` is malformed: at the value that is wrong, or that lacks something.
    #[must_use]
    pub fn of(why: &Malformed, text: &str) -> Self {
        if let Problem::Json(words) = why.problem() {
            return Self::told(words);
        }
        let value = value(text, why.steps());
        let offset = value.and_then(|value| offset(value, text)).unwrap_or(0);
        Self::START.behind(text.get(..offset).unwrap_or_default())
    }

    /// Where the parser of JSON says it stopped: `… at line 3 column 7`.
    fn told(words: &str) -> Self {
        let numbers = words.rsplit_once(" at line ").map(|(_, numbers)| numbers);
        let split = numbers.and_then(|numbers| numbers.split_once(" column "));
        let parsed =
            split.and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)));
        let (line, column): (usize, usize) = parsed.unwrap_or((1, 1));
        Self { line: line.max(1), column: column.max(1) }
    }

    /// The place behind `passed`, which begins here.
    fn behind(self, passed: &str) -> Self {
        let Some((before, last)) = passed.rsplit_once('\n') else {
            return Self { column: self.column + passed.chars().count(), ..self };
        };
        Self {
            line: self.line + before.matches('\n').count() + 1,
            column: last.chars().count() + 1,
        }
    }
}

/// Where each statement of the document stands, as AWS tells it: the first from behind the bracket
/// or brace that opens the list or the only statement, the others from behind the one before, each
/// to behind its closing brace. Nothing if the text is no policy.
///
/// Source: IAM API Reference, `SimulatePrincipalPolicy`, whose examples show the first statement;
/// of the others *ours*, by the same rule.
#[must_use]
pub fn statement_spans(text: &str) -> Vec<Span> {
    let whole = value(text, [Step::Member("Statement".to_owned())].iter());
    let Some((statements, opening)) = whole.and_then(|whole| Some((whole, offset(whole, text)?)))
    else {
        return Vec::new();
    };
    let items: Vec<&RawValue> = match serde_json::from_str(statements.get()) {
        Ok(items) => items,
        Err(_) => vec![statements],
    };
    let mut passed = opening + 1;
    let mut start = Place::START.behind(text.get(..passed).unwrap_or_default());
    let mut spans = Vec::with_capacity(items.len());
    for item in items {
        let Some(end) = offset(item, text).map(|at| at + item.get().len()) else { break };
        let behind = start.behind(text.get(passed..end).unwrap_or_default());
        spans.push(Span { start, end: behind });
        (passed, start) = (end, behind);
    }
    spans
}

/// The value to which the steps lead, or the last one on the way that is there.
fn value<'a, 's>(text: &'a str, steps: impl Iterator<Item = &'s Step>) -> Option<&'a RawValue> {
    let mut value: &RawValue = serde_json::from_str(text).ok()?;
    for step in steps {
        let inside: Option<&RawValue> = match step {
            Step::Member(name) => {
                let members: BTreeMap<Cow<'_, str>, &RawValue> =
                    serde_json::from_str(value.get()).ok()?;
                members.get(name.as_str()).copied()
            }
            Step::Item(index) => {
                let items: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
                items.get(*index).copied()
            }
        };
        let Some(inside) = inside else { break };
        value = inside;
    }
    Some(value)
}

/// Where in `text` a value stands that was read from it: a raw value is a part of that.
fn offset(value: &RawValue, text: &str) -> Option<usize> {
    value.get().as_ptr().addr().checked_sub(text.as_ptr().addr())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[track_caller]
    fn place(text: &str) -> (usize, usize) {
        let Place { line, column } = Place::of(&Policy::key_policy(text).unwrap_err(), text);
        (line, column)
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let text = |statement: &str| format!("{{\n  \"Statement\": [\n    {statement}\n  ]\n}}");
        assert_eq!(place(&text(r#"{"Effect": "Allow", "Principal": "x"}"#)), (3, 38));
        assert_eq!(place(&text(r#"{"Effect": "Allow"}"#)), (3, 5));
        assert_eq!(place(&text(r#"{"Effect": "Ällow", "Principal": "*"}"#)), (3, 16));
        let dots =
            r#"{"Effect":"Deny","Principal":"*","Condition":{"Bool":{"aws:a.b[0]":["true","x"]}}}"#;
        assert_eq!(place(&text(dots)), (3, 80));
        assert_eq!(place("{\n  \"Statement\": oops\n}"), (2, 16));
        assert_eq!(place("[]"), (1, 1));
        assert_eq!(place(""), (1, 1));
    }

    fn spans(text: &str) -> Vec<[usize; 4]> {
        let numbers =
            |span: Span| [span.start.line, span.start.column, span.end.line, span.end.column];
        statement_spans(text).into_iter().map(numbers).collect()
    }

    /// The numbers of AWS's own examples.
    #[test]
    fn statements_stand_where_aws_says() {
        let only = "{\n  \"Version\":\"2012-10-17\",\n  \"Statement\":{\n    \"Effect\":\"Allow\",\n    \
                    \"Action\":\"s3:PutObject\",\n    \
                    \"Resource\":\"arn:aws:s3:::my-test-bucket\"\n  }\n}";
        assert_eq!(spans(only), [[3, 16, 7, 4]]);
        let line = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        assert_eq!(spans(line), [[1, 38, 1, 84]]);
        let list = "{\n  \"Statement\": [\n    {\"Sid\": \"é\"},\n    {}\n  ]\n}";
        assert_eq!(spans(list), [[2, 17, 3, 17], [3, 17, 4, 7]]);
        for none in ["", "{}", "[]", "7", "{\"Statement\": []}"] {
            assert!(spans(none).len() < 2, "{none}");
        }
    }
}
