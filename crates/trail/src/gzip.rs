//! Gzip (RFC 1952) of objects: the same content gives the same bytes on the same machine, reading is
//! bounded, and parts of a long content can be read without the rest.
//!
//! A long content is compressed in pieces of which none refers to another; how long they are is told
//! in the header's extra field in the form of dictzip ("RA"). To other readers it is one gzip file
//! like any.

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};
use std::io;
use std::ops::Range;

/// The longest content that is read, bytes.
pub const MAX_CONTENT: u64 = 1 << 30;
/// Content of a piece, bytes: compressed it is shorter than 64 KiB whatever it is.
const PIECE: usize = 58_315;
/// How hard a shorter form is looked for. Our choice: of log files the second level makes 5 % more
/// bytes than the sixth, which takes more than twice the processor time, the first 50 %.
const LEVEL: u32 = 2;
/// Pieces that a header can tell of.
const MAX_PIECES: usize = 32_000;
/// Bytes of a header without extra field.
const HEADER: usize = 10;
/// Bytes behind the compressed data: checksum and length.
const TRAILER: usize = 8;
/// The flag that says that there is an extra field.
const EXTRA: u8 = 4;

/// Compresses `content`. The header has no name and no time.
///
/// # Errors
/// The compressor's own.
pub fn compress(content: &[u8]) -> io::Result<Vec<u8>> {
    let piece = if content.len().div_ceil(PIECE) > MAX_PIECES { content.len() } else { PIECE };
    let mut deflate = Compress::new(Compression::new(LEVEL), false);
    let (mut data, mut lengths) = (Vec::new(), Vec::new());
    let mut pieces = content.chunks(piece.max(1)).peekable();
    while let Some(piece) = pieces.next() {
        let flush =
            if pieces.peek().is_some() { FlushCompress::Full } else { FlushCompress::Finish };
        let before = data.len();
        deflate_piece(&mut deflate, piece, flush, &mut data)?;
        lengths.push(data.len() - before);
    }
    if content.is_empty() {
        deflate_piece(&mut deflate, content, FlushCompress::Finish, &mut data)?;
    }
    let mut crc = Crc::new();
    crc.update(content);
    let mut file = header(&lengths);
    file.extend_from_slice(&data);
    file.extend_from_slice(&crc.sum().to_le_bytes());
    file.extend_from_slice(&crc.amount().to_le_bytes());
    Ok(file)
}

fn deflate_piece(
    deflate: &mut Compress,
    mut piece: &[u8],
    flush: FlushCompress,
    data: &mut Vec<u8>,
) -> io::Result<()> {
    loop {
        data.reserve(piece.len() + piece.len() / 8 + 1024);
        let before = deflate.total_in();
        let status = deflate.compress_vec(piece, data, flush)?;
        let taken = usize::try_from(deflate.total_in() - before).unwrap_or(usize::MAX);
        piece = piece.get(taken..).unwrap_or_default();
        let is_done = match flush {
            FlushCompress::Finish => status == Status::StreamEnd,
            // With room left behind it, the flush is complete.
            _ => piece.is_empty() && data.len() < data.capacity(),
        };
        if is_done {
            return Ok(());
        }
    }
}

/// A header that tells of pieces of these lengths, if there are several.
fn header(lengths: &[usize]) -> Vec<u8> {
    let mut header = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let lengths: Option<Vec<u16>> = lengths.iter().map(|&n| u16::try_from(n).ok()).collect();
    let Some(lengths) = lengths.filter(|lengths| lengths.len() > 1) else { return header };
    if let Some(flags) = header.get_mut(3) {
        *flags = EXTRA;
    }
    let short = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
    let field = 6 + 2 * lengths.len();
    header.extend_from_slice(&short(field + 4));
    header.extend_from_slice(b"RA");
    header.extend_from_slice(&short(field));
    header.extend_from_slice(&short(1));
    header.extend_from_slice(&short(PIECE));
    header.extend_from_slice(&short(lengths.len()));
    lengths.iter().for_each(|length| header.extend_from_slice(&length.to_le_bytes()));
    header
}

/// The content of `file`, one gzip member with nothing behind it.
///
/// # Errors
/// What is wrong with it, for people.
pub fn decompress(file: &[u8], max: u64) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let mut decoder = flate2::bufread::GzDecoder::new(file);
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

/// A gzip file of which parts are read. Only [`decompress`] checks its checksum.
pub struct Parts {
    file: Vec<u8>,
    /// Content of each piece but the last, bytes.
    length: usize,
    /// Where the pieces are in the file; none: it has to be read whole.
    pieces: Vec<Range<usize>>,
}

impl Parts {
    /// Looks at the header of `file`.
    #[must_use]
    pub fn open(file: Vec<u8>) -> Self {
        let (length, pieces) = pieces(&file).unwrap_or_default();
        Self { file, length, pieces }
    }

    /// Bytes of the file.
    #[must_use]
    pub fn size(&self) -> usize {
        self.file.len()
    }

    /// This part of the content.
    ///
    /// # Errors
    /// What is wrong with the file, for people.
    pub fn read(&self, part: Range<usize>) -> Result<Vec<u8>, String> {
        let short = || "its content is shorter than it was".to_owned();
        if self.pieces.is_empty() {
            let content = decompress(&self.file, MAX_CONTENT)?;
            return content.get(part).map(<[u8]>::to_vec).ok_or_else(short);
        }
        let first = part.start / self.length;
        let last = part.end.saturating_sub(1) / self.length;
        let pieces = self.pieces.get(first..=last).ok_or_else(short)?;
        let mut content = Vec::with_capacity(self.length.saturating_mul(pieces.len()));
        for piece in pieces {
            let data = self.file.get(piece.clone()).ok_or_else(short)?;
            inflate_piece(data, self.length, &mut content)?;
        }
        let from = part.start - first * self.length;
        let to = part.end.saturating_sub(first * self.length);
        content.get(from..to).map(<[u8]>::to_vec).ok_or_else(short)
    }

