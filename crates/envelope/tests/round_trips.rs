//! What is written is read, whatever its length, however it comes in parts, on however many threads.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{aes, block_on, manager, message, open, options, plaintext, unframed};
use proptest::prelude::*;
use std::io::{self, Cursor, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use strongroom_crypto::SystemEntropy;
use strongroom_envelope::{
    Authenticity, DecryptOptions, Decryptor, EncryptOptions, Encryptor, Error, FormatError,
    Refusal, SignedMessages, StreamError, Suite, Workers, begin, inspect, read_header,
};

const SUITES: [Suite; 2] = [Suite::Committed, Suite::CommittedSigned];

fn encryptor(options: &EncryptOptions) -> Encryptor {
    block_on(begin(&manager(aes(256)), options, &SystemEntropy)).unwrap()
}

fn decryptor<R: Read>(from: &mut R, options: &DecryptOptions) -> Decryptor {
    block_on(read_header(from, options).unwrap().unwrap(&manager(aes(256)))).unwrap()
}

/// Gives at most so many bytes at a time, and is interrupted now and then.
struct Slow<R>(R, usize);

impl<R: Read> Read for Slow<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.1 += 1;
        if self.1.is_multiple_of(5) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = out.len().min(self.1 * 37 % 4099 + 1);
        self.0.read(&mut out[..most])
    }
}

/// Lengths about the borders of frames of 64 bytes, of batches, and none at all.
fn lengths() -> Vec<usize> {
    let frames_in_batch = 512 * 1024 / (64 + 32);
    let batch = frames_in_batch * 64;
    let mut lengths = vec![0, 1, 63, 64, 65, 127, 128, 129, 1000];
    for border in [batch, 2 * batch, 3 * batch] {
        lengths.extend([border - 64, border - 1, border, border + 1, border + 64]);
    }
    lengths
}

#[test]
fn streams_of_all_lengths_go_there_and_back() {
    for suite in SUITES {
        for length in lengths() {
            let data = plaintext(length);
            for workers in [Workers::one(), Workers::new(4)] {
                let encryptor = encryptor(&options(suite, 64));
                let expected = encryptor.message_len(length as u64).unwrap();
                let (mut sealed, told) = (Vec::new(), AtomicU64::new(0));
                let progress = |count| told.store(count, Ordering::Relaxed);
                let made =
                    encryptor.copy(Slow(data.as_slice(), 0), &mut sealed, &workers, &progress);
                let made = made.unwrap();
                assert_eq!(told.load(Ordering::Relaxed), length as u64);
                assert_eq!(sealed.len() as u64, expected, "{suite} {length}");
                assert_eq!(made.message, expected);
                assert_eq!(made.plaintext, length as u64);
                assert_eq!(made.frames, (length / 64 + 1) as u64);

                let mut input = sealed.as_slice();
                let decryptor = decryptor(&mut input, &DecryptOptions::default());
                let mut out = Vec::new();
                let read = decryptor.copy(Slow(input, 0), &mut out, &workers, &progress).unwrap();
                assert!(out == data, "{suite} {length}");
                assert_eq!(read, made);

                let seen = inspect(sealed.as_slice(), &DecryptOptions::default()).unwrap();
                assert_eq!((seen.frames, seen.plaintext_len), (made.frames, made.plaintext));
                assert_eq!(seen.message_len, made.message);
                assert_eq!(seen.signature_len, suite.is_signed().then_some(103));
            }
        }
    }
}

#[test]
fn what_parts_and_streams_write_is_of_one_form() {
    for suite in SUITES {
        for length in lengths() {
            let data = plaintext(length);
            let mut encryptor = encryptor(&options(suite, 64));
            let mut sealed = Vec::new();
            for part in data.chunks(length / 3 + 1) {
                encryptor.push(part, &mut sealed).unwrap();
            }
            let expected = encryptor.message_len(length as u64).unwrap();
            let totals = encryptor.finish(&mut sealed).unwrap();
            assert_eq!((totals.message, sealed.len() as u64), (expected, expected));
            assert_eq!(totals.frames, (length / 64 + 1) as u64);
            let opened = open(&sealed, &DecryptOptions::default()).unwrap();
            assert!(opened == data, "{suite} {length}");
        }
    }
}

