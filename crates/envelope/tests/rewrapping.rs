//! Other wrapping keys for messages that there are.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{aes, block_on, manager, message, plaintext};
use serde_json::Value;
use strongroom_crypto::SystemEntropy;
use strongroom_envelope::{
    Authenticity, CommitmentPolicy, Content, DecryptOptions, Error, FormatError, KeepBody,
    MultiKeyring, RewrapOptions, StreamError, Suite, Workers, read_header,
};

fn any() -> DecryptOptions {
    let commitment = CommitmentPolicy::RequireEncryptAllowDecrypt;
    DecryptOptions { commitment, ..DecryptOptions::default() }
}

fn rewrap(message: &[u8], body: KeepBody) -> Result<(Vec<u8>, bool), StreamError> {
    let mut input = message;
    let unopened = read_header(&mut input, &any())?;
    let options = RewrapOptions { body, ..RewrapOptions::default() };
    let wrapping = MultiKeyring::new(Some(std::sync::Arc::new(aes(128))), Vec::new()).unwrap();
    let opening = manager(aes(256));
    let rewrapping = block_on(unopened.rewrap(&opening, &wrapping, &options, &SystemEntropy))?;
    let (kept, header) = (rewrapping.keeps_body(), rewrapping.header().as_bytes().to_vec());
    let mut out = Vec::new();
    let totals = rewrapping.copy(input, &mut out, &Workers::new(2), &|_| ())?;
    assert_eq!(totals.message, out.len() as u64);
    assert!(out.starts_with(&header));
    Ok((out, kept))
}

fn open(message: &[u8], bits: usize) -> Option<Vec<u8>> {
    let opened = block_on(strongroom_envelope::decrypt(&manager(aes(bits)), message, &any()));
    opened.ok().map(|opened| opened.plaintext.expose().to_vec())
}

/// Header, frames, and what is behind them.
fn split(message: &[u8]) -> (usize, &[u8]) {
    let seen = strongroom_envelope::inspect(message, &any()).unwrap();
    let footer = seen.signature_len.map_or(0, |length| usize::from(length) + 2);
    let header = seen.header.as_bytes().len();
    (header, &message[header..message.len() - footer])
}

#[test]
fn committed_messages_are_sealed_anew_under_another_data_key() {
    for suite in [Suite::Committed, Suite::CommittedSigned] {
        for length in [0, 1, 64, 1000, 2_000_000] {
            let old = message(suite, 64, length);
            let (new, kept) = rewrap(&old, KeepBody::WhereSound).unwrap();
            assert!(!kept);
            assert!(open(&new, 128).is_some_and(|data| data == plaintext(length)));
            assert!(open(&new, 256).is_none());
            assert_eq!(split(&old).1.len(), split(&new).1.len());
            assert_ne!(split(&old).1, split(&new).1);
            let header = |message: &[u8]| read_header(&mut &message[..], &any()).unwrap();
            let (old, new) = (header(&old), header(&new));
            let (old, new) = (old.header(), new.header());
            assert_ne!(old.message_id(), new.message_id());
            assert_eq!((old.suite(), old.content()), (new.suite(), new.content()));
            assert_eq!(new.context().value("purpose"), Some("test"));
        }
    }
}

#[test]
fn a_body_is_kept_on_demand_and_a_signature_is_made_anew() {
    for suite in [Suite::Committed, Suite::CommittedSigned] {
        let old = message(suite, 64, 1000);
        let (new, kept) = rewrap(&old, KeepBody::DangerouslyAlways).unwrap();
        assert!(kept);
        assert_eq!(split(&old).1, split(&new).1);
        assert!(open(&new, 128).is_some_and(|data| data == plaintext(1000)));
        assert!(open(&new, 256).is_none());
    }
}

