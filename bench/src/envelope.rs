//! `envelope`: what messages of the AWS Encryption SDK's format cost, written and read in this process:
//! long ones by the length of their frames, short ones with and without a cache of data keys.

use crate::cli::EnvelopeArguments;
use crate::clock;
use crate::terminal::{self, Failure};
use crate::usage;
use std::fs::File;
use std::io::{self, Read, Seek as _, Write};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use strongroom_crypto::{SecretBytes, SystemEntropy};
use strongroom_envelope::{
    CacheLimits, CachingManager, DecryptOptions, DefaultManager, EncryptOptions, MaterialsManager,
    RawAesKeyring, Suite, SystemMonotonicClock, Workers, begin, decrypt, encrypt, read_header,
};

const SUITES: [Suite; 2] = [Suite::Committed, Suite::CommittedSigned];
/// Bytes of plaintext in a short message.
const SHORT: usize = 1024;

/// Measures.
pub(crate) fn run(arguments: &EnvelopeArguments) -> Result<(), Failure> {
    let manager = manager()?;
    let source = match &arguments.directory {
        None => Source::Memory,
        Some(directory) => Source::File(directory.clone()),
    };
    terminal::line(
        "| suite | frame | threads | write, GB/CPU-s | write, GB/s | read, GB/CPU-s | read, GB/s |\n\
         |---|---:|---:|---:|---:|---:|---:|",
    );
    for suite in SUITES {
        for frame_len in &arguments.frames {
            for threads in [1, 2] {
                let workers = Workers::new(threads);
                let options =
                    EncryptOptions { suite, frame_len: *frame_len, ..EncryptOptions::default() };
                let (write, read) =
                    long(&manager, &options, &source, arguments.mebibytes, &workers)?;
                terminal::line(format_args!(
                    "| 0x{:04X} | {frame_len} | {threads} | {write} | {read} |",
                    suite.id()
                ));
            }
        }
    }
    if let (Source::File(_), Some(peak)) = (&source, peak()) {
        terminal::line(format_args!("\nGreatest resident memory: {} MiB", peak >> 20));
    }
    terminal::line(
        "\n| suite | data keys | written, messages/s | read, messages/s |\n|---|---|---:|---:|",
    );
    for suite in SUITES {
        short("fresh", &manager, suite, arguments.messages)?;
        short("cached", &caching()?, suite, arguments.messages)?;
    }
    Ok(())
}

/// Where long messages come from and go to.
enum Source {
    /// A pattern that is made as it is read; what is written goes nowhere.
    Memory,
    /// Files in this directory.
    File(std::path::PathBuf),
}

/// Bytes, in so much time of processors and of the clock.
struct Rate {
    bytes: u64,
    cpu: Duration,
    wall: Duration,
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Hundredths of a gigabyte a second: 10 MB/s.
        let rate = |time: Duration| {
            let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
            let hundredths = self.bytes / 10 / micros;
            format!("{}.{:02}", hundredths / 100, hundredths % 100)
        };
        write!(f, "{} | {}", rate(self.cpu), rate(self.wall))
    }
}

fn timed(bytes: u64, work: impl FnOnce() -> Result<(), Failure>) -> Result<Rate, Failure> {
    let used = || usage::cpu(std::process::id()).ok_or_else(|| Failure::new("no processor times"));
    let (began, before) = (clock::now(), used()?);
    work()?;
    let wall = began.elapsed();
    Ok(Rate { bytes, cpu: used()?.saturating_sub(before), wall })
}

fn manager() -> Result<DefaultManager, Failure> {
    let key = SecretBytes::new(vec![7; 32]);
    let keyring = RawAesKeyring::new("bench", "key", &key)
        .map_err(|why| Failure::of("the wrapping key", why))?;
    Ok(DefaultManager::new(Arc::new(keyring), Arc::new(SystemEntropy)))
}

fn caching() -> Result<CachingManager, Failure> {
    let limits = CacheLimits {
        capacity: 1024,
        max_age: Duration::from_secs(3600),
        max_messages: 1 << 32,
        max_bytes: u64::MAX,
    };
    let clock = Arc::new(SystemMonotonicClock::default());
    Ok(CachingManager::new(Arc::new(manager()?), limits, clock))
}

