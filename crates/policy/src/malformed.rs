//! Why a text is no policy.

use std::fmt;

/// A refused policy document: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// From the inside out.
    steps: Vec<Step>,
    problem: Problem,
}

/// A step from the document towards a place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into the member of this name.
    Member(String),
    /// To the list's item of this index, from 0.
    Item(usize),
}

impl Malformed {
    /// The steps from the document to the place; none for the document itself.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().rev()
    }

    /// The place in the document, `Statement[2].Principal.AWS[0]`; empty for the document itself.
    #[must_use]
    pub fn place(&self) -> String {
        let mut place = String::new();
        for step in self.steps() {
            match step {
                Step::Member(name) => {
                    place.push_str(if place.is_empty() { "" } else { "." });
                    place.push_str(name);
                }
                Step::Item(index) => place.push_str(&format!("[{index}]")),
            }
        }
        place
    }

    /// What is wrong there.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The same, found inside the member `name`.
    pub(crate) fn within(mut self, name: &str) -> Self {
        self.steps.push(Step::Member(name.to_owned()));
        self
    }

    /// The same, found in the list's item `index`, from 0.
    pub(crate) fn at(mut self, index: usize) -> Self {
        self.steps.push(Step::Item(index));
        self
    }
}

impl From<Problem> for Malformed {
    fn from(problem: Problem) -> Self {
        Self { steps: Vec::new(), problem }
    }
}

/// Writes the place, if it is not the document itself, and what is wrong:
/// `Statement[2].Principal.AWS[0]: the principal is invalid`.
impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.steps.is_empty() {
            write!(f, "{}: ", self.place())?;
        }
        fmt::Display::fmt(&self.problem, f)
    }
}

impl std::error::Error for Malformed {}

/// What is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The document is longer than this many bytes.
    TooLong {
        /// Greatest length in bytes.
        limit: usize,
    },
    /// No JSON, or a member is repeated, or it is nested too deeply. Carries the parser's words.
    Json(String),
    /// An object is wanted.
    NotObject,
    /// A string is wanted.
    NotText,
    /// A string or a list of strings is wanted.
    NotTexts,
    /// Strings, numbers and truth values are wanted, or a list of them.
    NotValues,
    /// The list or object has no members, or the text is empty.
    Empty,
    /// The language has no element of this name here.
    UnknownElement,
    /// This element is needed.
    Missing(&'static str),
    /// Two elements exclude each other.
    Both(&'static str, &'static str),
    /// Neither `2012-10-17` nor `2008-10-17`.
    Version,
    /// Neither `Allow` nor `Deny`.
    Effect,
    /// Another statement has this Sid.
    RepeatedSid,
    /// In an identity policy a Sid is of letters and digits.
    SidCharacters,
    /// An identity policy applies to whom it is attached to and names no principal.
    PrincipalForbidden,
    /// A trust policy is of its role and names no resource.
    ResourceForbidden,
    /// `NotPrincipal` with `Allow` would allow everybody else in the world.
    AllowNotPrincipal,
    /// Neither `*`, an account, nor an ARN that can be a principal.
    Principal,
    /// Neither `*` nor `service:name`.
    Action,
    /// Neither `*` nor an ARN of six parts.
    Resource,
    /// A policy variable that is not closed, has no name, or stands where none may.
    Variable,
    /// No such condition operator.
    Operator,
    /// A condition key is `service:name`.
    ConditionKey,
    /// The operator does not take such a value.
    ConditionValue,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::TooLong { limit } => return write!(f, "the policy is longer than {limit} bytes"),
            Self::Json(words) => return write!(f, "not a JSON document: {words}"),
            Self::Missing(name) => return write!(f, "the element {name} is missing"),
            Self::Both(one, other) => return write!(f, "{one} and {other} exclude each other"),
            Self::NotObject => "an object is expected",
            Self::NotText => "a string is expected",
            Self::NotTexts => "a string or a list of strings is expected",
            Self::NotValues => "a string, number, boolean or a list of them is expected",
            Self::Empty => "there must be at least one value",
            Self::UnknownElement => "there is no such element",
            Self::Version => "the version must be 2012-10-17 or 2008-10-17",
            Self::Effect => "the effect must be Allow or Deny",
            Self::RepeatedSid => "statement ids must be unique",
            Self::SidCharacters => "a statement id must be of letters and digits",
            Self::PrincipalForbidden => "an identity-based policy must not name principals",
            Self::ResourceForbidden => "a role trust policy must not name resources",
            Self::AllowNotPrincipal => "NotPrincipal cannot be used with the effect Allow",
            Self::Principal => "the principal is invalid",
            Self::Action => "an action must be * or of the form service:name",
            Self::Resource => "a resource must be * or an ARN of six parts",
            Self::Variable => "the policy variable is invalid or stands where none may",
            Self::Operator => "there is no such condition operator",
            Self::ConditionKey => "a condition key must be of the form service:name",
            Self::ConditionValue => "the value is invalid for the condition operator",
        };
        f.write_str(text)
    }
}
