//! Messages that are not what was written.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{aes, block_on, manager, message, open, plaintext, unframed};
use strongroom_envelope::{
    Authenticity, DecryptOptions, Error, FormatError, HeaderReader, Refusal, Suite, Workers,
    inspect, read_header,
};

const SUITES: [Suite; 2] = [Suite::Committed, Suite::CommittedSigned];
/// Bytes of a regular frame with 64 bytes of plaintext.
const FRAME: usize = 4 + 12 + 64 + 16;

fn header_len(message: &[u8]) -> usize {
    let unopened = read_header(&mut &message[..], &DecryptOptions::default()).unwrap();
    unopened.header().as_bytes().len()
}

/// The error of opening `message`, which must be the same however it is opened.
fn error(message: &[u8]) -> Error {
    let whole = open(message, &DecryptOptions::default()).unwrap_err();
    let streamed = || {
        let mut input = message;
        let unopened = read_header(&mut input, &DecryptOptions::default())?;
        let decryptor = block_on(unopened.unwrap(&manager(aes(256))))?;
        decryptor.copy(input, Vec::new(), &Workers::one(), &|_| ())
    };
    let streamed = streamed().unwrap_err();
    assert!(matches!(streamed, strongroom_envelope::StreamError::Message(_)), "{streamed}");
    let parts = || {
        let mut reader = HeaderReader::new(&DecryptOptions::default());
        let mut rest = message;
        while !reader.is_complete() && !rest.is_empty() {
            reader.push(&rest[..1])?;
            rest = &rest[1..];
        }
        let mut decryptor = block_on(reader.finish()?.unwrap(&manager(aes(256))))?;
        let mut out = Vec::new();
        for byte in rest.chunks(1) {
            if let Err(error) = decryptor.push(byte, &mut out) {
                // After a failure nothing more comes of it.
                assert!(decryptor.push(&[], &mut out).is_err());
                return Err(error);
            }
        }
        decryptor.finish(&mut out)
    };
    assert_eq!(parts().unwrap_err(), whole);
    whole
}

#[test]
fn a_message_that_is_cut_off_anywhere_is_truncated() {
    for suite in SUITES {
        let sealed = message(suite, 64, 150);
        for length in 0..sealed.len() {
            assert_eq!(error(&sealed[..length]), FormatError::Truncated.into(), "{length}");
            assert!(inspect(&sealed[..length], &DecryptOptions::default()).is_err());
        }
    }
}

#[test]
fn a_message_with_any_bit_flipped_does_not_open() {
    for suite in SUITES {
        let sealed = message(suite, 64, 70);
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut altered = sealed.clone();
                altered[at] ^= 1 << bit;
                error(&altered);
            }
        }
    }
}

#[test]
fn whatever_follows_a_message_is_refused() {
    for suite in SUITES {
        let mut sealed = message(suite, 64, 150);
        sealed.push(0);
        assert_eq!(error(&sealed), FormatError::TrailingData.into());
        assert!(inspect(sealed.as_slice(), &DecryptOptions::default()).is_err());
        sealed.extend_from_slice(&[7; 3_000_000]);
        assert_eq!(error(&sealed), FormatError::TrailingData.into());
        let twice = [message(suite, 64, 1), message(suite, 64, 1)].concat();
        assert_eq!(error(&twice), FormatError::TrailingData.into());
    }
}

