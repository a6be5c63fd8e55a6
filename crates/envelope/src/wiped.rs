//! Plaintext on its way through memory.

use std::io::{self, Write};
use std::ops::{Deref, DerefMut};
use strongroom_crypto::SecretBytes;

/// Bytes that are wiped when they are dropped, and where they stood when they get more room.
#[derive(Default)]
pub(crate) struct Wiped(Vec<u8>);

impl Wiped {
    /// So many zero bytes, to be written in place.
    pub(crate) fn zeroed(len: usize) -> Self {
        Self(vec![0; len])
    }

    /// Makes room for `more` bytes and no others.
    pub(crate) fn reserve_exact(&mut self, more: usize) {
        let wanted = self.0.len().saturating_add(more);
        if wanted > self.0.capacity() {
            self.grow(wanted);
        }
    }

    fn grow(&mut self, capacity: usize) {
        let mut roomier = Vec::with_capacity(capacity);
        roomier.extend_from_slice(&self.0);
        drop(SecretBytes::new(std::mem::replace(&mut self.0, roomier)));
    }

    /// Puts `bytes` behind those that are there.
    pub(crate) fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.with_room(bytes.len(), usize::MAX).extend_from_slice(bytes);
    }

    /// The bytes with room for `more`, which is all that may be added to them. The room doubles, so that
    /// bytes are moved few times, but does not go beyond `most` unless it has to.
    pub(crate) fn with_room(&mut self, more: usize, most: usize) -> &mut Vec<u8> {
        let wanted = self.0.len().saturating_add(more);
        if wanted > self.0.capacity() {
            self.grow(self.0.capacity().saturating_mul(2).min(most).max(wanted));
        }
        &mut self.0
    }

    /// Takes the bytes away, and leaves their room.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Puts the bytes behind those of `out`; if that has none, without a copy.
    pub(crate) fn move_to(&mut self, out: &mut Vec<u8>) {
        if out.is_empty() && !self.0.is_empty() {
            std::mem::swap(out, &mut self.0);
        } else {
            out.extend_from_slice(&self.0);
            self.0.clear();
        }
    }
}

impl Deref for Wiped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        drop(SecretBytes::new(std::mem::take(&mut self.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stay_in_order_and_move_without_a_copy_if_they_can() {
        let mut bytes = Wiped::default();
        for byte in 0..100 {
            bytes.extend_from_slice(&[byte; 3]);
        }
        assert_eq!(bytes.len(), 300);
        assert!(bytes.chunks(3).zip(0..).all(|(three, byte)| three == [byte; 3]));
        let place = bytes.as_ptr();
        let mut out = Vec::new();
        bytes.move_to(&mut out);
        assert_eq!((out.len(), out.as_ptr(), bytes.len()), (300, place, 0));
        bytes.extend_from_slice(b"abc");
        bytes.move_to(&mut out);
        assert!(out.ends_with(b"abc") && bytes.is_empty());
        bytes.reserve_exact(7);
        assert!(bytes.with_room(7, 0).capacity() >= 7);
        let mut bytes = Wiped::default();
        bytes.extend_from_slice(&[1; 60]);
        assert!((61..120).contains(&bytes.with_room(1, 100).capacity()));
    }
}
