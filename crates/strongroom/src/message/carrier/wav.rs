//! Sounds: WAV with whole numbers of 8, 16, 24 or 32 bits. Of a file that is a list of chunks only the
//! samples are touched, so that all else in it stays as it is, byte for byte; a codec would write it
//! anew without what it does not know.
//!
//! Source: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (RIFF WAVE).

use super::{Refused, put};
use std::ops::Range;

/// What every file begins with; a length and `WAVE` follow.
pub(super) const SIGNATURE: &[u8] = b"RIFF";

/// Whole numbers, and the form that says in its own chunk that it is so.
const PCM: u16 = 1;
const EXTENSIBLE: u16 = 0xfffe;

/// A sound.
pub(super) struct Sound {
    file: Vec<u8>,
    /// Where the samples are.
    data: Range<usize>,
    /// Bytes of a sample; the first is the least significant.
    width: usize,
}

impl Sound {
    pub(super) fn read(file: Vec<u8>) -> Result<Self, Refused> {
        let broken = || Refused::Form("a broken WAV sound".to_owned());
        if file.get(8..12) != Some(b"WAVE") {
            return Err(broken());
        }
        let mut at = 12;
        let mut width = None;
        loop {
            let head =
                file.get(at..).and_then(|rest| rest.first_chunk::<8>()).ok_or_else(broken)?;
            let ([name, length], _) = head.as_chunks::<4>() else { return Err(broken()) };
            let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| broken())?;
            let begin = at + 8;
            let end = begin.checked_add(length).filter(|end| *end <= file.len());
            let content = begin..end.ok_or_else(broken)?;
            if name == b"fmt " {
                width = Some(form(file.get(content.clone()).unwrap_or_default())?);
            } else if name == b"data" {
                let width = width.ok_or_else(broken)?;
                return Ok(Self { file, data: content, width });
            }
            // A chunk of odd length is followed by a byte that says nothing.
            at = content.end + length % 2;
        }
    }

    pub(super) fn samples(&self) -> usize {
        self.data.len() / self.width
    }

    /// The lowest bits of all samples.
    pub(super) fn bits(&self) -> impl Iterator<Item = u8> + '_ {
        let data = self.file.get(self.data.clone()).unwrap_or_default();
        data.iter().step_by(self.width).map(|byte| byte & 1)
    }

    /// The file, with these bits.
    pub(super) fn with(mut self, bits: impl Iterator<Item = u8>) -> Vec<u8> {
        let data = self.file.get_mut(self.data).unwrap_or_default();
        put(data.iter_mut().step_by(self.width), bits);
        self.file
    }
}

/// The bytes of a sample, of the chunk that says how samples are written.
fn form(chunk: &[u8]) -> Result<usize, Refused> {
    let number = |at: usize| {
        let bytes = chunk.get(at..).and_then(|rest| rest.first_chunk::<2>());
        bytes.map(|bytes| u16::from_le_bytes(*bytes))
    };
    let (kind, bits) = (number(0), number(14));
    let kind = if kind == Some(EXTENSIBLE) { number(24) } else { kind };
    match (kind, bits) {
        (Some(PCM), Some(bits @ (8 | 16 | 24 | 32))) => Ok(usize::from(bits / 8)),
        _ => {
            let why = "a WAV sound that is compressed, or of other numbers than whole ones";
            Err(Refused::Form(why.to_owned()))
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    pub(in super::super) fn wav(kind: u16, channels: u16, bits: u16, frames: u32) -> Vec<u8> {
        let block = channels * bits / 8;
        let data: Vec<u8> =
            (0..frames * u32::from(block)).map(|at| (at * 37 % 253) as u8).collect();
        let mut file = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        file.extend(kind.to_le_bytes());
        file.extend(channels.to_le_bytes());
        file.extend(44_100u32.to_le_bytes());
        file.extend((44_100 * u32::from(block)).to_le_bytes());
        file.extend(block.to_le_bytes());
        file.extend(bits.to_le_bytes());
        file.extend(b"data");
        file.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        file.extend(data);
        file.extend(b"id3 \x04\0\0\0tail");
        file
    }

    #[test]
    fn only_the_lowest_bits_of_samples_change() {
        let before = wav(1, 2, 16, 100);
        let after = Sound::read(before.clone()).unwrap().with(std::iter::repeat_n(1, 50));
        let changed: Vec<_> = (0..before.len()).filter(|at| before[*at] != after[*at]).collect();
        let start = before.windows(4).position(|four| four == b"data").unwrap() + 8;
        assert!(!changed.is_empty());
        for at in changed {
            assert!((start..start + 100).contains(&at) && (at - start) % 2 == 0);
            assert_eq!(before[at] ^ after[at], 1);
        }
    }

    #[test]
    fn a_broken_sound_is_told() {
        let good = wav(1, 2, 16, 100);
        for cut in [4, 11, 15, 30, 50, 100] {
            assert!(Sound::read(good[..cut].to_vec()).is_err(), "{cut}");
        }
    }
}
