//! Key pairs for use elsewhere, whose private key is encrypted under a KMS key.

mod generate_data_key_pair;
mod generate_data_key_pair_without_plaintext;
mod request;

pub(crate) use generate_data_key_pair::GenerateDataKeyPair;
pub(crate) use generate_data_key_pair_without_plaintext::GenerateDataKeyPairWithoutPlaintext;
