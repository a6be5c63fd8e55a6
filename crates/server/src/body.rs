//! Bodies, which carry plaintext: read into one buffer and written from one buffer, each wiped
//! when it is dropped.

use crate::Limits;
use crate::limits::{DISCARD_TIME, DISCARDED_BODY, SMALL_BODY};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// The first buffer for a body whose length is not announced or is longer than this, bytes: what
/// a peer merely announces takes no memory.
const FIRST_BUFFER: usize = 16 * 1024;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// Longer than the limit.
    TooLarge,
    /// Not complete in time.
    TooSlow,
    /// The connection ended or its framing was wrong; there is nobody to answer.
    Broken,
}

/// A complete body.
pub(crate) struct Read {
    /// Its bytes.
    pub(crate) bytes: SecretBytes,
    /// To be held as long as the bytes, if there are many.
    pub(crate) share: Option<OwnedSemaphorePermit>,
}

/// Reads a body of at most `limits.body_bytes` bytes within `limits.body`, by the same bounds
/// whether its length was announced or not.
pub(crate) async fn read(
    incoming: &mut Incoming,
    limits: &Limits,
    large: &Arc<Semaphore>,
) -> Result<Read, ReadError> {
    if Body::is_end_stream(incoming) {
        return Ok(Read { bytes: SecretBytes::new(Vec::new()), share: None });
    }
    match timeout(limits.body, collect(incoming, limits.body_bytes, large)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ReadError::TooSlow),
    }
}

/// Reads on and throws away, within bounds, what follows of a refused body.
pub(crate) async fn discard(incoming: &mut Incoming) {
    let all = async {
        let mut left = DISCARDED_BODY;
        while let Some(Ok(frame)) = incoming.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    let _ = timeout(DISCARD_TIME, all).await;
}

/// The bytes of `secret`, not copied, and wiped when the last reference to them goes.
pub(crate) fn wiped_when_written(secret: SecretBytes) -> Bytes {
    if secret.is_empty() { Bytes::new() } else { Bytes::from_owner(Outgoing(secret)) }
}

async fn collect(
    incoming: &mut Incoming,
    limit: usize,
    large: &Arc<Semaphore>,
) -> Result<Read, ReadError> {
    let announced = incoming.size_hint().lower();
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(ReadError::TooLarge);
    }
    let mut buffer = Growing::with_capacity(announced.min(FIRST_BUFFER));
    let mut share = None;
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame.map_err(|_| ReadError::Broken)?.into_data() else {
            continue;
        };
        let length = buffer.0.len().saturating_add(data.len());
        if length > limit {
            return Err(ReadError::TooLarge);
        }
        if length > SMALL_BODY && share.is_none() {
            share = Arc::clone(large).acquire_owned().await.ok();
        }
        buffer.push(&data);
    }
    Ok(Read { bytes: buffer.finish(), share })
}

/// A buffer that leaves no copy behind where it grows.
struct Growing(Zeroizing<Vec<u8>>);

impl Growing {
    fn with_capacity(capacity: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(capacity)))
    }

    /// Appends `data`. INVARIANT: the vector never reallocates by itself.
    fn push(&mut self, data: &[u8]) {
        let needed = self.0.len().saturating_add(data.len());
        if needed > self.0.capacity() {
            let capacity = needed.max(self.0.capacity().saturating_mul(2));
            let mut larger = Self::with_capacity(capacity);
            larger.0.extend_from_slice(&self.0);
            *self = larger;
        }
        self.0.extend_from_slice(data);
    }

    fn finish(mut self) -> SecretBytes {
        SecretBytes::new(std::mem::take(&mut *self.0))
    }
}

/// A secret on its way to the socket.
struct Outgoing(SecretBytes);

impl AsRef<[u8]> for Outgoing {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_grows_without_losing_a_byte() {
        let mut buffer = Growing::with_capacity(3);
        let mut expected = Vec::new();
        for n in 0..200_u8 {
            let piece = vec![n; usize::from(n)];
            buffer.push(&piece);
            expected.extend_from_slice(&piece);
        }
        assert!(buffer.finish().same_as(&expected));
    }

    #[test]
    fn a_response_body_is_written_from_where_it_is() {
        let secret = SecretBytes::new(b"plaintext".to_vec());
        let at = secret.expose().as_ptr();
        let bytes = wiped_when_written(secret);
        assert_eq!(&*bytes, b"plaintext");
        assert_eq!(bytes.as_ptr(), at);
        assert!(wiped_when_written(SecretBytes::new(Vec::new())).is_empty());
    }
}
