//! Nor is it reached past `expose`.
fn inner(secret: &strongroom_crypto::SecretBytes) -> &[u8] {
    &secret.0
}

fn main() {}
