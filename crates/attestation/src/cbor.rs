//! Reading CBOR (RFC 8949) with the shortest heads (§4.1): strings of definite length, and arrays
//! and maps of either kind, because real hypervisors write both.

use crate::error::AttestationError::{self, Malformed};
use minicbor::Decoder;
use minicbor::data::Type;
use std::ops::RangeInclusive;

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

    /// Reads an array of so many elements, each of them by `read`.
    pub(crate) fn array(
        &mut self,
        bounds: RangeInclusive<u64>,
        read: impl FnMut(&mut Self) -> Result<(), AttestationError>,
    ) -> Result<(), AttestationError> {
        let start = self.decoder.position();
        let len = self.decoder.array().map_err(|_| Malformed(self.part))?;
        self.shortest(start, len.unwrap_or(0), 0)?;
        self.elements(len, bounds, read)
    }

    /// Reads a map of so many pairs, each of them by `read`.
    pub(crate) fn map(
        &mut self,
        bounds: RangeInclusive<u64>,
        read: impl FnMut(&mut Self) -> Result<(), AttestationError>,
    ) -> Result<(), AttestationError> {
        let start = self.decoder.position();
        let len = self.decoder.map().map_err(|_| Malformed(self.part))?;
        self.shortest(start, len.unwrap_or(0), 0)?;
        self.elements(len, bounds, read)
    }

    /// `len` elements, or with none as many as there are before the break.
    fn elements(
        &mut self,
        len: Option<u64>,
        bounds: RangeInclusive<u64>,
        mut read: impl FnMut(&mut Self) -> Result<(), AttestationError>,
    ) -> Result<(), AttestationError> {
        let part = self.part;
        let mut count = 0;
        while len.map_or_else(|| !self.at_break(), |len| count < len) {
            count += 1;
            if count > *bounds.end() {
                return Err(Malformed(part));
            }
            self.at(part);
            read(self)?;
        }
        self.at(part);
        if bounds.contains(&count) { Ok(()) } else { Err(Malformed(part)) }
    }

    /// Whether a break is next; if so it is read.
    fn at_break(&mut self) -> bool {
        let found = self.decoder.datatype().is_ok_and(|kind| kind == Type::Break);
        if found {
            self.decoder.set_position(self.decoder.position() + 1);
        }
        found
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
        if self.decoder.datatype().is_ok_and(|kind| kind == Type::Null) {
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
    fn arrays_and_maps_end_by_count_or_by_a_break() {
        let count = |bytes: &[u8]| {
            let mut reader = Reader::new(bytes, "item");
            let mut sum = 0;
            reader.array(1..=2, |reader| reader.unsigned().map(|value| sum += value))?;
            reader.end().map(|()| sum)
        };
        assert_eq!(count(&[0x82, 1, 2]), Ok(3));
        assert_eq!(count(&[0x9f, 1, 2, 0xff]), Ok(3));
        assert_eq!(count(&[0x9f, 1, 0xff]), Ok(1));
        for bad in [
            &[0x80][..],
            &[0x9f, 0xff],
            &[0x83, 1, 2, 3],
            &[0x9f, 1, 2, 3, 0xff],
            &[0x82, 1],
            &[0x9f, 1, 2],
            &[0x9f, 1, 2, 0xff, 0xff],
            &[0x82, 1, 0xff],
            &[0x98, 2, 1, 2],
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            &[0xa1, 1, 2],
        ] {
            assert_eq!(count(bad), Err(Malformed("item")), "{bad:x?}");
        }
        let mut reader = Reader::new(&[0xbf, 1, 0xff], "item");
        let pairs = reader.map(1..=2, |reader| {
            reader.unsigned()?;
            reader.unsigned().map(drop)
        });
        assert_eq!(pairs, Err(Malformed("item")));
    }

    #[test]
    fn strings_in_pieces_and_other_types_are_refused() {
        let reader = |bytes| Reader::new(bytes, "item");
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
