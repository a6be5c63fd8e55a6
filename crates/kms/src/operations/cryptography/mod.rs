//! Using key material.

mod ciphertext;
pub(super) mod context;
mod data_key;
mod decrypt;
mod encrypt;
mod generate_data_key;
mod generate_data_key_without_plaintext;
mod generate_random;
mod re_encrypt;

pub(crate) use decrypt::Decrypt;
pub(crate) use encrypt::Encrypt;
pub(crate) use generate_data_key::GenerateDataKey;
pub(crate) use generate_data_key_without_plaintext::GenerateDataKeyWithoutPlaintext;
pub(crate) use generate_random::GenerateRandom;
pub(crate) use re_encrypt::ReEncrypt;