#[test]
fn long_frames_take_one_batch_each() {
    let data = plaintext(5_000_000);
    let encryptor = encryptor(&options(Suite::Committed, 2_000_000));
    let mut sealed = Vec::new();
    encryptor.copy(data.as_slice(), &mut sealed, &Workers::new(4), &|_| ()).unwrap();
    let mut input = sealed.as_slice();
    let mut out = Vec::new();
    let decryptor = decryptor(&mut input, &DecryptOptions::default());
    decryptor.copy(input, &mut out, &Workers::new(4), &|_| ()).unwrap();
    assert!(out == data);
    let small = DecryptOptions { max_frame_len: 1_999_999, ..DecryptOptions::default() };
    let refused = read_header(&mut sealed.as_slice(), &small).err();
    assert!(matches!(
        refused,
        Some(StreamError::Message(Error::Refused(Refusal::FrameTooLong { found: 2_000_000, .. })))
    ));
}

#[test]
fn ranges_are_those_of_the_plaintext() {
    for suite in SUITES {
        for length in [0, 1, 64, 65, 640, 1000] {
            let sealed = message(suite, 64, length);
            let data = plaintext(length);
            let decryptor = decryptor(&mut sealed.as_slice(), &DecryptOptions::default());
            let mut parts = decryptor.random_access(Cursor::new(&sealed)).unwrap();
            assert_eq!(parts.len(), length as u64);
            assert_eq!(parts.is_empty(), length == 0);
            for start in (0..=length).step_by(17) {
                for end in (start..=length).step_by(29) {
                    let mut out = Vec::new();
                    parts.read(start as u64..end as u64, &mut out).unwrap();
                    assert_eq!(out, data[start..end]);
                }
            }
            let beyond = parts.read(0..length as u64 + 1, &mut Vec::new());
            assert!(matches!(
                beyond,
                Err(StreamError::Message(Error::Refused(Refusal::Range { .. })))
            ));
        }
    }
}

#[test]
fn ranges_of_a_message_that_was_cut_or_altered_are_not_read() {
    for suite in SUITES {
        let sealed = message(suite, 64, 1000);
        let opening = |bytes: Vec<u8>| {
            let decryptor = decryptor(&mut sealed.as_slice(), &DecryptOptions::default());
            decryptor.random_access(Cursor::new(bytes))
        };
        for length in 0..sealed.len() {
            assert!(opening(sealed[..length].to_vec()).is_err(), "{length}");
        }
        assert!(opening([sealed.as_slice(), &[0]].concat()).is_err());
        let header = decryptor(&mut sealed.as_slice(), &DecryptOptions::default());
        let at = header.header().as_bytes().len() + 96 + 20;
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        let mut parts = opening(altered).unwrap();
        assert!(parts.read(0..64, &mut Vec::new()).is_ok());
        let mut out = Vec::new();
        let error = parts.read(0..129, &mut out).unwrap_err();
        assert!(matches!(error, StreamError::Message(Error::NotAuthentic(Authenticity::Frame(2)))));
        assert_eq!(out.len(), 64);
    }
}

#[test]
fn a_signature_is_waited_for_if_asked() {
    let sealed = message(Suite::CommittedSigned, 64, 1000);
    let hold = SignedMessages::HoldUntilVerified { limit: 1000 };
    let options = DecryptOptions { signed: hold, ..DecryptOptions::default() };
    let mut input = sealed.as_slice();
    let mut decryptor = decryptor(&mut input, &options);
    let (most, last) = input.split_at(input.len() - 1);
    let mut out = Vec::new();
    decryptor.push(most, &mut out).unwrap();
    assert!(out.is_empty());
    decryptor.push(last, &mut out).unwrap();
    assert!(out.is_empty());
    decryptor.finish(&mut out).unwrap();
    assert!(out == plaintext(1000));
}

