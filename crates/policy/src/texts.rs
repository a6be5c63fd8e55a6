//! The texts that a condition compares with.

use crate::known::Known;
use crate::template::{Case, Template};
use std::borrow::Cow;

/// The values of a condition on texts. Those without wildcards and variables are looked up, not
/// walked, so a list costs little however long it is.
#[derive(Debug)]
pub(crate) struct Texts {
    case: Case,
    /// As they are compared, each once, in ascending order.
    exact: Box<[Box<str>]>,
    patterns: Box<[Template]>,
}

impl Texts {
    /// Those of `templates`, which are all of this case.
    pub(crate) fn new(templates: Box<[Template]>, case: Case) -> Self {
        let mut exact: Vec<Box<str>> = Vec::new();
        let mut patterns = Vec::new();
        for template in templates {
            match template.literal() {
                Some(text) => exact.push(text.into()),
                None => patterns.push(template),
            }
        }
        exact.sort_unstable();
        exact.dedup();
        Self { case, exact: exact.into(), patterns: patterns.into() }
    }

    /// Whether case counts.
    pub(crate) fn case(&self) -> Case {
        self.case
    }

    /// Tells `note` of each variable.
    pub(crate) fn variables(&self, note: &mut dyn FnMut(&str)) {
        self.patterns.iter().for_each(|pattern| pattern.variables(note));
    }

    /// Whether one of these matches `value`, folded.
    pub(crate) fn hold(&self, value: &str, known: &Known<'_>) -> bool {
        self.hold_exactly(value)
            || self.patterns.iter().any(|p| p.matches(value, known) == Some(true))
    }

    /// Whether one of these matches one of `values`, which are folded, each once, in ascending
    /// order.
    pub(crate) fn hold_any(&self, values: &[Cow<'_, str>], known: &Known<'_>) -> bool {
        let is_value = |own: &str| values.binary_search_by(|value| (**value).cmp(own)).is_ok();
        let exactly = match self.exact.len() < values.len() {
            true => self.exact.iter().any(|own| is_value(own)),
            false => values.iter().any(|value| self.hold_exactly(value)),
        };
        exactly
            || self.patterns.iter().any(|pattern| {
                values.iter().any(|value| pattern.matches(value, known) == Some(true))
            })
    }

    /// Whether each of `values`, as [`Texts::hold_any`] takes them, is matched by one of these.
    pub(crate) fn hold_all(&self, values: &[Cow<'_, str>], known: &Known<'_>) -> bool {
        let too_many = self.patterns.is_empty() && values.len() > self.exact.len();
        !too_many && values.iter().all(|value| self.hold(value, known))
    }

    fn hold_exactly(&self, value: &str) -> bool {
        self.exact.binary_search_by(|own| (**own).cmp(value)).is_ok()
    }
}
