//! What is done with keys in a session.

use super::fault::Fault;
use crate::configuration::Vectors;
use crate::package::{HsmPackage, IV, TAG};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use cryptoki::types::Ulong;
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::key_store::{ExternalKey, KeyStoreError};

/// Bytes of a key.
const KEY: Ulong = Ulong::new(32);
/// Bits of a tag.
const TAG_BITS: Ulong = Ulong::new(128);

/// What is known of the key: whether it is one that [`create`] would make. An HSM has no word for
/// disabled.
pub(super) fn describe(session: &Session, label: &[u8]) -> Result<ExternalKey, Fault> {
    let key = must_find(session, label)?;
    let usage = ["ENCRYPT", "DECRYPT"].map(str::to_owned).into();
    let spec = if fits(session, key)? { "AES_256" } else { "OTHER" };
    Ok(ExternalKey { spec: spec.to_owned(), usage, enabled: true })
}

/// Makes a key, unless there is one that fits.
pub(super) fn create(session: &Session, label: &[u8]) -> Result<(), Fault> {
    if let Some(key) = find(session, label)? {
        let other = || KeyStoreError::KeyUsage("another kind of key has this label".to_owned());
        return if fits(session, key)? { Ok(()) } else { Err(other().into()) };
    }
    let mut template = vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Label(label.to_vec()),
        Attribute::Wrap(false),
        Attribute::Unwrap(false),
    ];
    template.extend(demands());
    session.generate_key(&Mechanism::AesKeyGen, &template)?;
    Ok(())
}

/// Destroys the key, if it is there.
pub(super) fn destroy(session: &Session, label: &[u8]) -> Result<(), Fault> {
    match find(session, label)? {
        Some(key) => Ok(session.destroy_object(key)?),
        None => Ok(()),
    }
}

/// A package of `plaintext`.
pub(super) fn encrypt(
    session: &Session,
    label: &[u8],
    vectors: Vectors,
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, Fault> {
    let key = must_find(session, label)?;
    let (iv, sealed) = seal(session, key, vectors, aad, plaintext)?;
    let package = HsmPackage::new(&iv, &sealed);
    match package.filter(|_| sealed.len() == plaintext.len() + TAG) {
        Some(package) => Ok(package.to_bytes()),
        None => Err(KeyStoreError::Failed("the ciphertext has another length".to_owned()).into()),
    }
}

/// What is in `package`, bytes of a [`HsmPackage`].
pub(super) fn decrypt(
    session: &Session,
    label: &[u8],
    aad: &[u8],
    package: &[u8],
) -> Result<SecretBytes, Fault> {
    let package = HsmPackage::parse(package).ok_or(KeyStoreError::Ciphertext)?;
    let key = must_find(session, label)?;
    let opened = open(session, key, aad, package.iv(), package.sealed());
    match opened {
        // If the key does its work, it was the ciphertext.
        Err(fault) if fault.may_be_the_ciphertext() && works(session, key) => {
            Err(KeyStoreError::Ciphertext.into())
        }
        opened => opened,
    }
}

/// So many random bytes of the HSM's own.
pub(super) fn random(session: &Session, len: usize) -> Result<SecretBytes, Fault> {
    let mut bytes = SecretBytes::zeroed(len);
    session.generate_random_slice(bytes.expose_mut())?;
    Ok(bytes)
}

/// What a key must be, and what keeps it inside.
fn demands() -> [Attribute; 6] {
    [
        Attribute::KeyType(KeyType::AES),
        Attribute::ValueLen(KEY),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
    ]
}

fn fits(session: &Session, key: ObjectHandle) -> Result<bool, Fault> {
    let demanded = demands();
    let asked: Vec<AttributeType> = demanded.iter().map(Attribute::attribute_type).collect();
    let found = session.get_attributes(key, &asked)?;
    Ok(demanded.iter().all(|attribute| found.contains(attribute)))
}

fn must_find(session: &Session, label: &[u8]) -> Result<ObjectHandle, Fault> {
    find(session, label)?.ok_or_else(|| KeyStoreError::KeyNotFound.into())
}

/// The secret key of the token with this label, of which there may be one.
fn find(session: &Session, label: &[u8]) -> Result<Option<ObjectHandle>, Fault> {
    let found = session.find_objects(&[
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::Token(true),
        Attribute::Label(label.to_vec()),
    ])?;
    match found.as_slice() {
        [] => Ok(None),
        [key] => Ok(Some(*key)),
        _ => Err(KeyStoreError::Failed("several keys have this label".to_owned()).into()),
    }
}

/// Encrypts under a random initialization vector: ours, drawn from the HSM, or its own, which it
/// writes where it was given zeros. The one that counts is what stands there afterwards.
fn seal(
    session: &Session,
    key: ObjectHandle,
    vectors: Vectors,
    aad: &[u8],
    plaintext: &[u8],
) -> Result<([u8; IV], Vec<u8>), Fault> {
    let mut iv = [0; IV];
    if vectors == Vectors::Ours {
        session.generate_random_slice(&mut iv)?;
    }
    let mechanism = Mechanism::AesGcm(GcmParams::new(&mut iv, aad, TAG_BITS)?);
    let sealed = session.encrypt(&mechanism, key, plaintext)?;
    // A vector that stays zero would be used again, which gives GCM's keys away.
    if iv == [0; IV] {
        let why = "the HSM chose no initialization vector".to_owned();
        return Err(KeyStoreError::ClusterConfiguration(why).into());
    }
    Ok((iv, sealed))
}

fn open(
    session: &Session,
    key: ObjectHandle,
    aad: &[u8],
    iv: &[u8; IV],
    sealed: &[u8],
) -> Result<SecretBytes, Fault> {
    let mut iv = *iv;
    let mechanism = Mechanism::AesGcm(GcmParams::new(&mut iv, aad, TAG_BITS)?);
    Ok(SecretBytes::new(session.decrypt(&mechanism, key, sealed)?))
}

/// Whether the key encrypts and decrypts.
fn works(session: &Session, key: ObjectHandle) -> bool {
    let probe = b"probe";
    let sealed = seal(session, key, Vectors::Ours, probe, probe);
    let sealed = sealed.or_else(|_| seal(session, key, Vectors::Hsm, probe, probe));
    let opened = sealed.and_then(|(iv, sealed)| open(session, key, probe, &iv, &sealed));
    opened.is_ok_and(|plaintext| plaintext.same_as(probe))
}
