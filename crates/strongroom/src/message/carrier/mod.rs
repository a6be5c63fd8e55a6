//! Messages in pictures and sounds: in the lowest bit of each sample, where an eye or ear does not
//! notice. It hides that there is a message from who looks at the picture, and not from who looks for
//! messages: their bits are more even than a camera's. What is hidden is always an encrypted message.
//!
//! The bits of the samples, in the order of the file, are the message's length in bytes as a 32-bit
//! number and then the message, most significant bits first. Samples behind it are left alone.

mod png;
mod wav;

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

/// The largest file of a carrier, bytes. Our choice: a camera's raw pictures are smaller.
const MAX_FILE: usize = 128 << 20;
/// Bits before the message.
const PREFIX: usize = 32;

/// Why there is no message in a carrier, or none can be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It cannot be read.
    Unreadable(String),
    /// It is neither of the kinds that are known.
    Unknown,
    /// It is larger than what is read.
    Large,
    /// It is of a kind that is known and a form that is not.
    Form(String),
    /// The message has so many bytes, and there is room for so many.
    Small { message: usize, room: usize },
    /// There is nothing in it.
    Nothing,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => f.write_str(why),
            Self::Unknown => f.write_str("neither a PNG picture nor a WAV sound"),
            Self::Large => write!(f, "larger than the {} MiB that are read", MAX_FILE >> 20),
            Self::Form(why) => f.write_str(why),
            Self::Small { message, room } => write!(
                f,
                "too small: the message has {message} bytes, and there is room for {room}"
            ),
            Self::Nothing => f.write_str("there is no message in it"),
        }
    }
}

/// A carrier, read.
pub(super) struct Carrier(Kind);

enum Kind {
    Png(Box<png::Picture>),
    Wav(wav::Sound),
}

/// Whether a file that begins so is a carrier; no message begins so.
pub(super) fn is_carrier(start: &[u8]) -> bool {
    start.starts_with(png::SIGNATURE) || start.starts_with(wav::SIGNATURE)
}

impl Carrier {
    /// The carrier in a file.
    pub(super) fn open(path: &Path) -> Result<Self, Refused> {
        let unreadable = |why: io::Error| Refused::Unreadable(why.to_string());
        Self::read(std::fs::File::open(path).map_err(unreadable)?)
    }

    /// The carrier that comes here, whole.
    pub(super) fn read(from: impl Read) -> Result<Self, Refused> {
        let mut bytes = Vec::new();
        let most = u64::try_from(MAX_FILE).unwrap_or(u64::MAX) + 1;
        let read = from.take(most).read_to_end(&mut bytes);
        read.map_err(|why| Refused::Unreadable(why.to_string()))?;
        if bytes.len() > MAX_FILE {
            return Err(Refused::Large);
        }
        let kind = match () {
            () if bytes.starts_with(png::SIGNATURE) => {
                Kind::Png(Box::new(png::Picture::read(&bytes)?))
            }
            () if bytes.starts_with(wav::SIGNATURE) => Kind::Wav(wav::Sound::read(bytes)?),
            () => return Err(Refused::Unknown),
        };
        Ok(Self(kind))
    }

    /// How many bytes of a message there is room for.
    pub(super) fn room(&self) -> usize {
        let samples = match &self.0 {
            Kind::Png(picture) => picture.samples(),
            Kind::Wav(sound) => sound.samples(),
        };
        samples.saturating_sub(PREFIX) / 8
    }

    /// The same with `message` in it, as a file.
    pub(super) fn hide(self, message: &[u8]) -> Result<Vec<u8>, Refused> {
        let small = Refused::Small { message: message.len(), room: self.room() };
        let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= self.room());
        let prefix = length.ok_or(small)?.to_be_bytes();
        let bytes = prefix.iter().chain(message);
        let bits = bytes.flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
        match self.0 {
            Kind::Png(picture) => picture.with(bits),
            Kind::Wav(sound) => Ok(sound.with(bits)),
        }
    }

    /// The message in it.
    pub(super) fn found(&self) -> Result<Vec<u8>, Refused> {
        let bits: Box<dyn Iterator<Item = u8> + '_> = match &self.0 {
            Kind::Png(picture) => Box::new(picture.bits()),
            Kind::Wav(sound) => Box::new(sound.bits()),
        };
        let mut bytes = Bytes(bits);
        let mut prefix = [0; PREFIX / 8];
        for to in &mut prefix {
            *to = bytes.next().ok_or(Refused::Nothing)?;
        }
        let length = usize::try_from(u32::from_be_bytes(prefix)).unwrap_or(usize::MAX);
        if length == 0 || length > self.room() {
            return Err(Refused::Nothing);
        }
        Ok(bytes.take(length).collect())
    }
}

/// Bytes of bits.
struct Bytes<I>(I);

