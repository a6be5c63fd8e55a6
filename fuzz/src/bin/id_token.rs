//! ID tokens of identity providers, and their key sets.

#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_federation::{IdToken, Provider};

fuzz_target!(|data: &[u8]| {
    let split = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (text, set) = data.split_at(split);
    let provider = Provider::parse(set.strip_prefix(&[0]).unwrap_or(set));
    let Ok(text) = std::str::from_utf8(text) else { return };
    let Ok(token) = IdToken::parse(text) else { return };
    assert!(token.issuer().is_some() && token.subject().is_some());
    assert!(!token.audiences().is_empty());
    if let Ok(provider) = provider {
        let _ = token.verify(&provider, 1_795_329_425);
    }
});
