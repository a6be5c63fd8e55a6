//! A secret is not compared in a time that tells of it.
use strongroom_crypto::{SecretBytes, SecretKey};

fn bytes(a: &SecretBytes, b: &SecretBytes) -> bool {
    a == b
}

fn keys(a: &SecretKey, b: &SecretKey) -> bool {
    a == b
}

fn main() {}
