//! A `KeyId` member as a caller may write it. What parses is written out again unchanged, since the
//! text of an ARN is what policies, errors and the audit record compare.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_types::{KeyReference, ReferenceError};

fuzz_target!(|text: &str| {
    match KeyReference::parse(text) {
        Ok(KeyReference::Id(id)) => assert_eq!(id.to_string(), text),
        Ok(KeyReference::Arn(arn)) => assert_eq!(arn.to_string(), text),
        Ok(KeyReference::Alias(name)) => assert_eq!(name.to_string(), text),
        Ok(KeyReference::AliasArn(arn)) => assert_eq!(arn.to_string(), text),
        Err(ReferenceError::KeyIdInArn(part)) => assert!(text.ends_with(&part)),
        Err(
            ReferenceError::KeyId(shown)
            | ReferenceError::Arn(shown)
            | ReferenceError::Alias(shown),
        ) => {
            assert_eq!(shown, text);
        }
    }
});
