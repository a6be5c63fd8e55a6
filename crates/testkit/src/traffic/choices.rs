//! Bytes as decisions.

/// What is left of the bytes. When there are none, every decision is the first there is.
pub(super) struct Choices<'b>(&'b [u8]);

impl<'b> Choices<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `count`, which is not 0.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let more = if count > 256 { usize::from(self.byte()) << 8 } else { 0 };
        (more | usize::from(self.byte())) % count
    }

    /// One of these; there is one at least.
    pub(super) fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        of.get(self.below(of.len())).expect("below the length")
    }

    /// Yes so many times out of 256.
    pub(super) fn once_in(&mut self, of_256: u8) -> bool {
        // An end of the bytes is a no.
        self.byte() > 255 - of_256
    }

    /// Up to 63 bytes, as they are.
    pub(super) fn bytes(&mut self) -> &'b [u8] {
        let length = usize::from(self.byte() % 64).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    /// The same as text.
    pub(super) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }
}