impl<I: Iterator<Item = u8>> Iterator for Bytes<I> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let mut byte = 0;
        for _ in 0..8 {
            byte = byte << 1 | self.0.next()?;
        }
        Some(byte)
    }
}

/// Puts bits into the lowest bits of samples, of which `samples` are the bytes that have them.
fn put<'b>(samples: impl Iterator<Item = &'b mut u8>, bits: impl Iterator<Item = u8>) {
    for (sample, bit) in samples.zip(bits) {
        *sample = *sample & !1 | bit;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use proptest::prelude::*;

    pub(super) fn png(
        width: u32,
        height: u32,
        color: ::png::ColorType,
        depth: ::png::BitDepth,
    ) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut file, width, height);
        encoder.set_color(color);
        encoder.set_depth(depth);
        let mut writer = encoder.write_header().unwrap();
        let samples = color.samples() * width as usize * height as usize;
        let bytes = samples * depth as usize / 8;
        let data: Vec<u8> = (0..bytes).map(|at| (at * 31 % 251) as u8).collect();
        writer.write_image_data(&data).unwrap();
        writer.finish().unwrap();
        file
    }

    fn of(file: &[u8]) -> Result<Carrier, Refused> {
        Carrier::read(file)
    }

    #[test]
    fn what_is_hidden_is_found() {
        use ::png::{BitDepth, ColorType};
        let pictures = [
            png(20, 20, ColorType::Rgb, BitDepth::Eight),
            png(20, 20, ColorType::Rgba, BitDepth::Sixteen),
            png(40, 20, ColorType::Grayscale, BitDepth::Eight),
            png(40, 20, ColorType::GrayscaleAlpha, BitDepth::Eight),
            wav::tests::wav(1, 2, 16, 500),
            wav::tests::wav(1, 1, 8, 800),
            wav::tests::wav(1, 2, 24, 500),
        ];
        for file in pictures {
            let room = of(&file).unwrap().room();
            assert!(room > 60, "{room}");
            let longest: Vec<u8> = (0..room).map(|at| at as u8).collect();
            for message in [&b"m"[..], b"message", &longest] {
                let with = of(&file).unwrap().hide(message).unwrap();
                assert!(is_carrier(&with));
                assert_eq!(of(&with).unwrap().found().unwrap(), message);
            }
            let over = vec![0; room + 1];
            let small = Refused::Small { message: room + 1, room };
            assert_eq!(of(&file).unwrap().hide(&over).unwrap_err(), small);
        }
    }

    #[test]
    fn what_is_no_carrier_is_told() {
        use ::png::{BitDepth, ColorType};
        assert_eq!(of(b"").err().unwrap(), Refused::Unknown);
        assert_eq!(of(b"\x02\x05\x78").err().unwrap(), Refused::Unknown);
        let one_bit = png(64, 64, ColorType::Grayscale, BitDepth::One);
        assert!(matches!(of(&one_bit), Err(Refused::Form(_))));
        let good = png(20, 20, ColorType::Rgb, BitDepth::Eight);
        for cut in [9, 20, 40, good.len() - 13] {
            assert!(matches!(of(&good[..cut]), Err(Refused::Form(_))), "{cut}");
        }
        // Its samples' lowest bits are those of a pattern, and so long is no message.
        assert_eq!(of(&good).unwrap().found(), Err(Refused::Nothing));
        assert!(matches!(of(&wav::tests::wav(3, 2, 32, 500)), Err(Refused::Form(_))), "floats");
    }

    #[test]
    fn a_picture_that_says_it_is_huge_is_not_unpacked() {
        let mut huge = png(20, 20, ::png::ColorType::Rgb, ::png::BitDepth::Eight);
        // IHDR: width and height behind the signature, a length and a name.
        huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let crc = crc(&huge[12..29]);
        huge[29..33].copy_from_slice(&crc.to_be_bytes());
        let refused = of(&huge).err().unwrap();
        assert_eq!(refused, Refused::Large, "{refused}");
    }

    /// CRC-32 as PNG has it (ISO/IEC 15948, annex D).
    fn crc(bytes: &[u8]) -> u32 {
        let step = |crc: u32, byte: &u8| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
                1 => crc >> 1 ^ 0xedb8_8320,
                _ => crc >> 1,
            })
        };
        !bytes.iter().fold(u32::MAX, step)
    }

    proptest! {
        #[test]
        fn no_file_is_too_strange(mut bytes in prop::collection::vec(any::<u8>(), 0..300), png in any::<bool>()) {
            let start: &[u8] = if png { super::png::SIGNATURE } else { wav::SIGNATURE };
            bytes.splice(0..0, start.iter().copied());
            if let Ok(carrier) = of(&bytes) {
                let _ = carrier.found();
            }
        }
    }
}