#[test]
fn frames_keep_their_places() {
    let sealed = message(Suite::Committed, 64, 4 * 64 + 10);
    let start = header_len(&sealed);
    let frame = |at: usize| start + at * FRAME..start + (at + 1) * FRAME;
    let of_order = |expected, found| Error::from(FormatError::FrameOutOfOrder { expected, found });

    let mut swapped = sealed.clone();
    let (first, second) = (sealed[frame(0)].to_vec(), sealed[frame(1)].to_vec());
    swapped[frame(0)].copy_from_slice(&second);
    swapped[frame(1)].copy_from_slice(&first);
    assert_eq!(error(&swapped), of_order(1, 2));

    let mut doubled = sealed.clone();
    doubled.splice(frame(2).start..frame(2).start, sealed[frame(1)].iter().copied());
    assert_eq!(error(&doubled), of_order(3, 2));

    let mut missing = sealed.clone();
    missing.drain(frame(1));
    assert_eq!(error(&missing), of_order(2, 3));

    let mut early = sealed.clone();
    early.drain(frame(1).start..frame(4).start);
    assert_eq!(error(&early), of_order(2, 5));

    // A number that fits does not make a frame of another place fit.
    let mut renumbered = swapped;
    renumbered[frame(0).start + 3] = 1;
    assert_eq!(error(&renumbered), Authenticity::Frame(1).into());

    // Nor do the last frame's form and mark make one of a regular frame.
    let mut ended = sealed[..frame(1).start].to_vec();
    ended.extend_from_slice(&[0xff; 4]);
    ended.extend_from_slice(&sealed[frame(1).start..frame(1).start + 16]);
    ended.extend_from_slice(&64_u32.to_be_bytes());
    ended.extend_from_slice(&sealed[frame(1).start + 16..frame(1).end]);
    assert_eq!(error(&ended), Authenticity::Frame(2).into());
}

#[test]
fn a_frame_of_another_message_does_not_fit() {
    let (one, two) = (message(Suite::Committed, 64, 100), message(Suite::Committed, 64, 100));
    let start = header_len(&one);
    let mut mixed = one.clone();
    mixed[start..start + FRAME].copy_from_slice(&two[start..start + FRAME]);
    assert_eq!(error(&mixed), Authenticity::Frame(1).into());
    let mut headed = two[..start].to_vec();
    headed.extend_from_slice(&one[start..]);
    assert_eq!(error(&headed), Authenticity::Frame(1).into());
}

#[test]
fn the_last_frame_is_no_longer_than_frames_are() {
    let mut sealed = message(Suite::Committed, 64, 10);
    let length = header_len(&sealed) + 4 + 4 + 12;
    sealed[length..length + 4].copy_from_slice(&65_u32.to_be_bytes());
    assert_eq!(error(&sealed), FormatError::FinalFrameLength(65).into());
    sealed[length..length + 4].copy_from_slice(&[0xff; 4]);
    assert_eq!(error(&sealed), FormatError::FinalFrameLength(u32::MAX).into());
}

#[test]
fn a_header_is_what_was_written() {
    let sealed = message(Suite::Committed, 64, 10);
    let end = header_len(&sealed);
    let with = |at: usize, bytes: &[u8]| {
        let mut altered = sealed.clone();
        altered[at..at + bytes.len()].copy_from_slice(bytes);
        altered
    };
    assert_eq!(error(&with(0, &[3])), FormatError::UnknownVersion(3).into());
    assert_eq!(error(&with(0, b"A")), FormatError::UnknownVersion(b'A').into());
    assert_eq!(error(&with(0, &[1])), FormatError::UnknownType(4).into());
    assert_eq!(error(&with(1, &[0, 0])), FormatError::UnknownSuite(0).into());
    let other = FormatError::SuiteOfOtherVersion(Suite::Aes256HkdfSigned);
    assert_eq!(error(&with(1, &[3, 0x78])), other.into());
    // Message id: key and commitment follow from it.
    assert_eq!(error(&with(3, &[!sealed[3]])), Authenticity::Commitment.into());
    // The commitment stands before the tag.
    let commitment = end - 16 - 32;
    assert_eq!(error(&with(commitment, &[!sealed[commitment]])), Authenticity::Commitment.into());
    assert_eq!(error(&with(end - 1, &[!sealed[end - 1]])), Authenticity::Header.into());
    let frame_len = commitment - 4;
    assert_eq!(error(&with(frame_len, &65_u32.to_be_bytes())), Authenticity::Header.into());
    assert_eq!(error(&with(frame_len, &[0; 4])), FormatError::FrameLength(0).into());
    assert_eq!(error(&with(frame_len - 1, &[1])), FormatError::FrameLength(64).into());
    assert_eq!(error(&with(frame_len - 1, &[3])), FormatError::UnknownContentType(3).into());
    let long = Refusal::FrameTooLong { found: u32::MAX.into(), max: 16 * 1024 * 1024 };
    assert_eq!(error(&with(frame_len, &[0xff; 4])), long.into());
    // The context: its length, and a letter in it, to which the data key is bound.
    assert_eq!(error(&with(37, &[0xff])), FormatError::Context.into());
    assert!(matches!(error(&with(41, b"q")), Error::Keyring(_)));
}

