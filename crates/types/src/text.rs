//! Names as text, without the price of `to_string`, which grows its buffer again and again.

use std::fmt::{self, Write as _};

/// Bytes that nearly every name here has room in: an ARN of a key has 75.
const ROOM: usize = 112;

/// `value` as text, in a buffer made once if it has at most 112 bytes.
#[must_use]
pub fn text(value: &(impl fmt::Display + ?Sized)) -> String {
    let mut text = String::with_capacity(ROOM);
    // Writing to a `String` cannot fail.
    let _ = write!(text, "{value}");
    text
}

/// Text of at most `N` bytes, on the stack.
pub struct StackText<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Default for StackText<N> {
    fn default() -> Self {
        Self { bytes: [0; N], length: 0 }
    }
}

impl<const N: usize> StackText<N> {
    /// `value`, if it has room.
    pub fn of(value: &(impl fmt::Display + ?Sized)) -> Option<Self> {
        let mut text = Self::default();
        write!(text, "{value}").ok().map(|()| text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // INVARIANT: only whole texts are written.
        self.bytes
            .get(..self.length)
            .map_or("", |text| std::str::from_utf8(text).unwrap_or_default())
    }
}

impl<const N: usize> fmt::Write for StackText<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_to_string() {
        let long = "x".repeat(1000);
        assert_eq!(text("short"), "short");
        assert_eq!(text(&long), long);
        assert_eq!(StackText::<8>::of(&12_345_678).unwrap().as_str(), "12345678");
        assert!(StackText::<8>::of(&123_456_789).is_none());
        assert_eq!(StackText::<8>::of("").unwrap().as_str(), "");
    }
}
