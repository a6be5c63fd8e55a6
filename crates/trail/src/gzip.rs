//! Gzip (RFC 1952) of objects: the same content gives the same bytes, and reading is bounded.

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use std::io::{self, Read as _, Write as _};

/// The longest content that is read, bytes.
pub const MAX_CONTENT: u64 = 1 << 30;

/// Compresses `content`. The header has no name and no time.
///
/// # Errors
/// The compressor's own.
pub fn compress(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    out.write_all(content)?;
    out.finish()
}

/// The content of `file`, one gzip member with nothing behind it.
///
/// # Errors
/// What is wrong with it, for people.
pub fn decompress(file: &[u8], max: u64) -> Result<Vec<u8>, String> {
    let mut decoder = GzDecoder::new(file);
    let mut content = Vec::new();
    let mut bounded = (&mut decoder).take(max.saturating_add(1));
    bounded.read_to_end(&mut content).map_err(|why| format!("it is no gzip file: {why}"))?;
    if u64::try_from(content.len()).is_ok_and(|length| length > max) {
        return Err(format!("its content is longer than {max} bytes"));
    }
    let behind = decoder.into_inner().len();
    if behind > 0 {
        return Err(format!("{behind} bytes follow on the end of its gzip stream"));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        let file = compress(b"content").unwrap();
        assert_eq!(file, compress(b"content").unwrap());
        // Flags, time: none.
        assert_eq!(&file[..8], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
        assert_eq!(decompress(&file, 7).unwrap(), b"content");
    }

    #[test]
    fn what_is_too_long_cut_off_or_followed_by_something_is_refused() {
        let bomb = compress(&vec![0; 1 << 20]).unwrap();
        assert!(bomb.len() < 2000);
        let why = decompress(&bomb, 1000).unwrap_err();
        assert_eq!(why, "its content is longer than 1000 bytes");
        let file = compress(b"content").unwrap();
        for end in 0..file.len() {
            assert!(decompress(&file[..end], MAX_CONTENT).is_err(), "{end}");
        }
        let twice = [file.as_slice(), &file].concat();
        assert!(decompress(&twice, MAX_CONTENT).unwrap_err().contains("follow on the end"));
    }
}