#[test]
fn huge_counts_cost_nothing() {
    let sealed = message(Suite::Committed, 64, 10);
    let context = usize::from(u16::from_be_bytes([sealed[35], sealed[36]]));
    let count = 37 + context;
    let mut many = sealed.clone();
    many[count..count + 2].copy_from_slice(&[0xff; 2]);
    let refused = Refusal::TooManyEncryptedDataKeys { found: 65_535, max: 128 };
    assert_eq!(error(&many), refused.into());
    let mut none = sealed.clone();
    none[count..count + 2].copy_from_slice(&[0; 2]);
    assert_eq!(error(&none), FormatError::NoEncryptedDataKeys.into());

    // Whoever allows more gets no more than there is, and a header has a bound.
    let options =
        DecryptOptions { max_encrypted_data_keys: usize::MAX, ..DecryptOptions::default() };
    let mut endless = sealed[..count].to_vec();
    endless.extend_from_slice(&[0xff; 2]);
    endless.resize(2_000_000, 0xff);
    let Err(strongroom_envelope::StreamError::Message(error)) =
        read_header(&mut endless.as_slice(), &options)
    else {
        panic!("a header of two megabytes was read");
    };
    assert_eq!(error, Refusal::HeaderTooLong { max: 1024 * 1024 }.into());
}

#[test]
fn a_signature_is_of_this_message_and_by_its_key() {
    let (one, two) =
        (message(Suite::CommittedSigned, 64, 10), message(Suite::CommittedSigned, 64, 10));
    let footer = one.len() - 103 - 2;
    let mut other = one.clone();
    other[footer..].copy_from_slice(&two[footer..]);
    assert_eq!(error(&other), Authenticity::Signature.into());
    let with_length = |length: u16| {
        let mut altered = one.clone();
        altered[footer..footer + 2].copy_from_slice(&length.to_be_bytes());
        altered
    };
    assert_eq!(error(&with_length(105)), FormatError::SignatureLength(105).into());
    assert_eq!(error(&with_length(104)), FormatError::Truncated.into());
    assert_eq!(error(&with_length(102)), Authenticity::Signature.into());
    let mut without = one.clone();
    without.truncate(footer);
    without.extend_from_slice(&[0, 0]);
    assert_eq!(error(&without), Authenticity::Signature.into());
}

#[test]
fn a_body_without_frames_has_a_bound_too() {
    for suite in SUITES {
        let mut sealed = unframed(suite);
        let with = |max_frame_len| DecryptOptions { max_frame_len, ..DecryptOptions::default() };
        assert_eq!(open(&sealed, &with(60)), Ok(plaintext(60)));
        let refused = |found| Error::from(Refusal::FrameTooLong { found, max: 59 });
        assert_eq!(open(&sealed, &with(59)), Err(refused(60)));
        // The length is foreign: nothing is taken because it is said.
        let length = header_len(&sealed) + 12;
        sealed[length..length + 8].copy_from_slice(&[0xff; 8]);
        assert_eq!(open(&sealed, &with(59)), Err(refused(u64::MAX)));
        sealed[length..length + 8].copy_from_slice(&61_u64.to_be_bytes());
        let other = match suite.is_signed() {
            // The length takes a byte of the footer, which is not looked at before.
            true => Authenticity::Frame(1).into(),
            false => FormatError::Truncated.into(),
        };
        assert_eq!(error(&sealed), other);
    }
}

