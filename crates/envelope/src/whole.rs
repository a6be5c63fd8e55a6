//! The body without frames of a message whose wrapping keys change.

use crate::decrypt::Decryptor;
use crate::encrypt::{Encryptor, Totals};
use crate::error::{Error, StreamError};
use crate::header::Header;
use crate::inspect::{Whole, at_end, cut_off};
use crate::pipeline::{Progress, Workers};
use crate::signature::{HEAD, Signing, Verifying};
use crate::suite::Suite;
use crate::wiped::Wiped;
use std::io::{Read, Write};

/// A body that stays as it is.
pub(crate) struct Kept {
    pub(crate) suite: Suite,
    /// Of the message that is read.
    pub(crate) verifying: Verifying,
    /// Of the message that is written.
    pub(crate) signing: Signing,
}

impl Kept {
    /// Writes `header`, and the body of `from` behind it.
    pub(crate) fn copy<R: Read, W: Write>(
        self,
        header: &Header,
        mut from: R,
        mut to: W,
        progress: Progress<'_>,
    ) -> Result<Totals, StreamError> {
        let Self { suite, mut verifying, mut signing } = self;
        to.write_all(header.as_bytes()).map_err(StreamError::Write)?;
        let copied = Whole::copy(&mut from, &mut to, |bytes| {
            verifying.update(bytes);
            signing.update(bytes);
        })?;
        let footer = footer(suite, &mut from)?;
        verifying.finish(&footer)?;
        at_end(&mut from)?;
        let mut signature = Vec::new();
        signing.finish(&mut signature)?;
        to.write_all(&signature).map_err(StreamError::Write)?;
        to.flush().map_err(StreamError::Write)?;
        progress(copied.plaintext);
        let around = header.as_bytes().len().saturating_add(signature.len()) as u64;
        Ok(Totals {
            plaintext: copied.plaintext,
            message: copied.message.saturating_add(around),
            frames: 1,
        })
    }
}

/// The signature with its length; of a suite without, nothing.
fn footer<R: Read>(suite: Suite, from: &mut R) -> Result<Vec<u8>, StreamError> {
    let mut footer = Vec::new();
    if suite.is_signed() {
        footer.resize(HEAD, 0);
        from.read_exact(&mut footer).map_err(cut_off)?;
        let length = Verifying::footer_len(suite, &footer)?.ok_or(Error::Failed)?;
        footer.resize(length, 0);
        let signature = footer.get_mut(HEAD..).ok_or(Error::Failed)?;
        from.read_exact(signature).map_err(cut_off)?;
    }
    Ok(footer)
}

/// A body that is opened in memory, which has a bound for it, and sealed in frames.
pub(crate) struct Reframed {
    pub(crate) from: Decryptor,
    pub(crate) to: Encryptor,
}

impl Reframed {
    /// Writes the new message, once the old one is verified to its end.
    pub(crate) fn copy<R: Read + Send, W: Write + Send>(
        self,
        from: R,
        to: W,
        workers: &Workers,
        progress: Progress<'_>,
    ) -> Result<Totals, StreamError> {
        let mut plaintext = Wiped::default();
        self.from.copy(from, &mut plaintext, workers, &|_| ())?;
        self.to.copy(&*plaintext, to, workers, progress)
    }
}
