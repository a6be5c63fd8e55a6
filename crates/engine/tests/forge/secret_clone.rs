//! A secret is not copied.
use strongroom_crypto::{SecretBytes, SecretKey};

#[derive(Clone)]
struct Holder {
    bytes: SecretBytes,
    key: SecretKey,
}

fn main() {}
