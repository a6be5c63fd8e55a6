//! Pictures: PNG of 8 or 16 bits a sample, without a palette.
//!
//! Source: ISO/IEC 15948 (Portable Network Graphics).

use super::{MAX_FILE, Refused, put};
use png::{BitDepth, ColorType, Decoder, DecodingError, Encoder, Info, Limits, Transformations};
use std::io::Cursor;

/// What every file begins with.
pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A picture, unpacked.
pub(super) struct Picture {
    info: Info<'static>,
    /// Samples in their order, most significant bytes first.
    data: Vec<u8>,
}

impl Picture {
    pub(super) fn read(file: &[u8]) -> Result<Self, Refused> {
        // What chunks besides the picture unpack to is bounded by this, and the picture below.
        let mut decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes: MAX_FILE });
        decoder.set_transformations(Transformations::IDENTITY);
        let mut reader = decoder.read_info().map_err(|why| broken(&why))?;
        let info = reader.info();
        if info.animation_control.is_some() {
            return Err(Refused::Form(
                "an animation, of which players show other pictures".to_owned(),
            ));
        }
        let is_deep = matches!(info.bit_depth, BitDepth::Eight | BitDepth::Sixteen);
        if info.color_type == ColorType::Indexed || !is_deep {
            let why =
                "a picture with a palette, or of less than 8 bits a sample: convert it to RGB";
            return Err(Refused::Form(why.to_owned()));
        }
        let size = reader.output_buffer_size().filter(|size| *size <= MAX_FILE);
        let mut data = vec![0; size.ok_or(Refused::Large)?];
        reader.next_frame(&mut data).map_err(|why| broken(&why))?;
        reader.finish().map_err(|why| broken(&why))?;
        let mut info = reader.info().clone();
        info.interlaced = false;
        Ok(Self { info, data })
    }

    /// Bytes of a sample.
    fn width(&self) -> usize {
        if self.info.bit_depth == BitDepth::Sixteen { 2 } else { 1 }
    }

    pub(super) fn samples(&self) -> usize {
        self.data.len() / self.width()
    }

    /// The lowest bits of all samples.
    pub(super) fn bits(&self) -> impl Iterator<Item = u8> + '_ {
        let width = self.width();
        self.data.iter().skip(width - 1).step_by(width).map(|byte| byte & 1)
    }

    /// The file, with these bits.
    pub(super) fn with(mut self, bits: impl Iterator<Item = u8>) -> Result<Vec<u8>, Refused> {
        let width = self.width();
        put(self.data.iter_mut().skip(width - 1).step_by(width), bits);
        let failed = |why: png::EncodingError| Refused::Form(why.to_string());
        let mut file = Vec::new();
        let encoder = Encoder::with_info(&mut file, self.info).map_err(failed)?;
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.data).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(file)
    }
}

fn broken(why: &DecodingError) -> Refused {
    match why {
        DecodingError::LimitsExceeded => Refused::Large,
        why => Refused::Form(format!("a broken PNG picture: {why}")),
    }
}
