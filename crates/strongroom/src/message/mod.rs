//! `strongroom encrypt`, `decrypt`, `rewrap`, `inspect` and `exec`: messages of the AWS Encryption SDK in
//! files, directories, pipes, pictures and sounds. Nothing of them needs a server of ours: any KMS that
//! speaks as AWS's does will do, or raw keys and none at all.

mod carrier;
mod decrypt;
mod dotenv;
mod each;
mod encrypt;
mod exec;
mod exit;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod input;
mod inspect;
mod interrupted;
mod keyrings;
mod output;
mod places;
mod port;
mod report;
mod rewrap;

pub(crate) use decrypt::run as decrypt;
pub(crate) use encrypt::run as encrypt;
pub(crate) use exec::{not_started, run as exec};
pub(crate) use exit::Ended;
pub(crate) use inspect::run as inspect;
pub(crate) use rewrap::run as rewrap;

use crate::cli::DemandArguments;
use exit::Cause;
use output::Told;
use std::io;
use strongroom_envelope::{
    CommitmentPolicy, DecryptOptions, Error, Refusal, SignedMessages, StreamError,
};
use tokio::runtime::Runtime;

/// Sockets, timers and signals, on a thread of their own; what is long is done by the thread that asks
/// and by those of the message's work.
fn runtime() -> Result<Runtime, Ended> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build();
    runtime.map_err(|why| Ended::of(Cause::Other, "threads cannot be started", why))
}

/// A runtime that also tidies up when a signal ends the process.
fn watched() -> Result<Runtime, Ended> {
    let runtime = runtime()?;
    let entered = runtime.enter();
    let watch = interrupted::Watch::begin();
    drop(entered);
    drop(runtime.handle().spawn(watch.wait()));
    Ok(runtime)
}

/// What is demanded of messages.
fn demands(arguments: &DemandArguments) -> DecryptOptions {
    let DemandArguments { context, unsigned_only, allow_no_commitment, max_keys, max_frame_length } =
        arguments;
    let commitment = match allow_no_commitment {
        true => CommitmentPolicy::RequireEncryptAllowDecrypt,
        false => CommitmentPolicy::RequireEncryptRequireDecrypt,
    };
    let signed = match unsigned_only {
        true => SignedMessages::Refuse,
        false => SignedMessages::ReleaseVerifiedFrames,
    };
    let expected = context.iter().map(|pair| (pair.key.clone(), pair.value.clone()));
    DecryptOptions {
        commitment,
        signed,
        max_encrypted_data_keys: *max_keys,
        max_frame_len: *max_frame_length,
        expected_context: expected.collect(),
    }
}

/// What a message's fault means for who has typed the command. `unasked` is why no KMS could be asked,
/// if so.
fn at_fault(name: impl std::fmt::Display, why: &Error, unasked: Option<String>) -> Ended {
    let cause = match why {
        Error::Keyring(_) if unasked.is_some() => Cause::Kms,
        Error::Keyring(_) | Error::Materials(_) => Cause::Key,
        Error::Refused(Refusal::ContextMismatch(_)) => Cause::Context,
        Error::Format(_) | Error::NotAuthentic(_) | Error::Refused(_) => Cause::Message,
        Error::Failed => Cause::Other,
    };
    Ended::of(cause, name, why)
}

/// What ended the work between an input and an output of these names.
fn broken(from: &str, to: &Told, why: &StreamError) -> Ended {
    match why {
        StreamError::Read(why) => Ended::of(Cause::Input, from, why),
        StreamError::Write(why) => output::failed(to, why),
        StreamError::Message(why) => at_fault(from, why, None),
    }
}

/// Holds back what is written until it is known to be good, as far as memory is meant for it.
struct Held<W> {
    to: W,
    held: Option<Vec<u8>>,
}

/// The most that is held back, bytes. Our choice: with it a process stays below 64 MiB.
const MAX_HELD: usize = 8 << 20;

impl<W: io::Write> Held<W> {
    fn new(to: W) -> Self {
        Self { to, held: Some(Vec::new()) }
    }

    /// It is good.
    fn release(&mut self) -> io::Result<()> {
        if let Some(held) = self.held.take() {
            self.to.write_all(&held)?;
        }
        self.to.flush()
    }

    /// Whether nothing was let out.
    const fn holds(&self) -> bool {
        self.held.is_some()
    }
}

impl<W: io::Write> io::Write for Held<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.held {
            Some(held) if held.len() + bytes.len() <= MAX_HELD => {
                held.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            Some(_) => {
                self.release()?;
                self.to.write(bytes)
            }
            None => self.to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.held {
            Some(_) => Ok(()),
            None => self.to.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use std::io::Write;

    #[test]
    fn what_is_held_comes_out_when_it_is_good_or_too_long() {
        let mut out = Vec::new();
        let mut held = Held::new(&mut out);
        held.write_all(b"secret").unwrap();
        held.flush().unwrap();
        assert!(held.holds() && held.to.is_empty());
        held.release().unwrap();
        assert_eq!(out, b"secret");

        let mut out = Vec::new();
        let mut held = Held::new(&mut out);
        for _ in 0..17 {
            held.write_all(&[7; 1 << 20]).unwrap();
        }
        assert!(!held.holds());
        held.release().unwrap();
        assert_eq!(out.len(), 17 << 20);
    }
}
