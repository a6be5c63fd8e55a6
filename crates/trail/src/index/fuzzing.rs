//! A door for the fuzz target of the index's files; it is open with `--cfg fuzzing` and never in the
//! product.

use super::block::Block;
use super::draft::draft;
use super::{Noted, value_hash};
use crate::event::Attributes;
use std::borrow::Cow;
use std::path::Path;
use strongroom_engine::ports::archive::EventAttribute;
use strongroom_types::Timestamp;

/// Reads everything of the block at `path`, whoever wrote it.
pub fn read_block(path: &Path) {
    let Ok(Some(block)) = Block::open(path) else { return };
    let usage = block.usage();
    if let Ok(hashes) = block.hashes() {
        for hash in hashes.iter().take(64) {
            let _ = block.find(*hash);
        }
    }
    let _ = (block.find(0), block.find(u64::MAX), block.summary(String::new()));
    if let Ok(mut usage) = usage {
        let other = usage.clone();
        usage.add(&other);
    }
}

/// Writes the block of a small log file to `path`.
pub fn write_block(path: &Path) {
    let mut attributes = Attributes::default();
    attributes.push(EventAttribute::EventName, "Decrypt");
    let key = "arn:aws:kms:eu-west-2:111122223333:key/a";
    attributes.push(EventAttribute::ResourceName, key);
    let noted = Noted {
        place: 12..300,
        time: Timestamp::from_millis(1_795_329_425_000),
        attributes: Cow::Owned(attributes),
        is_use_served: Some(true),
    };
    let draft = draft(&[noted]).expect("a block");
    draft.write(path).expect("a file");
    let block = Block::open(path).expect("it opens").expect("it is there");
    let found = block.find(value_hash(EventAttribute::EventName, "Decrypt"));
    assert_eq!(found.ok().as_deref(), Some(&[0][..]));
}
