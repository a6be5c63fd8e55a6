//! The parts of ARNs: a Region, an account, a key id. Each form has one spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_types::{AccountId, KeyId, Region};

fuzz_target!(|text: &str| {
    if let Ok(region) = text.parse::<Region>() {
        assert_eq!(region.to_string(), text);
        assert!(region.partition().starts_with("aws"));
    }
    if let Ok(account) = text.parse::<AccountId>() {
        assert_eq!(account.to_string(), text);
        assert_eq!(AccountId::from_number(account.number()), Some(account));
    }
    if let Ok(id) = text.parse::<KeyId>() {
        assert_eq!(id.to_string(), text);
        let (multi_region, bytes) = id.parts();
        assert_eq!(KeyId::from_parts(multi_region, *bytes), id);
    }
});
