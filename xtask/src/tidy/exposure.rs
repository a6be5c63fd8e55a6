//! Where secret bytes are touched: `expose` and `expose_mut` are called in few named files, so that
//! "who can see keys?" is answered by reading a list.

use super::Finding;
use crate::rust_source;
use crate::tree::{File, Tree};

/// The files that may call them, in their built code. Tests may anywhere.
const ALLOWED: &[&str] = &[
    // Definition of the secret types.
    "crates/crypto/src/secret.rs",
    // The primitives hand key bytes to the libraries.
    "crates/crypto/src/aead.rs",
    "crates/crypto/src/cbc.rs",
    "crates/crypto/src/gcm.rs",
    "crates/crypto/src/hkdf.rs",
    "crates/crypto/src/kdf.rs",
    "crates/crypto/src/key_wrap.rs",
    "crates/crypto/src/password.rs",
    "crates/crypto/src/rsa_encryption.rs",
    "crates/crypto/src/shares.rs",
    "crates/crypto/src/asymmetric/edwards.rs",
    "crates/crypto/src/asymmetric/rsa.rs",
    "crates/crypto/src/post_quantum/envelope.rs",
    "crates/crypto/src/post_quantum/ml_dsa.rs",
    "crates/crypto/src/post_quantum/ml_kem.rs",
    "crates/crypto/src/sm2.rs",
    // A backup's key on its way under the root key, and what its chunks hold, sealed once more.
    "crates/keys/src/backup.rs",
    "crates/engine/src/backup/read.rs",
    // Data keys of messages: made, under the caller's own wrapping keys, and derived from.
    "crates/envelope/src/derived_key.rs",
    "crates/envelope/src/keyring/mod.rs",
    "crates/envelope/src/keyring/raw_aes.rs",
    "crates/envelope/src/keyring/raw_rsa.rs",
    // Keys wrapped under keys.
    "crates/keys/src/material/backing.rs",
    "crates/keys/src/material/id.rs",
    "crates/keys/src/material/raw.rs",
    "crates/keys/src/root.rs",
    // Key material on its way into a key: its wrapping key, what is wrapped, the operator's file.
    "crates/keys/src/import_token.rs",
    "crates/engine/src/work/import.rs",
    "crates/strongroom/src/key.rs",
    // A fresh secret access key, and the token that a session's is in.
    "crates/engine/src/identity/fresh.rs",
    "crates/keys/src/identity/session.rs",
    // The derivation of a signing key from a secret access key.
    "crates/sigv4/src/signing_key.rs",
    // Records on their way into and out of their seal.
    "crates/keys/src/codec.rs",
    "crates/engine/src/ledger/mod.rs",
    "crates/engine/src/ledger/open.rs",
    "crates/engine/src/ledger/recovery.rs",
    "crates/engine/src/ledger/tail.rs",
    "crates/engine/src/check/journal.rs",
    "crates/engine/src/grant_token.rs",
    "crates/engine/src/marker.rs",
    "crates/engine/src/resealing.rs",
    "crates/engine/src/trail_key.rs",
    "crates/engine/src/vault.rs",
    // What an operation may do with a caller's plaintext.
    "crates/engine/src/work/cryptography.rs",
    "crates/engine/src/work/grants.rs",
    "crates/engine/src/work/mod.rs",
    "crates/engine/src/work/pairs.rs",
    // What is secret in an answer, on its way to an attested recipient.
    "crates/engine/src/recipient.rs",
    // The header of a ciphertext blob, which came in with the bytes that are wiped.
    "crates/kms/src/operations/cryptography/ciphertext.rs",
    // The file by which the operator gets the first access key, and the shell that takes it.
    "crates/iam/src/credentials.rs",
    "crates/strongroom/src/environment.rs",
    // The root key's file, what a provider wraps, and what opens it: typed, read, or a share.
    "crates/rootkeys/src/provider.rs",
    "crates/rootkeys/src/share.rs",
    "crates/keystores/src/wrapping_key.rs",
    "crates/strongroom/src/root_file.rs",
    "crates/strongroom/src/secret_input.rs",
    "crates/strongroom/src/unlock.rs",
    // What the operator is told and tells over the socket: access keys, passphrases, shares.
    "crates/strongroom/src/data.rs",
    "crates/strongroom/src/operator/socket.rs",
    // The file with the secret access key of a bucket elsewhere.
    "crates/strongroom/src/config/buckets.rs",
    // Bodies on their way in, to be verified and parsed, and out.
    "crates/strongroom/src/gateway.rs",
    // The same bodies, for tests and fuzz targets; the product does not have it.
    "crates/strongroom/src/gateway/whole.rs",
    "crates/protocol/src/json/write.rs",
    "crates/protocol/src/query.rs",
    "crates/server/src/body.rs",
    // What a key outside has decrypted: a ciphertext of ours, behind its header again.
    "crates/keys/src/blob.rs",
    // An identifier that the model withholds as if it were a secret.
    "crates/engine/src/decode.rs",
    // Requests to another KMS with a plaintext in them, and answers.
    "crates/client/src/kms/mod.rs",
    "crates/client/src/kms/wire.rs",
    // A raw key of the command line, and the variables that a program is to have.
    "crates/strongroom/src/message/keyrings.rs",
    "crates/strongroom/src/message/exec.rs",
    // Random bytes, where an HSM writes them.
    "crates/keystores/src/hsm/key.rs",
    // The password of an HSM user, which the HSM's module is to be told.
    "crates/keystores/src/hsm/password.rs",
];

