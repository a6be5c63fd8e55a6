//! A record that was read is no admitted key: material is not used on its word.
use strongroom_crypto::SecretBytes;
use strongroom_engine::work::Work;
use strongroom_keys::KeyRecord;
use strongroom_types::{EncryptionAlgorithm, EncryptionContext};

const SYMMETRIC: EncryptionAlgorithm = EncryptionAlgorithm::SymmetricDefault;

async fn encrypt(work: &mut Work<'_>, key: &KeyRecord, plaintext: &SecretBytes) {
    let _ = work.encrypt(key, SYMMETRIC, &EncryptionContext::default(), plaintext).await;
}

fn main() {}
