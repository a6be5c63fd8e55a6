//! In no way.
fn print(key: &strongroom_crypto::SecretKey) -> String {
    format!("{key}")
}

fn main() {}