#[test]
fn a_body_without_frames_is_read_to_its_end_and_no_further() {
    for suite in SUITES {
        let sealed = unframed(suite);
        let start = header_len(&sealed);
        for length in start..sealed.len() {
            assert_eq!(error(&sealed[..length]), FormatError::Truncated.into(), "{length}");
        }
        for at in start..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            error(&altered);
        }
        let followed = [sealed.as_slice(), &[0]].concat();
        assert_eq!(error(&followed), FormatError::TrailingData.into());
        assert!(inspect(followed.as_slice(), &DecryptOptions::default()).is_err());
    }
}

#[test]
fn nothing_of_a_frame_comes_out_before_it_is_verified() {
    let sealed = message(Suite::Committed, 64, 200);
    let start = header_len(&sealed);
    let mut altered = sealed.clone();
    altered[start + FRAME + 20] ^= 1;
    let mut input = altered.as_slice();
    let unopened = read_header(&mut input, &DecryptOptions::default()).unwrap();
    let mut decryptor = block_on(unopened.unwrap(&manager(aes(256)))).unwrap();
    let mut out = vec![0xee; 3];
    let (first, rest) = input.split_at(FRAME);
    decryptor.push(first, &mut out).unwrap();
    assert_eq!(out[3..], plaintext(64));
    for byte in rest[..FRAME - 1].chunks(1) {
        decryptor.push(byte, &mut out).unwrap();
        assert_eq!(out.len(), 67);
    }
    let refused = decryptor.push(&rest[FRAME - 1..], &mut out);
    assert_eq!(refused, Err(Authenticity::Frame(2).into()));
    assert_eq!(out.len(), 67);
    assert!(decryptor.push(&rest[FRAME..], &mut out).is_err());
    assert!(decryptor.finish(&mut out).is_err());
}

/// What a stream and parts make of the same body, which is put together of authentic pieces and others.
fn put_together(pieces: &[(u8, usize, u8)]) -> Vec<u8> {
    let sealed = message(Suite::Committed, 64, 4 * 64 + 10);
    let start = header_len(&sealed);
    let mut out = sealed[..start].to_vec();
    let end = sealed.len() - start;
    for (kind, at, byte) in pieces {
        let from = start + (at % 5) * FRAME;
        match kind % 4 {
            0 => out.extend_from_slice(&sealed[from..(from + FRAME).min(sealed.len())]),
            1 => out.extend_from_slice(&sealed[start..start + at % end]),
            2 => out.push(*byte),
            _ => out.extend_from_slice(&sealed[start + 4 * FRAME..]),
        }
    }
    out
}

proptest::proptest! {
    #[test]
    fn a_stream_parts_and_ranges_make_the_same_of_any_body(
        pieces in proptest::collection::vec((0_u8..8, 0_usize..500, 0_u8..=255), 0..8),
        cut in 1_usize..200,
    ) {
        let made = put_together(&pieces);
        let opening = || {
            let mut input = made.as_slice();
            let unopened = read_header(&mut input, &DecryptOptions::default()).unwrap();
            (block_on(unopened.unwrap(&manager(aes(256)))).unwrap(), input)
        };
        let (mut decryptor, input) = opening();
        let mut out = Vec::new();
        let pushed = input.chunks(cut).try_for_each(|part| decryptor.push(part, &mut out));
        let parts = pushed.and_then(|()| decryptor.finish(&mut out));
        proptest::prop_assert!(out.len() <= 266 && out == plaintext(266)[..out.len()]);
        let (decryptor, input) = opening();
        let mut streamed = Vec::new();
        let copied = decryptor.copy(input, &mut streamed, &Workers::one(), &|_| ());
        proptest::prop_assert_eq!(parts.is_ok(), copied.is_ok());
        if parts.is_ok() {
            proptest::prop_assert!(out == plaintext(266) && streamed == out);
        }
        let (decryptor, _) = opening();
        if let Ok(mut access) = decryptor.random_access(std::io::Cursor::new(&made)) {
            let mut ranged = Vec::new();
            let _ = access.read(0..access.len(), &mut ranged);
            proptest::prop_assert!(ranged == plaintext(266)[..ranged.len()]);
        }
    }
}
