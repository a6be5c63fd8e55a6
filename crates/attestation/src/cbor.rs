//! Reading CBOR (RFC 8949) that has one encoding only: definite lengths, shortest heads (§4.1).

use crate::error::AttestationError::{self, Malformed};
use minicbor::Decoder;
use minicbor::data::Type;

/// Reads items of known types, one after the other, and nothing that is nested by itself: the
/// depth of what is read is the caller's.
pub(crate) struct Reader<'b> {
    decoder: Decoder<'b>,
    /// What is being read, for the error.
    part: &'static str,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8], part: &'static str) -> Self {
        Self { decoder: Decoder::new(bytes), part }
    }

    /// Says what is read from here on.
    pub(crate) fn at(&mut self, part: &'static str) -> &mut Self {
        self.part = part;
        self
    }

    /// The number of elements of an array that begins here.
    pub(crate) fn array(&mut self) -> Result<u64, AttestationError> {
        let start = self.decoder.position();
        let len = self.decoder.array().ok().flatten().ok_or(Malformed(self.part))?;
        self.shortest(start, len, 0).map(|()| len)
    }

    /// The number of pairs of a map that begins here.
    pub(crate) fn map(&mut self) -> Result<u64, AttestationError> {
        let start = self.decoder.position();
        let len = self.decoder.map().ok().flatten().ok_or(Malformed(self.part))?;
        self.shortest(start, len, 0).map(|()| len)
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, AttestationError> {
        let start = self.decoder.position();
        let value = self.decoder.u64().map_err(|_| Malformed(self.part))?;
        self.shortest(start, value, 0).map(|()| value)
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, AttestationError> {
        let start = self.decoder.position();
        let text = self.decoder.str().map_err(|_| Malformed(self.part))?;
        self.shortest(start, text.len() as u64, text.len()).map(|()| text)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'b [u8], AttestationError> {
        let start = self.decoder.position();
        let bytes = self.decoder.bytes().map_err(|_| Malformed(self.part))?;
        self.shortest(start, bytes.len() as u64, bytes.len()).map(|()| bytes)
    }

    /// A byte string, or null.
    pub(crate) fn optional_bytes(&mut self) -> Result<Option<&'b [u8]>, AttestationError> {
        if self.decoder.datatype() == Ok(Type::Null) {
            self.decoder.null().map_err(|_| Malformed(self.part))?;
            return Ok(None);
        }
        self.bytes().map(Some)
    }

    /// Checks that nothing follows.
    pub(crate) fn end(&self) -> Result<(), AttestationError> {
        let all = self.decoder.input().len();
        if self.decoder.position() == all { Ok(()) } else { Err(Malformed(self.part)) }
    }

    /// Checks that the item that began at `start` has the shortest head for its argument.
    fn shortest(
        &self,
        start: usize,
        argument: u64,
        content: usize,
    ) -> Result<(), AttestationError> {
        let head = match argument {
            0..24 => 1,
            24..0x100 => 2,
            0x100..0x1_0000 => 3,
            0x1_0000..0x1_0000_0000 => 5,
            _ => 9,
        };
        let read = self.decoder.position().checked_sub(start);
        if read == Some(head + content) { Ok(()) } else { Err(Malformed(self.part)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_head_is_read_and_no_other() {
        let read = |bytes: &[u8]| Reader::new(bytes, "number").unsigned();
        for (shortest, value) in [
            (&[0x17][..], 23),
            (&[0x18, 24], 24),
            (&[0x18, 0xff], 255),
            (&[0x19, 1, 0], 256),
            (&[0x1a, 0, 1, 0, 0], 0x1_0000),
            (&[0x1b, 0, 0, 0, 1, 0, 0, 0, 0], 0x1_0000_0000),
        ] {
            assert_eq!(read(shortest), Ok(value));
        }
        for longer in [
            &[0x18, 23][..],
            &[0x19, 0, 0xff],
            &[0x1a, 0, 0, 0xff, 0xff],
            &[0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(read(longer), Err(Malformed("number")));
        }
    }

    #[test]
    fn indefinite_lengths_and_other_types_are_refused() {
        let reader = |bytes| Reader::new(bytes, "item");
        assert_eq!(reader(&[0x9f, 0xff]).array(), Err(Malformed("item")));
        assert_eq!(reader(&[0xbf, 0xff]).map(), Err(Malformed("item")));
        assert_eq!(reader(&[0x7f, 0xff]).text(), Err(Malformed("item")));
        assert_eq!(reader(&[0x5f, 0xff]).bytes(), Err(Malformed("item")));
        assert_eq!(reader(&[0x20]).unsigned(), Err(Malformed("item")));
        assert_eq!(reader(&[0x61, b'a']).bytes(), Err(Malformed("item")));
        assert_eq!(reader(&[0x61, 0xff]).text(), Err(Malformed("item")));
        assert_eq!(reader(&[0xf7]).optional_bytes(), Err(Malformed("item")));
        assert_eq!(reader(&[0xf6]).optional_bytes(), Ok(None));
        assert_eq!(reader(&[0x41, 7]).optional_bytes(), Ok(Some(&[7][..])));
        assert_eq!(reader(&[0x5b, 0xff, 0, 0, 0, 0, 0, 0, 0]).bytes(), Err(Malformed("item")));
        assert_eq!(reader(&[0]).end(), Err(Malformed("item")));
    }
}