const LIST: &str = "xtask/src/tidy/exposure.rs";

/// Calls outside the list, and rows of the list that nothing needs any more.
pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.under("crates/", "rs").filter(|file| is_built(file)) {
        let lines = lines_that_expose(file);
        match (lines.first(), ALLOWED.contains(&file.path.as_str())) {
            (Some(_), false) => found.extend(lines.iter().map(|line| {
                Finding::new(
                    &file.path,
                    *line,
                    "touches secret bytes outside the list in ".to_owned() + LIST,
                )
            })),
            (None, true) if !file.path.ends_with("/secret.rs") => {
                found.push(Finding::new(
                    LIST,
                    0,
                    format!("{} exposes nothing: strike it", file.path),
                ));
            }
            _ => {}
        }
    }
    let gone = ALLOWED.iter().filter(|path| tree.file(path).is_none());
    found.extend(gone.map(|path| Finding::new(LIST, 0, format!("{path} is gone: strike it"))));
    found
}

/// Whether a file is compiled into the product: not a test, bench or example, nor the test helpers.
fn is_built(file: &File) -> bool {
    file.path.contains("/src/")
        && !file.path.starts_with("crates/testkit/")
        && !file.path.ends_with("/tests.rs")
        && !file.path.ends_with("/testing.rs")
        && !file.path.contains("/tests/")
}

fn lines_that_expose(file: &File) -> Vec<usize> {
    let code = rust_source::without_tests(rust_source::blank(&file.text));
    let code: String = code.into_iter().collect();
    let exposes = |line: &str| {
        line.contains(".expose(") || line.contains(".expose_mut(") || line.contains("::expose")
    };
    code.lines().enumerate().filter(|(_, line)| exposes(line)).map(|(at, _)| at + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        let tree = Tree::of(&[(path, text)]);
        let of_it = findings(&tree).into_iter().filter(|finding| finding.path == path);
        of_it.map(|finding| finding.line).collect()
    }

    #[test]
    fn only_listed_files_and_tests_expose() {
        let call = "// key.expose()\nfn f(key: &Key) {\n    g(key.expose());\n}\n";
        assert_eq!(found("crates/kms/src/a.rs", call), [3]);
        assert!(found("crates/crypto/src/aead.rs", call).is_empty());
        assert!(found("crates/kms/tests/a.rs", call).is_empty());
        assert!(
            found("crates/kms/src/a.rs", &format!("#[cfg(test)]\nmod tests {{\n{call}}}"))
                .is_empty()
        );
        assert_eq!(found("crates/kms/src/a.rs", "x.map(SecretKey::expose)"), [1]);
    }

    #[test]
    fn a_row_that_is_not_needed_is_found() {
        let tree = Tree::of(&[("crates/crypto/src/aead.rs", "fn f() {}")]);
        assert!(
            findings(&tree).iter().any(|finding| finding.text.contains("aead.rs exposes nothing"))
        );
    }
}