#[test]
fn more_plaintext_than_announced_is_refused() {
    let options = EncryptOptions { plaintext_len: Some(10), ..options(Suite::Committed, 64) };
    let mut pushing = encryptor(&options);
    pushing.push(&[0; 10], &mut Vec::new()).unwrap();
    let refused = Err(Error::Refused(Refusal::PlaintextTooLong { announced: 10 }));
    assert_eq!(pushing.push(&[0], &mut Vec::new()), refused);
    // Nor does what was taken before become a message.
    assert_eq!(pushing.push(&[], &mut Vec::new()), refused);
    let mut out = Vec::new();
    let refused = Refusal::PlaintextTooLong { announced: 10 };
    assert_eq!(pushing.finish(&mut out), Err(refused.into()));
    assert!(out.is_empty());
    let copied = encryptor(&options).copy(&[0; 11][..], io::sink(), &Workers::one(), &|_| ());
    assert!(matches!(copied, Err(StreamError::Message(Error::Refused(_)))));
}

#[test]
fn what_was_begun_in_parts_is_not_continued_by_a_stream() {
    let begun = |outcome: Result<_, StreamError>| {
        matches!(outcome, Err(StreamError::Message(Error::Refused(Refusal::Begun))))
    };
    for suite in SUITES {
        // Frames of a stream are numbered from 1 as those of parts are, and the number is the nonce.
        for part in [&[][..], &[7; 10], &[7; 64], &[7; 65]] {
            let mut encryptor = encryptor(&options(suite, 64));
            encryptor.push(part, &mut Vec::new()).unwrap();
            let mut out = Vec::new();
            assert!(begun(encryptor.copy(&[1; 100][..], &mut out, &Workers::one(), &|_| ())));
            assert!(out.is_empty());
        }
        let sealed = message(suite, 64, 100);
        let mut input = sealed.as_slice();
        let mut decryptor = decryptor(&mut input, &DecryptOptions::default());
        let (part, rest) = input.split_at(10);
        decryptor.push(part, &mut Vec::new()).unwrap();
        let mut out = Vec::new();
        assert!(begun(decryptor.copy(rest, &mut out, &Workers::one(), &|_| ())));
        assert!(out.is_empty());
    }
}

/// Gives one part at a time. Who asks for the next one must have written what the ones before came to.
struct Live<'a> {
    parts: Vec<Vec<u8>>,
    /// Bytes that are to be there before part n is asked for.
    due: Vec<usize>,
    next: usize,
    written: &'a AtomicU64,
}

impl Read for Live<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(part) = self.parts.get_mut(self.next) else { return Ok(0) };
        let written = self.written.load(Ordering::Relaxed);
        assert!(written >= self.due[self.next] as u64, "{written} before part {}", self.next);
        let count = part.len().min(out.len());
        out[..count].copy_from_slice(&part[..count]);
        part.drain(..count);
        if part.is_empty() {
            self.next += 1;
        }
        Ok(count)
    }
}