/// One message of each suite, framed and not, by the stock SDK.
fn of_the_sdk() -> Vec<(Suite, bool, usize, Vec<u8>)> {
    let file: Value = serde_json::from_str(include_str!("vectors/python-3.3.1.json")).unwrap();
    let messages = file["messages"].as_array().unwrap().iter();
    let of_suites = messages.filter(|vector| vector["name"] == "suite");
    let made = of_suites.map(|vector| {
        let id = u16::from_str_radix(vector["suite"].as_str().unwrap(), 16).unwrap();
        let message = base64_simd::STANDARD.decode_to_vec(vector["message"].as_str().unwrap());
        (
            Suite::from_id(id).unwrap(),
            vector["frame_length"] != 0,
            vector["plaintext_length"].as_u64().unwrap().try_into().unwrap(),
            message.unwrap(),
        )
    });
    made.collect()
}

#[test]
fn messages_of_version_1_keep_their_bodies_and_get_another_nonce() {
    let mut rewrapped = 0;
    for (suite, framed, length, old) in of_the_sdk() {
        let (new, kept) = rewrap(&old, KeepBody::WhereSound).unwrap();
        assert_eq!(kept, !suite.is_committing());
        let header = read_header(&mut new.as_slice(), &any()).unwrap();
        // What is sealed anew has frames.
        assert_eq!(header.header().content() != Content::NonFramed, framed || !kept);
        assert!(open(&new, aes_bits()).is_some_and(|data| data == plaintext(length)), "{suite}");
        if kept {
            assert_eq!(split(&old).1, split(&new).1);
            let nonce = |message: &[u8]| {
                let end = split(message).0;
                message[end - 28..end - 16].to_vec()
            };
            assert_eq!(nonce(&old), [0; 12]);
            assert!(nonce(&new)[0] & 0x80 != 0);
            let (again, _) = rewrap(&old, KeepBody::WhereSound).unwrap();
            assert_ne!(nonce(&again), nonce(&new));
        }
        rewrapped += 1;
    }
    assert_eq!(rewrapped, 44);
}

const fn aes_bits() -> usize {
    128
}

#[test]
fn a_body_without_frames_ends_where_it_says_and_with_its_signature() {
    for (suite, framed, length, old) in of_the_sdk() {
        if framed {
            continue;
        }
        let (new, kept) = rewrap(&old, KeepBody::DangerouslyAlways).unwrap();
        assert!(kept && split(&old).1 == split(&new).1);
        assert!(open(&new, 128).is_some_and(|data| data == plaintext(length)), "{suite}");
        for body in [KeepBody::WhereSound, KeepBody::DangerouslyAlways] {
            let fault = |altered: &[u8]| match rewrap(altered, body) {
                Err(StreamError::Message(error)) => error,
                other => panic!("{suite} {other:?}"),
            };
            let followed = [old.as_slice(), &[0]].concat();
            assert_eq!(fault(&followed), FormatError::TrailingData.into(), "{suite}");
            let cut = &old[..old.len() - 1];
            assert_eq!(fault(cut), FormatError::Truncated.into(), "{suite}");
            if suite.is_signed() {
                let mut altered = old.clone();
                *altered.last_mut().unwrap() ^= 1;
                assert_eq!(fault(&altered), Authenticity::Signature.into(), "{suite}");
            }
        }
    }
}

#[test]
fn nothing_is_signed_anew_that_was_not_signed_before() {
    let old = message(Suite::CommittedSigned, 64, 1000);
    let (header, body) = split(&old);
    let end = header + body.len();
    for (at, body) in [
        (old.len() - 1, KeepBody::DangerouslyAlways),
        (end - 20, KeepBody::DangerouslyAlways),
        (old.len() - 1, KeepBody::WhereSound),
    ] {
        let mut altered = old.clone();
        altered[at] ^= 1;
        let error = rewrap(&altered, body).unwrap_err();
        assert!(matches!(
            error,
            StreamError::Message(Error::NotAuthentic(Authenticity::Signature))
        ));
    }
    let mut altered = old.clone();
    altered[end - 20] ^= 1;
    assert!(rewrap(&altered, KeepBody::WhereSound).is_err());
    assert!(rewrap(&old[..old.len() - 1], KeepBody::WhereSound).is_err());
    let framed = read_header(&mut old.as_slice(), &any()).unwrap();
    assert_eq!(framed.header().content(), Content::Framed { frame_len: 64 });
}
