//! `strongroom key`: keys of given key material, made while the server is stopped.

use crate::cli::{ImportArguments, KeyArguments, KeyCommand};
use crate::clock::{DevClock, SystemClock};
use crate::config::DEFAULT_REGION;
use crate::data::{DataDir, Endpoint};
use crate::running;
use crate::secret_input;
use crate::terminal::{self, Failure};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::Clock;
use strongroom_engine::seeding::{Seed, Seeded};
use strongroom_server::hardening;
use strongroom_types::{AccountId, AliasName, KeyArn, KeyId, KeySpec, KeyUsage, Region};
use tokio::runtime::Builder;

/// The most that is read of key material, bytes: an RSA key of 4,096 bits in PEM takes 3,300.
const MAX_MATERIAL: usize = 16 * 1024;

pub(crate) fn run(arguments: &KeyArguments) -> Result<(), Failure> {
    match &arguments.command {
        KeyCommand::ImportMaterial(arguments) => import_material(arguments),
    }
}

fn import_material(arguments: &ImportArguments) -> Result<(), Failure> {
    let _ = hardening::harden();
    let region = region(arguments)?;
    let seed = seed(arguments, region)?;
    let (key, spec) = (seed.key, seed.spec);
    let (data, _) = DataDir::take(&arguments.data)?;
    let dev_clock = arguments.dev_clock || data.dev_clock()?.is_some();
    let clock: Arc<dyn Clock> = match data.clock_for(dev_clock)? {
        Some(ahead) => Arc::new(DevClock::new(ahead)),
        None => Arc::new(SystemClock),
    };
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    let running = running::open_for_operator(&data, &runtime, clock)?;
    runtime.block_on(running::first_account(&running.engine, &data, region))?;
    let seeded = runtime.block_on(running.engine.seed_key(seed));
    let closed = running.close();
    let seeded = seeded.map_err(|why| Failure::new(why.to_string()))?;
    closed?;
    terminal::line(match seeded {
        Seeded::New => format!("{key} has the key material ({spec})"),
        Seeded::AsBefore => format!("{key} had the key material already; nothing was changed"),
    });
    Ok(())
}

fn seed(arguments: &ImportArguments, region: Region) -> Result<Seed, Failure> {
    let ImportArguments { key_id, spec, usage, alias, account, material, .. } = arguments;
    let spec: KeySpec = parsed(spec, "key spec")?;
    let usage = match (usage, spec.usages()) {
        (Some(usage), _) => parsed(usage, "key usage")?,
        (None, [only]) => *only,
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|usage| KeyUsage::name(*usage)).collect();
            let names = names.join(" or ");
            return Err(Failure::new(format!("keys of {spec} need a --usage: {names}")));
        }
    };
    let account = match account {
        Some(account) => parsed(account, "account")?,
        None => AccountId::INITIAL,
    };
    let alias = alias.as_ref().map(|name| {
        AliasName::parse(name).map_err(|_| Failure::new(format!("`{name}` is no alias name")))
    });
    let key: KeyId = parsed(key_id, "key id")?;
    Ok(Seed {
        key: KeyArn { region, account, key },
        spec,
        usage,
        material: decoded(&read(material)?, spec)?,
        alias: alias.transpose()?,
    })
}

/// The Region that is asked for, or that of the server that ran last.
fn region(arguments: &ImportArguments) -> Result<Region, Failure> {
    let last = || Endpoint::read(&arguments.data).ok().map(|last| last.region);
    let name = arguments.region.clone().or_else(last);
    parsed(name.as_deref().unwrap_or(DEFAULT_REGION), "Region")
}

fn parsed<T: FromStr>(text: &str, what: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::new(format!("`{text}` is no {what}")))
}

/// What is in the file, or comes on standard input.
fn read(path: &Path) -> Result<SecretBytes, Failure> {
    let failed = |why: std::io::Error| Failure::of(path.display(), why);
    let from: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(failed)?)
    };
    secret_input::whole(from, MAX_MATERIAL).map_err(failed)
}

/// The key material in `given`: bytes as they are, or one of the forms of text.
pub(crate) fn decoded(given: &SecretBytes, spec: KeySpec) -> Result<SecretBytes, Failure> {
    let bytes = given.expose();
    if let Some(digits) = bytes.strip_prefix(b"hex:") {
        return SecretBytes::from_hex(digits.trim_ascii())
            .ok_or_else(|| Failure::new("`hex:` and no digits"));
    }
    if let Some(text) = bytes.strip_prefix(b"base64:") {
        let decoded = base64_simd::STANDARD.decode_to_vec(text.trim_ascii());
        return decoded.map(SecretBytes::new).map_err(|_| Failure::new("`base64:` and no base64"));
    }
    if spec.is_asymmetric() && bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
        let key = PrivatePkcs8KeyDer::from_pem_slice(bytes).map_err(|_| {
            Failure::new(
                "the PEM has no block `PRIVATE KEY`; `openssl pkcs8 -topk8 -nocrypt` writes other \
                 private keys so",
            )
        })?;
        return Ok(SecretBytes::new(key.secret_pkcs8_der().to_vec()));
    }
    Ok(SecretBytes::new(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn text(given: &[u8], spec: KeySpec) -> Result<Vec<u8>, String> {
        let decoded = decoded(&SecretBytes::new(given.to_vec()), spec);
        decoded.map(|bytes| bytes.expose().to_vec()).map_err(|why| why.to_string())
    }

    #[test]
    fn material_comes_in_several_forms() {
        let spec = KeySpec::SymmetricDefault;
        for (given, bytes) in [
            (&b"hex:00ffA0\n"[..], &[0, 255, 160][..]),
            (b"base64:AP+g\n", &[0, 255, 160]),
            (b"\x00bytes\n", b"\x00bytes\n"),
            (b"-----BEGIN", b"-----BEGIN"),
        ] {
            assert_eq!(text(given, spec).unwrap(), bytes);
        }
        for wrong in [&b"hex:0"[..], b"hex:", b"hex:0g", b"base64:A", b"base64:***"] {
            assert!(text(wrong, spec).is_err());
        }
        let pem = b"-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n";
        assert_eq!(text(pem, KeySpec::Rsa2048).unwrap(), [0x30, 3, 2, 1, 0]);
        let sec1 = b"-----BEGIN EC PRIVATE KEY-----\nMAMCAQA=\n-----END EC PRIVATE KEY-----\n";
        assert!(text(sec1, KeySpec::EccNistP256).unwrap_err().contains("pkcs8 -topk8"));
    }
}