struct Counted<'a>(&'a AtomicU64, Vec<u8>);

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.extend_from_slice(bytes);
        self.0.store(self.1.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn frames_go_out_when_an_input_pauses() {
    // Short frames are read ahead, long ones are not.
    for (suite, frame_len) in [(Suite::Committed, 64), (Suite::CommittedSigned, 40_000)] {
        let (len, written) = (frame_len as usize, AtomicU64::new(0));
        let encryptor = encryptor(&options(suite, frame_len));
        let header = encryptor.header().as_bytes().len();
        let frame = len + 32;
        // One frame and a half, then the rest of the second, then a little of the third.
        let parts: Vec<_> = [len + len / 2, len / 2, 10].map(plaintext).into();
        let data = parts.concat();
        let due = vec![0, header + frame, header + 2 * frame];
        let input = Live { parts, due, next: 0, written: &written };
        let mut output = Counted(&written, Vec::new());
        encryptor.copy(input, &mut output, &Workers::one(), &|_| ()).unwrap();
        let sealed = output.1;

        let (head, body) = sealed.split_at(header);
        let decryptor = decryptor(&mut &head[..], &DecryptOptions::default());
        let (one, rest) = body.split_at(frame + frame / 2);
        let (two, three) = rest.split_at(frame / 2);
        let parts = vec![one.to_vec(), two.to_vec(), three.to_vec()];
        written.store(0, Ordering::Relaxed);
        let input = Live { parts, due: vec![0, len, 2 * len], next: 0, written: &written };
        let mut output = Counted(&written, Vec::new());
        decryptor.copy(input, &mut output, &Workers::one(), &|_| ()).unwrap();
        assert!(output.1 == data);
    }
}

#[test]
fn the_last_frame_waits_for_the_signature() {
    for (sealed, length) in [
        (message(Suite::CommittedSigned, 64, 150), 128),
        (message(Suite::CommittedSigned, 64, 10), 0),
        (unframed(Suite::CommittedSigned), 0),
    ] {
        let plain = open(&sealed, &DecryptOptions::default()).unwrap();
        let mut input = sealed.as_slice();
        let mut decryptor = decryptor(&mut input, &DecryptOptions::default());
        let mut out = Vec::new();
        let (most, last) = input.split_at(input.len() - 1);
        decryptor.push(most, &mut out).unwrap();
        assert!(out == plain[..length]);
        let bad = [last[0] ^ 1];
        let mut other = out.clone();
        assert!(decryptor.push(&bad, &mut other).is_err());
        assert!(other == out);

        let mut input = sealed.as_slice();
        let mut decryptor = self::decryptor(&mut input, &DecryptOptions::default());
        let mut out = Vec::new();
        decryptor.push(input, &mut out).unwrap();
        assert!(out == plain);
        decryptor.finish(&mut out).unwrap();
        assert!(out == plain);

        let mut altered = sealed.clone();
        *altered.last_mut().unwrap() ^= 1;
        let mut input = altered.as_slice();
        let decryptor = self::decryptor(&mut input, &DecryptOptions::default());
        let mut out = Vec::new();
        assert!(decryptor.copy(input, &mut out, &Workers::one(), &|_| ()).is_err());
        assert!(out.len() <= length);
    }
}

/// Fails after so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_and_a_broken_input_are_told_apart() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let data = plaintext(3_000_000);
    for workers in [Workers::one(), Workers::new(3)] {
        let made = encryptor(&options(Suite::Committed, 64));
        let written = made.copy(data.as_slice(), Full(1_500_000), &workers, &|_| ());
        assert!(matches!(written, Err(StreamError::Write(error))
            if error.kind() == io::ErrorKind::StorageFull));
        let made = encryptor(&options(Suite::Committed, 64));
        let read = made.copy(data.as_slice().chain(Broken), io::sink(), &workers, &|_| ());
        assert!(matches!(read, Err(StreamError::Read(error))
            if error.kind() == io::ErrorKind::ConnectionReset));
    }
}

#[test]
fn a_message_altered_in_the_middle_of_a_stream_ends_it() {
    for suite in SUITES {
        let mut sealed = message(suite, 64, 3_000_000);
        let middle = sealed.len() / 2;
        sealed[middle] ^= 1;
        for workers in [Workers::one(), Workers::new(3)] {
            let mut input = sealed.as_slice();
            let decryptor = decryptor(&mut input, &DecryptOptions::default());
            let mut out = Vec::new();
            let error = decryptor.copy(input, &mut out, &workers, &|_| ()).unwrap_err();
            assert!(
                matches!(
                    error,
                    StreamError::Message(Error::NotAuthentic(Authenticity::Frame(_)))
                        | StreamError::Message(Error::Format(FormatError::FrameOutOfOrder { .. }))
                ),
                "{error}"
            );
            assert!(out.len() < middle && out == plaintext(out.len()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_parts_of_any_message(
        length in 0_usize..3000,
        frame_len in 1_u32..700,
        signed in any::<bool>(),
        parts in proptest::collection::vec(0_usize..500, 0..20),
    ) {
        let suite = if signed { Suite::CommittedSigned } else { Suite::Committed };
        let data = plaintext(length);
        let mut encryptor = encryptor(&options(suite, frame_len));
        let (mut sealed, mut rest) = (Vec::new(), data.as_slice());
        for part in &parts {
            let (now, later) = rest.split_at((*part).min(rest.len()));
            encryptor.push(now, &mut sealed).unwrap();
            rest = later;
        }
        encryptor.push(rest, &mut sealed).unwrap();
        encryptor.finish(&mut sealed).unwrap();

        let mut input = sealed.as_slice();
        let mut decryptor = decryptor(&mut input, &DecryptOptions::default());
        let mut out = Vec::new();
        for part in &parts {
            let (now, later) = input.split_at((*part).min(input.len()));
            decryptor.push(now, &mut out).unwrap();
            input = later;
        }
        decryptor.push(input, &mut out).unwrap();
        decryptor.finish(&mut out).unwrap();
        prop_assert!(out == data);
    }
}
