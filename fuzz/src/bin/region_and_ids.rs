//! The parts of ARNs, points in time and names of principals. Each form of an id has one spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_policy::NamedPrincipal;
use strongroom_types::{AccountId, AliasName, KeyId, Region, Timestamp};

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
    if let Ok(alias) = AliasName::parse(text) {
        assert_eq!(alias.to_string(), text);
    }
    if let Some(time) = Timestamp::parse_basic(text) {
        assert_eq!(Timestamp::parse_basic(&time.civil().basic()), Some(time));
    }
    let _ = NamedPrincipal::parse(text);
});
