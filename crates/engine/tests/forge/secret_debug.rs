//! A secret is not printed.
use strongroom_crypto::{SecretBytes, SecretKey};

#[derive(Debug)]
struct Holder {
    bytes: SecretBytes,
    key: SecretKey,
}

fn main() {}
