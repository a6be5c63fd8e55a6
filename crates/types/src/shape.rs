//! Shapes of wire fields: kind, bounds and pattern, defined once for the interpreter that checks
//! requests, for the audit record (which omits secret shapes) and for the test that compares them
//! with the public API model.

use crate::ErrorCode;

/// A member of a request.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Name on the wire, `KeyId`.
    pub name: &'static str,
    /// What it must look like.
    pub shape: &'static Shape,
    /// Whether the model requires it.
    pub required: bool,
    /// How a value that breaks a constraint is refused, where it is not as all others are: the code,
    /// and a text in which `{}` stands for the value.
    pub refused_as: Option<(ErrorCode, &'static str)>,
}

impl Field {
    /// The same member, refused in this way when its value breaks a constraint.
    #[must_use]
    pub const fn refused_as(self, code: ErrorCode, text: &'static str) -> Self {
        Self { refused_as: Some((code, text)), ..self }
    }
}

/// A member that must be present.
#[must_use]
pub const fn required(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, shape, required: true, refused_as: None }
}

/// A member that may be absent.
#[must_use]
pub const fn optional(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, shape, required: false, refused_as: None }
}

/// What a value must look like.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Name of the shape in the public API model, by which a test finds it there.
    pub model: &'static str,
    /// Type and bounds.
    pub kind: Kind,
    /// How much of it errors and the audit record may show.
    pub visibility: Visibility,
}

/// Who may see a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Shown in validation errors and in the audit record.
    Open,
    /// Shown nowhere: plaintext, and what CloudTrail leaves out (ciphertext, signatures, MACs, key
    /// material, grant tokens, passwords).
    Withheld,
}

/// Type and bounds of a shape.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text; length in characters.
    Text {
        /// Least length.
        min: usize,
        /// Greatest length.
        max: usize,
        /// What the whole text must match.
        pattern: Option<&'static Pattern>,
    },
    /// Text that is secret: like [`Self::Text`], and wiped when it is dropped.
    Secret {
        /// Least length.
        min: usize,
        /// Greatest length.
        max: usize,
        /// What the whole text must match.
        pattern: Option<&'static Pattern>,
    },
    /// One of these names, in the order of AWS's error texts.
    Name(&'static [&'static str]),
    /// Bytes, base64 on the wire; length in bytes after decoding.
    Blob {
        /// Least length.
        min: usize,
        /// Greatest length.
        max: usize,
    },
    /// A whole number.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// True or false.
    Boolean,
    /// A point in time; a number of seconds on the wire.
    Time,
    /// A list.
    List {
        /// What each member looks like.
        member: &'static Shape,
        /// Least number of members.
        min: usize,
        /// Greatest number of members.
        max: usize,
    },
    /// Texts by text.
    Map,
    /// Named members.
    Structure(&'static [Field]),
}

/// A pattern of the model, as the text that errors show and as a function.
#[derive(Clone, Copy)]
pub struct Pattern {
    /// The regular expression, as AWS prints it.
    pub text: &'static str,
    /// Whether a whole text matches it.
    pub matches: fn(&str) -> bool,
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text)
    }
}