    /// Whether the pieces, each read by itself, make up `content`: what is looked up is then what is
    /// signed.
    #[must_use]
    pub fn make_up(&self, content: &[u8]) -> bool {
        let mut rest = content;
        let mut piece = Vec::with_capacity(self.length);
        for at in &self.pieces {
            piece.clear();
            let Some(data) = self.file.get(at.clone()) else { return false };
            if inflate_piece(data, self.length, &mut piece).is_err() {
                return false;
            }
            // All pieces but the last have the length by which they are found.
            let (expected, behind) = rest.split_at(rest.len().min(self.length));
            if piece != expected {
                return false;
            }
            rest = behind;
        }
        self.pieces.is_empty() || rest.is_empty()
    }
}

/// Appends the content of the piece `data`, at most `length` bytes.
fn inflate_piece(data: &[u8], length: usize, content: &mut Vec<u8>) -> Result<(), String> {
    let mut piece = Vec::with_capacity(length);
    let mut inflate = Decompress::new(false);
    let status = inflate.decompress_vec(data, &mut piece, FlushDecompress::Sync);
    status.map_err(|why| format!("a piece of its gzip stream: {why}"))?;
    content.append(&mut piece);
    Ok(())
}

/// Length of the pieces' content, and where they are, as the header tells.
fn pieces(file: &[u8]) -> Option<(usize, Vec<Range<usize>>)> {
    let short = |at: usize| {
        let bytes: [u8; 2] = file.get(at..at + 2)?.try_into().ok()?;
        Some(usize::from(u16::from_le_bytes(bytes)))
    };
    let is_ours = file.get(..4)? == [0x1f, 0x8b, 8, EXTRA] && file.get(12..14)? == b"RA";
    if !is_ours || short(16)? != 1 {
        return None;
    }
    let (extra, length, count) = (short(10)?, short(18)?, short(20)?);
    if length == 0 || extra != 10 + 2 * count {
        return None;
    }
    let mut at = HEADER + 2 + extra;
    let mut pieces = Vec::with_capacity(count);
    for number in 0..count {
        let end = at + short(22 + 2 * number)?;
        pieces.push(at..end);
        at = end;
    }
    (at + TRAILER == file.len()).then_some((length, pieces))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn long(length: usize) -> Vec<u8> {
        (0..length).map(|n| u8::try_from((n * n / 7 + n % 13) % 251).unwrap()).collect()
    }

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        for content in [Vec::new(), b"content".to_vec(), long(300_000), vec![0; 1 << 20]] {
            let file = compress(&content).unwrap();
            assert_eq!(file, compress(&content).unwrap());
            assert_eq!(decompress(&file, MAX_CONTENT).unwrap(), content);
            assert!(Parts::open(file).make_up(&content));
        }
        // Flags, time: none.
        assert_eq!(&compress(b"content").unwrap()[..8], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn bytes_that_do_not_compress_are_kept_too() {
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        };
        let content: Vec<u8> = (0..200_000).map(|_| noise()).collect();
        let file = compress(&content).unwrap();
        assert_eq!(decompress(&file, MAX_CONTENT).unwrap(), content);
        let parts = Parts::open(file);
        assert_eq!(parts.pieces.len(), 4);
        assert!(parts.make_up(&content));
    }

    #[test]
    fn what_is_too_long_cut_off_or_followed_by_something_is_refused() {
        let bomb = compress(&vec![0; 50_000]).unwrap();
        assert!(bomb.len() < 200);
        let why = decompress(&bomb, 1000).unwrap_err();
        assert_eq!(why, "its content is longer than 1000 bytes");
        let file = compress(b"content").unwrap();
        for end in 0..file.len() {
            assert!(decompress(&file[..end], MAX_CONTENT).is_err(), "{end}");
        }
        let twice = [file.as_slice(), &file].concat();
        assert!(decompress(&twice, MAX_CONTENT).unwrap_err().contains("follow on the end"));
    }

    #[test]
    fn a_header_that_tells_of_other_pieces_is_found() {
        let content = long(200_000);
        let file = compress(&content).unwrap();
        assert_eq!(Parts::open(file.clone()).pieces.len(), 4);
        let mut other = file.clone();
        // A byte goes from the second piece to the first.
        (other[22], other[24]) = (other[22].wrapping_add(1), other[24].wrapping_sub(1));
        assert_eq!(decompress(&other, MAX_CONTENT).unwrap(), content);
        assert!(!Parts::open(other).make_up(&content));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn parts_are_what_they_are_of_the_whole(from in 0_usize..200_000, length in 0_usize..150_000) {
            let content = long(200_000);
            let parts = Parts::open(compress(&content).unwrap());
            let part = from..from + length;
            match content.get(part.clone()) {
                Some(expected) => prop_assert_eq!(parts.read(part).unwrap(), expected),
                None => prop_assert!(parts.read(part).is_err()),
            }
        }

        #[test]
        fn hostile_bytes_are_refused(file in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decompress(&file, 1000);
            let framed = [&[0x1f, 0x8b, 8, 4][..], &file].concat();
            let parts = Parts::open(framed);
            let _ = parts.read(0..100);
            let _ = parts.make_up(&file);
        }
    }
}
