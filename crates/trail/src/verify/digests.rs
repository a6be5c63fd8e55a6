//! The digests, oldest first, each against the one before it.

use super::{Head, Kind, Verifier, list};
use crate::digest::{Digest, SIGNATURE_METADATA, parse_time};
use crate::gzip;
use crate::object_name::{self, DigestName};
use std::collections::BTreeSet;
use strongroom_crypto::hash;
use strongroom_engine::ports::archive::{ArchiveError, Object};
use strongroom_types::Timestamp;

/// The longest content of a digest that is read, bytes.
const MAX_DIGEST: u64 = 64 << 20;

/// What is known of the digest before.
enum Before {
    /// There is none.
    Nothing,
    /// It is there, and could not be read.
    Unread(String),
    /// It was read.
    Read(Link),
}

/// What a successor says of a digest.
struct Link {
    key: String,
    hash: String,
    signature: Option<String>,
    end: String,
}

impl Verifier<'_> {
    /// Verifies all digests of the window, and the log files that they name.
    pub(super) async fn digests(&mut self) -> Result<(), ArchiveError> {
        let keys = self.digest_keys().await?;
        let all: BTreeSet<&str> = keys.iter().map(|(_, key)| key.as_str()).collect();
        let mut before = Before::Nothing;
        let first =
            keys.partition_point(|(end, _)| self.window.from.is_some_and(|from| *end <= from));
        if let Some((_, key)) = first.checked_sub(1).and_then(|number| keys.get(number)) {
            before = self.before_window(key).await?;
        }
        for (end, key) in keys.get(first..).unwrap_or_default() {
            let Some(object) = self.objects.get(&self.chain.bucket, key).await? else { continue };
            match read(&object) {
                Ok((digest, _)) if self.is_moved(*end, key, &digest) => {
                    before = Before::Unread(key.clone());
                }
                Ok((digest, hash)) => {
                    let start = parse_time(&digest.digest_start_time);
                    if self.window.to.zip(start).is_some_and(|(to, start)| start >= to) {
                        break;
                    }
                    before = self.digest((*end, key), &object, &digest, hash, (&before, &all));
                    self.log_files(&digest, *end).await?;
                }
                Err(why) => {
                    self.found(Kind::DigestUnreadable, *end, key, why);
                    before = Before::Unread(key.clone());
                }
            }
        }
        Ok(())
    }

    /// The keys of the trail's digests with their ends, oldest first.
    async fn digest_keys(&mut self) -> Result<Vec<(Timestamp, String)>, ArchiveError> {
        let chain = self.chain;
        let folder =
            object_name::digest_folder(chain.prefix.as_deref(), chain.account, chain.region);
        let mut keys = Vec::new();
        for object in list(self.objects, &chain.bucket, &folder).await? {
            let name = DigestName::parse(&object.key);
            let here =
                name.filter(|name| (name.account, name.region) == (chain.account, chain.region));
            match here {
                Some(name) if (name.trail, name.home) == (&chain.trail, chain.home) => {
                    keys.push((name.end, object.key));
                }
                Some(_) => self.others.push(object.key),
                None => {
                    let what = "it has no digest's name, and no trail puts such objects here";
                    self.found(Kind::Extra, Timestamp::from_millis(i64::MAX), &object.key, what);
                }
            }
        }
        keys.sort();
        Ok(keys)
    }

    async fn before_window(&self, key: &str) -> Result<Before, ArchiveError> {
        let object = self.objects.get(&self.chain.bucket, key).await?;
        let found = object.and_then(|object| {
            let (digest, hash) = read(&object).ok()?;
            Some(Before::Read(link(key, &object, &digest, hash)))
        });
        Ok(found.unwrap_or_else(|| Before::Unread(key.to_owned())))
    }

    /// Verifies the digest at `key`, whose name says that it ends at `end`.
    fn digest(
        &mut self,
        (end, key): (Timestamp, &str),
        object: &Object,
        digest: &Digest,
        hash: [u8; 32],
        (before, all): (&Before, &BTreeSet<&str>),
    ) -> Before {
        self.report.digests += 1;
        self.report.from.get_or_insert_with(|| digest.digest_start_time.clone());
        self.report.to = Some(digest.digest_end_time.clone());
        let start = parse_time(&digest.digest_start_time);
        self.told.extend(start.map(|start| (start, end)));
        self.signature(end, key, object, digest, &hash);
        self.link(end, key, digest, before, all);
        let link = link(key, object, digest, hash);
        self.hashes.insert(key.to_owned(), link.hash.clone());
        Before::Read(link)
    }

    /// Whether what is at `key` is another digest than the one that belongs there. What such a one
    /// tells is not looked at.
    fn is_moved(&mut self, end: Timestamp, key: &str, digest: &Digest) -> bool {
        let place = (digest.digest_s3_bucket.as_str(), digest.digest_s3_object.as_str());
        let is_its_own = digest.aws_account_id == self.chain.account.to_string()
            && parse_time(&digest.digest_end_time) == Some(end);
        if place != (self.chain.bucket.as_str(), key) || !is_its_own {
            let what = format!(
                "it is not the digest that belongs here: it was written as {}/{}, for account {} \
                 until {}. It was renamed, or an older one put in its place",
                place.0, place.1, digest.aws_account_id, digest.digest_end_time
            );
            self.found(Kind::DigestMoved, end, key, what);
            return true;
        }
        false
    }

    fn signature(
        &mut self,
        end: Timestamp,
        key: &str,
        object: &Object,
        digest: &Digest,
        hash: &[u8; 32],
    ) {
        let fingerprint = &digest.digest_public_key_fingerprint;
        let Some(signature) = object.metadata.get(SIGNATURE_METADATA) else {
            let what =
                "its signature is missing: the object's metadata are not those it was put with";
            return self.found(Kind::DigestSignature, end, key, what);
        };
        if !self.keys.has(fingerprint) {
            let what =
                format!("it says that key {fingerprint} signed it, which is none of the trail's");
            return self.found(Kind::UnknownKey, end, key, what);
        }
        if !self.keys.verify(fingerprint, &digest.string_to_sign(hash), signature) {
            let what = "its signature does not fit it: it was changed after the trail signed it, or \
                        the trail has not signed it";
            self.found(Kind::DigestSignature, end, key, what);
        }
    }

    /// Compares what a digest says of its predecessor with that.
    fn link(
        &mut self,
        end: Timestamp,
        key: &str,
        digest: &Digest,
        before: &Before,
        all: &BTreeSet<&str>,
    ) {
        let said = digest.previous_digest_s3_object.as_deref();
        let bucket = digest.previous_digest_s3_bucket.as_deref();
        if let Some(other) = bucket.filter(|bucket| *bucket != self.chain.bucket) {
            let note =
                format!("{key} follows on digests in the bucket {other}; verify those there");
            return self.report.notes.push(note);
        }
        let known = match before {
            Before::Nothing => None,
            Before::Unread(key) => Some(key.as_str()),
            Before::Read(link) => Some(link.key.as_str()),
        };
        match (known, said) {
            (None, None) => {}
            (_, Some(said)) if !all.contains(said) => self.missing(end, key, said),
            (Some(known), None) => {
                let what = format!(
                    "it begins a chain though {known} is before it: nothing says that no digest was \
                     between them"
                );
                self.found(Kind::Restart, end, key, what);
            }
            (known, Some(said)) if known != Some(said) => {
                let what =
                    format!("it follows on {said}, which is not the digest before it in time");
                self.found(Kind::Gap, end, key, what);
            }
            _ => {
                if let Before::Read(link) = before {
                    self.compare(end, key, digest, link);
                }
            }
        }
    }

    /// The digest `said`, which `key` follows on, is not there. Of the time before the window that is
    /// as it may be: old objects are removed where somebody has set that up.
    fn missing(&mut self, end: Timestamp, key: &str, said: &str) {
        let time = DigestName::parse(said).map_or(end, |name| name.end);
        if self.is_before_window(time) {
            let note = format!(
                "{said}, which {key} follows on, is not there; it is before the time asked for"
            );
            return self.report.notes.push(note);
        }
        let what = format!("this digest is missing; {key} follows on it");
        self.found(Kind::DigestMissing, time, said, what);
    }

    fn is_before_window(&self, end: Timestamp) -> bool {
        self.window.from.is_some_and(|from| end <= from)
    }

    fn compare(&mut self, end: Timestamp, key: &str, digest: &Digest, before: &Link) {
        let said = &digest.previous_digest_hash_value;
        let is_same = said.as_deref() == Some(&before.hash)
            && digest.previous_digest_signature == before.signature;
        if !is_same {
            let what = format!(
                "it is not the digest that {key} followed on: it was written anew afterwards. If its \
                 signature fits, that was done with the trail's own key"
            );
            self.found(Kind::DigestRewritten, end, &before.key, what);
        }
        if digest.digest_start_time != before.end {
            let what = format!(
                "it begins at {}, and the digest before it ends at {}",
                digest.digest_start_time, before.end
            );
            self.found(Kind::Gap, end, key, what);
        }
    }

    /// Compares the end with what is known of it from elsewhere.
    pub(super) async fn heads(&mut self, heads: &[Head]) -> Result<(), ArchiveError> {
        for head in heads {
            let Some(name) = DigestName::parse(&head.key) else { continue };
            let end = name.end;
            if self.window.to.is_some_and(|to| end > to) {
                continue;
            }
            self.head_files(head).await?;
            if self.is_before_window(end) {
                continue;
            }
            let source = &head.source;
            match self.hashes.get(&head.key) {
                Some(hash) if *hash == head.hash => {}
                Some(_) => {
                    let what = format!(
                        "{source} knows this digest with another content: it was written anew"
                    );
                    self.found(Kind::DigestRewritten, end, &head.key, what);
                }
                None => {
                    let what = format!(
                        "{source} knows this digest, and it is not there: the end of the trail was \
                         taken away, all of it since {}",
                        self.report.to.as_deref().unwrap_or("its beginning")
                    );
                    self.found(Kind::Truncated, end, &head.key, what);
                }
            }
        }
        Ok(())
    }

    /// Notes a finding about an object of the chain's bucket.
    pub(super) fn found(
        &mut self,
        kind: Kind,
        time: Timestamp,
        key: &str,
        what: impl Into<String>,
    ) {
        self.report.found(kind, time, (&self.chain.bucket, key), what);
    }
}

pub(super) fn read(object: &Object) -> Result<(Digest, [u8; 32]), String> {
    let content = gzip::decompress(&object.body, MAX_DIGEST)?;
    Ok((Digest::parse(&content)?, hash::sha256(&content)))
}

fn link(key: &str, object: &Object, digest: &Digest, hash: [u8; 32]) -> Link {
    Link {
        key: key.to_owned(),
        hash: hash::hex(&hash),
        signature: object.metadata.get(SIGNATURE_METADATA).cloned(),
        end: digest.digest_end_time.clone(),
    }
}
