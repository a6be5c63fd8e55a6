//! Doors for fuzz targets to what only this program parses, and to its gateway; they are open with
//! `--cfg fuzzing` and never in the product.

pub use crate::config::fuzzing::configuration;
pub use crate::message::fuzzing::{carrier, variables};
pub use crate::policy::fuzzing::policy_inputs;

use crate::gateway::whole;
use crate::operator::Request;
use crate::{dev_clock, key, provider_keys, root_file, stream};
use std::path::Path;
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Engine;
use strongroom_iam::AccessKey;
use strongroom_rootkeys::{KeyFile, Share};
use strongroom_types::KeySpec;

/// Status, request id and body of the gateway's answer to a request; `None` if HTTP has no such request.
pub async fn answer(
    engine: Arc<Engine>,
    target: (&str, &str),
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Option<(u16, String, Vec<u8>)> {
    whole::answer(engine, target, headers, body).await
}

/// A line that came over the operator's socket.
pub fn operator_request(line: &str) {
    if let Ok(request) = serde_json::from_str::<Request>(line) {
        let again = serde_json::to_string(&request).expect("it can be written");
        assert_eq!(serde_json::from_str::<Request>(&again).expect("it can be read"), request);
    }
}

/// The files of a data directory that are read by themselves, and key material of the operator's.
pub fn data_files(bytes: &[u8]) {
    let secret = || SecretBytes::new(bytes.to_vec());
    let _ = root_file::parse_plain(Path::new("root.key"), &secret());
    if let Ok(key) = AccessKey::from_file(&secret()) {
        let again = AccessKey::from_file(&key.to_file()).ok().expect("it was just written");
        assert!(again.id == key.id && again.secret_text() == key.secret_text());
    }
    for spec in [KeySpec::SymmetricDefault, KeySpec::EccNistP256] {
        let _ = key::decoded(&secret(), spec);
    }
    let _ = Share::parse(&secret());
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(file) = KeyFile::parse(text) {
            let again = file.to_text().expect("what was read can be written");
            assert_eq!(KeyFile::parse(&again).as_ref(), Ok(&file));
        }
        let _ = (dev_clock::parse_duration(text), stream::Target::parse(text));
    }
}

/// Where an identity provider says that its keys are.
pub fn discovery(document: &[u8]) {
    let issuer = "https://id.example.com";
    assert!(provider_keys::keys_url("https://other.example.com/", document).is_err());
    let _ = provider_keys::keys_url(issuer, document);
}
