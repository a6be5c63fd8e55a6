//! How tags are written: an array of `[key, value]`.

use minicbor::encode::Write;
use minicbor::{Decoder, Encoder};
use strongroom_types::Tag;

pub(crate) fn encode<C, W: Write>(
    tags: &[Tag],
    e: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), minicbor::encode::Error<W::Error>> {
    e.array(tags.len() as u64)?;
    for tag in tags {
        e.array(2)?.str(&tag.key)?.str(&tag.value)?;
    }
    Ok(())
}

pub(crate) fn decode<C>(
    d: &mut Decoder<'_>,
    _: &mut C,
) -> Result<Vec<Tag>, minicbor::decode::Error> {
    let pairs: Vec<(String, String)> = d.decode()?;
    Ok(pairs.into_iter().map(|(key, value)| Tag { key, value }).collect())
}
