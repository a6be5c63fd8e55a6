//! What an event is looked up by, in as little memory as it takes: there are tens of thousands of
//! events at a time.

use strongroom_engine::ports::archive::EventAttribute as A;

/// Attributes and their values; of resources there may be several, each type followed by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The values, one behind another.
    text: String,
    /// Whose value ends where.
    ends: Vec<(A, usize)>,
}

impl Attributes {
    /// None yet, with room for some.
    pub(super) fn with_room() -> Self {
        Self { text: String::with_capacity(320), ends: Vec::with_capacity(8) }
    }

    /// Appends one.
    pub fn push(&mut self, attribute: A, value: &str) {
        self.text.push_str(value);
        self.ends.push((attribute, self.text.len()));
    }

    /// All of them, in the order in which they were put.
    pub fn iter(&self) -> impl Iterator<Item = (A, &str)> {
        let mut from = 0;
        self.ends.iter().map(move |(attribute, end)| {
            let value = self.text.get(from..*end).unwrap_or_default();
            from = *end;
            (*attribute, value)
        })
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn has(&self, (attribute, value): (A, &str)) -> bool {
        self.iter().any(|one| one == (attribute, value))
    }
}

impl<'a> Extend<(A, &'a str)> for Attributes {
    fn extend<T: IntoIterator<Item = (A, &'a str)>>(&mut self, all: T) {
        all.into_iter().for_each(|(attribute, value)| self.push(attribute, value));
    }
}
