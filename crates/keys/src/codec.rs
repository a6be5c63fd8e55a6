//! How records become bytes: CBOR (RFC 8949) maps with numbered members, so that a later version
//! adds members and reads what an earlier one wrote.

use minicbor::{Decode, Decoder, Encode, Encoder};

/// A record's bytes do not decode, although they were authentic: a newer version wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodecError;

impl std::fmt::Display for CodecError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the record does not decode; a newer version may have written it")
    }
}

impl std::error::Error for CodecError {}

/// The bytes of `record`.
pub fn encode<T: Encode<()>>(record: &T) -> Vec<u8> {
    // Room enough for every record that holds a secret, so that no growth leaves a copy behind.
    encode_in(1024, record)
}

/// The bytes of `record`, whatever its size, in exactly the room they take: for records that hold
/// secrets behind texts of any length.
pub fn encode_exact<T: Encode<()>>(record: &T) -> Vec<u8> {
    struct Count(usize);
    impl minicbor::encode::Write for Count {
        type Error = std::convert::Infallible;

        fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
            self.0 += bytes.len();
            Ok(())
        }
    }
    let mut count = Encoder::new(Count(0));
    let counted = count.encode(record).is_ok();
    debug_assert!(counted);
    encode_in(count.writer().0, record)
}

/// The bytes of `record`, written in so much room.
pub(crate) fn encode_in<T: Encode<()>>(room: usize, record: &T) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::with_capacity(room));
    // Writing to a `Vec` cannot fail, and no member's encoder refuses.
    let written = encoder.encode(record).is_ok();
    debug_assert!(written);
    encoder.into_writer()
}

/// The record in `bytes`, which must hold nothing else.
///
/// # Errors
/// [`CodecError`] when it does not decode.
pub fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, CodecError> {
    let mut decoder = Decoder::new(bytes);
    let record = decoder.decode().map_err(|_| CodecError)?;
    if decoder.position() == bytes.len() { Ok(record) } else { Err(CodecError) }
}

/// Members that are written as their text: identifiers and named enumerations.
pub mod text {
    use super::{Decoder, Encoder};
    use minicbor::encode::Write;
    use std::fmt::Display;
    use std::str::FromStr;
    use strongroom_types::text::StackText;

    /// Writes the text.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn encode<C, T: Display, W: Write>(
        value: &T,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        // Names here are short, and are in every record.
        match StackText::<64>::of(value) {
            Some(text) => e.str(text.as_str())?.ok(),
            None => e.str(&value.to_string())?.ok(),
        }
    }

    /// Reads the text and parses it.
    ///
    /// # Errors
    /// When there is no text or it does not parse.
    pub fn decode<C, T: FromStr>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<T, minicbor::decode::Error> {
        d.str()?.parse().map_err(|_| minicbor::decode::Error::message("unknown name"))
    }
}

/// Members that are secret bytes.
pub mod secret {
    use super::{Decoder, Encoder};
    use minicbor::encode::Write;
    use strongroom_crypto::SecretBytes;

    /// Writes the bytes.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn encode<C, W: Write>(
        secret: &SecretBytes,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(secret.expose())?.ok()
    }

    /// Reads the bytes.
    ///
    /// # Errors
    /// When there are none.
    pub fn decode<C>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<SecretBytes, minicbor::decode::Error> {
        d.bytes().map(|bytes| SecretBytes::new(bytes.to_vec()))
    }
}

/// Members that are points in time, written as milliseconds.
pub mod time {
    use super::{Decoder, Encoder};
    use minicbor::encode::Write;
    use strongroom_types::Timestamp;

    /// Writes the milliseconds.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn encode<C, W: Write>(
        value: &Timestamp,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.i64(value.millis())?.ok()
    }

    /// Reads the milliseconds.
    ///
    /// # Errors
    /// When there is no number.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Timestamp, minicbor::decode::Error> {
        d.i64().map(Timestamp::from_millis)
    }
}

/// Members that are points in time and may be absent.
pub mod optional_time {
    use super::{Decoder, Encoder};
    use minicbor::encode::Write;
    use strongroom_types::Timestamp;

    /// Writes the milliseconds, or null.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn encode<C, W: Write>(
        value: &Option<Timestamp>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.encode(value.map(Timestamp::millis))?.ok()
    }

    /// Reads the milliseconds, or null.
    ///
    /// # Errors
    /// When there is neither.
    pub fn decode<C>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Option<Timestamp>, minicbor::decode::Error> {
        Ok(d.decode::<Option<i64>>()?.map(Timestamp::from_millis))
    }

    /// An absent member reads as `None`.
    #[must_use]
    pub fn nil() -> Option<Option<Timestamp>> {
        Some(None)
    }
}

/// Members that are written as their text and may be absent.
pub mod optional_text {
    use super::{Decoder, Encoder};
    use minicbor::encode::Write;
    use std::fmt::Display;
    use std::str::FromStr;

    /// Writes the text, or null.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn encode<C, T: Display, W: Write>(
        value: &Option<T>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.encode(value.as_ref().map(T::to_string))?.ok()
    }

    /// Reads the text and parses it, or null.
    ///
    /// # Errors
    /// When there is neither, or the text does not parse.
    pub fn decode<C, T: FromStr>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Option<T>, minicbor::decode::Error> {
        let text: Option<String> = d.decode()?;
        let parsed = text.map(|text| text.parse()).transpose();
        parsed.map_err(|_| minicbor::decode::Error::message("unknown name"))
    }

    /// An absent member reads as `None`.
    #[must_use]
    pub fn nil<T>() -> Option<Option<T>> {
        Some(None)
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_nil<T>(value: &Option<T>) -> bool {
        value.is_none()
    }
}
