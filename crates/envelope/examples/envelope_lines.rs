//! Writes and reads messages as lines of JSON tell it, for tests beside other implementations.
//!
//! A line in has `do` (`encrypt` or `decrypt`), Base64 of `plaintext` or `message`, and `keys`: names
//! of raw keys as the test vectors have them, or Base64 of a data key in `data_key` instead. A line out
//! has Base64 of `message` or `plaintext`, or an `error`.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use strongroom_crypto::{SecretBytes, SystemEntropy};
use strongroom_envelope::{
    CommitmentPolicy, DataKey, DecryptOptions, DecryptionMaterials, DefaultManager, EncryptOptions,
    EncryptedDataKey, EncryptionContext, Keyring, MultiKeyring, RawAesKeyring, RawRsaKeyring,
    RsaPadding, Suite, Workers, encrypt, read_header,
};

type Answer = Result<Value, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    for line in input.lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let answer = match text(&line, "do") {
            "encrypt" => written(&line),
            _ => read(&line),
        };
        let answer = answer.unwrap_or_else(|error| json!({ "error": error.to_string() }));
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn text<'a>(line: &'a Value, name: &str) -> &'a str {
    line.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn bytes(line: &Value, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(base64_simd::STANDARD.decode_to_vec(text(line, name))?)
}

fn written(line: &Value) -> Answer {
    let suite = u16::from_str_radix(text(line, "suite"), 16)?;
    let pairs: BTreeMap<String, String> = match line.get("context") {
        Some(pairs) => serde_json::from_value(pairs.clone())?,
        None => BTreeMap::new(),
    };
    let options = EncryptOptions {
        suite: Suite::from_id(suite).ok_or("no such suite")?,
        frame_len: u32::try_from(line.get("frame_length").and_then(Value::as_u64).unwrap_or(4096))?,
        context: EncryptionContext::new(pairs)?,
        ..EncryptOptions::default()
    };
    let manager = DefaultManager::new(keyrings(line)?, Arc::new(SystemEntropy));
    let message =
        block_on(encrypt(&manager, &bytes(line, "plaintext")?, &options, &SystemEntropy))?;
    Ok(json!({ "message": base64_simd::STANDARD.encode_to_string(message) }))
}

fn read(line: &Value) -> Answer {
    let message = bytes(line, "message")?;
    let commitment = CommitmentPolicy::RequireEncryptAllowDecrypt;
    let options = DecryptOptions { commitment, ..DecryptOptions::default() };
    let mut input = message.as_slice();
    let unopened = read_header(&mut input, &options)?;
    let opened = if line.get("data_key").is_some() {
        let point = unopened.header().context().value("aws-crypto-public-key");
        let point = point.map(|text| base64_simd::STANDARD.decode_to_vec(text)).transpose()?;
        let materials = DecryptionMaterials {
            data_key: DataKey::new(SecretBytes::new(bytes(line, "data_key")?)),
            verification_key: point,
            encrypted: EncryptedDataKey {
                provider_id: String::new(),
                provider_info: Vec::new(),
                ciphertext: Vec::new(),
            },
        };
        unopened.open(&materials)?
    } else {
        let manager = DefaultManager::new(keyrings(line)?, Arc::new(SystemEntropy));
        block_on(unopened.unwrap(&manager))?
    };
    let mut plaintext = Vec::new();
    opened.copy(input, &mut plaintext, &Workers::default(), &|_| ())?;
    Ok(json!({ "plaintext": base64_simd::STANDARD.encode_to_string(plaintext) }))
}

fn keyrings(line: &Value) -> Result<Arc<dyn Keyring>, Box<dyn Error>> {
    let names = line.get("keys").and_then(Value::as_array).ok_or("no keys")?;
    let mut all = names.iter().map(|name| keyring(line, name.as_str().unwrap_or_default()));
    let first = all.next().ok_or("no keys")??;
    Ok(Arc::new(MultiKeyring::new(Some(first), all.collect::<Result<_, _>>()?)?))
}

/// The keys of the test vectors: `aes-256` is bytes 1, 2, 3 and so on; of RSA the line has the PEM.
fn keyring(line: &Value, name: &str) -> Result<Arc<dyn Keyring>, Box<dyn Error>> {
    let padding = match name {
        "rsa-pkcs1" => RsaPadding::Pkcs1,
        "rsa-oaep-sha1" => RsaPadding::OaepSha1,
        "rsa-oaep-sha256" => RsaPadding::OaepSha256,
        "rsa-oaep-sha384" => RsaPadding::OaepSha384,
        "rsa-oaep-sha512" => RsaPadding::OaepSha512,
        aes => {
            let bits: u8 = aes.strip_prefix("aes-").ok_or("no such key")?.parse().unwrap_or(0);
            let length = if bits == 0 { 32 } else { bits / 8 };
            let key = SecretBytes::new((1..=length).collect());
            return Ok(Arc::new(RawAesKeyring::new("raw-keys", name, &key)?));
        }
    };
    let private = SecretBytes::new(text(line, "rsa_private_key").as_bytes().to_vec());
    let keyring = RawRsaKeyring::new("raw-keys", name, padding)?;
    let keyring = keyring.with_public_key(text(line, "rsa_public_key").as_bytes())?;
    Ok(Arc::new(keyring.with_private_key(&private)?))
}

/// Runs a future that waits for nothing outside.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}