/// Writes and reads a message of so many mebibytes.
fn long(
    manager: &dyn MaterialsManager,
    options: &EncryptOptions,
    source: &Source,
    mebibytes: u32,
    workers: &Workers,
) -> Result<(Rate, Rate), Failure> {
    let bytes = u64::from(mebibytes) << 20;
    let failed = |why: strongroom_envelope::StreamError| Failure::of("a message", why);
    let io = |why: io::Error| Failure::of("a file", why);
    let message = block_on(begin(manager, options, &SystemEntropy))
        .map_err(|why| Failure::of("a message", why))?;
    match source {
        Source::Memory => {
            let mut sealed = Vec::new();
            let write = timed(bytes, || {
                let from = Pattern::default().take(bytes);
                message.copy(from, io::sink(), workers, &|_| ()).map(drop).map_err(failed)
            })?;
            let again = block_on(begin(manager, options, &SystemEntropy))
                .map_err(|why| Failure::of("a message", why))?;
            again
                .copy(Pattern::default().take(bytes), &mut sealed, workers, &|_| ())
                .map_err(failed)?;
            let read = timed(bytes, || open(manager, &mut sealed.as_slice(), io::sink(), workers))?;
            Ok((write, read))
        }
        Source::File(directory) => {
            let file = || tempfile::tempfile_in(directory).map_err(io);
            let (mut plain, mut sealed, opened) = (file()?, file()?, file()?);
            io::copy(&mut Pattern::default().take(bytes), &mut plain).map_err(io)?;
            plain.rewind().map_err(io)?;
            let write = timed(bytes, || {
                message.copy(&plain, &sealed, workers, &|_| ()).map(drop).map_err(failed)
            })?;
            sealed.rewind().map_err(io)?;
            let read = timed(bytes, || open(manager, &mut &sealed, &opened, workers))?;
            same_length(&opened, bytes)?;
            Ok((write, read))
        }
    }
}

fn same_length(file: &File, bytes: u64) -> Result<(), Failure> {
    match file.metadata() {
        Ok(found) if found.len() == bytes => Ok(()),
        _ => Err(Failure::new("the plaintext has another length")),
    }
}

fn open<R: Read + Send>(
    manager: &dyn MaterialsManager,
    from: &mut R,
    to: impl Write + Send,
    workers: &Workers,
) -> Result<(), Failure> {
    let failed = |why: strongroom_envelope::StreamError| Failure::of("a message", why);
    let unopened = read_header(from, &DecryptOptions::default()).map_err(failed)?;
    let opened = block_on(unopened.unwrap(manager)).map_err(|why| Failure::of("a message", why))?;
    opened.copy(from, to, workers, &|_| ()).map(drop).map_err(failed)
}

/// Writes and reads so many messages of 1 KiB, one after the other, and prints the rates.
fn short(
    name: &str,
    manager: &dyn MaterialsManager,
    suite: Suite,
    messages: u32,
) -> Result<(), Failure> {
    let failed = |why: strongroom_envelope::Error| Failure::of("a message", why);
    let options = EncryptOptions { suite, ..EncryptOptions::default() };
    let plaintext = [42; SHORT];
    let mut sealed = Vec::new();
    let write = timed(0, || {
        for _ in 0..messages {
            sealed =
                block_on(encrypt(manager, &plaintext, &options, &SystemEntropy)).map_err(failed)?;
        }
        Ok(())
    })?;
    let read = timed(0, || {
        for _ in 0..messages {
            block_on(decrypt(manager, &sealed, &DecryptOptions::default())).map_err(failed)?;
        }
        Ok(())
    })?;
    let rate = |rate: &Rate| {
        let micros = u64::try_from(rate.wall.as_micros()).unwrap_or(u64::MAX).max(1);
        u64::from(messages) * 1_000_000 / micros
    };
    terminal::line(format_args!(
        "| 0x{:04X} | {name} | {} | {} |",
        suite.id(),
        rate(&write),
        rate(&read)
    ));
    Ok(())
}

/// Bytes that are not all alike, without end.
#[derive(Default)]
struct Pattern(u8);

impl Read for Pattern {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0 = self.0.wrapping_add(1);
        out.fill(self.0);
        Ok(out.len())
    }
}

/// The greatest memory that was ever resident, bytes.
fn peak() -> Option<u64> {
    usage::kibibytes(&std::fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

/// Runs a future that waits for nothing outside.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}
