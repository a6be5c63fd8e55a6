//! A door for the fuzz target of the index's files; it is open with `--cfg fuzzing` and never in the
//! product.

use super::block::Block;
use super::draft::draft;
use super::{Noted, value_hash};
use std::borrow::Cow;
use std::path::Path;
use strongroom_engine::ports::archive::EventAttribute;

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
    let json = concat!(
        r#"{"eventTime":"2026-11-22T06:37:05Z","eventSource":"kms.amazonaws.com","#,
        r#""eventName":"Decrypt","awsRegion":"eu-west-2","sourceIPAddress":"192.0.2.7","#,
        r#""eventID":"e","readOnly":true,"recipientAccountId":"111122223333","#,
        r#""resources":[{"ARN":"arn:aws:kms:eu-west-2:111122223333:key/a"}]}"#
    );
    let attribute = (EventAttribute::EventName, "Decrypt".to_owned());
    let place = 12..12 + json.len();
    let noted = Noted { json, place, attributes: Cow::Owned(vec![attribute]) };
    let draft = draft(&[noted]).expect("a block");
    draft.write(path).expect("a file");
    let block = Block::open(path).expect("it opens").expect("it is there");
    let found = block.find(value_hash(EventAttribute::EventName, "Decrypt"));
    assert_eq!(found.ok().as_deref(), Some(&[0][..]));
}
