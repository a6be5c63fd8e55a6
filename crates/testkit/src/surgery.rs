//! Altering what a stopped server left, in the two ways there are: with the root key, so that the
//! server takes it for its own, and without, so that it must notice.
//!
//! The format is written down here a second time, after `docs/records.md` and the documentation of
//! [`Head`], so that a change of either shows.

use crate::World;
use crate::world::runtime;
use strongroom_crypto::mac::HmacKey;
use strongroom_engine::ledger::Head;
use strongroom_engine::ports::{Batch, Log, Store, Versioned};
use strongroom_keys::identity::SessionRecord;
use strongroom_keys::{
    BucketRecord, BucketStanding, DomainKey, DomainName, KeyRecord, RootKey, codec,
};
use strongroom_types::{AccountId, KeyArn, Region};

impl World {
    /// Edits the record of `key` as the server itself would have changed it: the record is opened
    /// and sealed again under its domain key at the next version, and the head counts it.
    ///
    /// # Panics
    /// When there is no such key.
    pub fn edit_key(&self, key: &KeyArn, edit: impl FnOnce(&mut KeyRecord)) {
        let mut record = self.key(key);
        edit(&mut record);
        self.put_key(&record);
    }

    /// The record of `key`.
    ///
    /// # Panics
    /// When there is no such key.
    #[must_use]
    pub fn key(&self, key: &KeyArn) -> KeyRecord {
        let place = place(key);
        let domain = self.domain_key(DomainName::region(key.region));
        open(&domain, &place, &self.stored(&place).expect("the key is in the store"))
    }

    /// Puts `record` where it belongs, as the server itself would have.
    ///
    /// # Panics
    /// When the Region has no domain key yet.
    pub fn put_key(&self, record: &KeyRecord) {
        let domain = DomainName::region(record.region);
        self.put_record(domain, &place(&record.arn()), &codec::encode(record));
    }

    /// Gives the bucket to the account, as its first trail to it would.
    ///
    /// # Panics
    /// When the store in memory fails.
    pub fn give_bucket(&self, bucket: &str, account: AccountId) {
        let record = codec::encode(&BucketRecord { account, standing: BucketStanding::Unnamed });
        self.put_record(DomainName::global(), format!("cb/{bucket}").as_bytes(), &record);
    }

    /// The record of no Region at `place`.
    ///
    /// # Panics
    /// When there is none, or it is not authentic.
    #[must_use]
    pub fn global<T: for<'b> minicbor::Decode<'b, ()>>(&self, place: &str) -> T {
        let old = self.stored(place.as_bytes()).expect("it is there");
        let domain = self.domain_key(DomainName::global());
        let plain = strongroom_keys::open(&domain, place.as_bytes(), old.version, &old.value);
        codec::decode(plain.expect("it is authentic").expose()).expect("it is a record")
    }

    /// Puts a record of no Region at `place`, as the server itself would have.
    ///
    /// # Panics
    /// When the store has no domain key yet.
    pub fn put_global<T: minicbor::Encode<()>>(&self, place: &str, record: &T) {
        self.put_record(DomainName::global(), place.as_bytes(), &codec::encode(record));
    }

    fn put_record(&self, domain: DomainName, place: &[u8], record: &[u8]) {
        let before = self.stored(place).map(|old| (place.to_vec(), old.version));
        self.replace(before, place, domain, record);
    }

    /// Moves the record at `from`, of this Region, to another place, as the server itself would
    /// have.
    ///
    /// # Panics
    /// When there is none.
    pub fn move_record(&self, from: &[u8], to: &[u8], region: Region) {
        let (name, old) = (DomainName::region(region), self.stored(from).expect("it is there"));
        let plain = strongroom_keys::open(&self.domain_key(name), from, old.version, &old.value);
        let plain = plain.expect("it is authentic");
        self.replace(Some((from.to_vec(), old.version)), to, name, plain.expose());
    }

    /// Removes the record at `place`, as the server itself would have.
    ///
    /// # Panics
    /// When there is none.
    pub fn remove_record(&self, place: &[u8]) {
        let version = self.stored(place).expect("it is there").version;
        self.change(Some((place.to_vec(), version)), None);
    }

    /// The token of a session, sealed as the server itself would have.
    ///
    /// # Panics
    /// When it cannot be sealed.
    #[must_use]
    pub fn session_token(&self, record: &SessionRecord) -> String {
        let sealed = record.seal(&self.domain_key(DomainName::global()), &self.entropy);
        crate::base64(&sealed.expect("it can be sealed"))
    }

    /// Puts `plain` at `place` and takes away what was before.
    fn replace(&self, old: Option<(Vec<u8>, u64)>, place: &[u8], domain: DomainName, plain: &[u8]) {
        let version = self.head().sequence + 1;
        let record = self.sealed(&self.domain_key(domain), place, version, plain);
        self.change(old, Some((place.to_vec(), record)));
    }

    /// Takes away what was before and puts what is new, sealed at the next version; the head counts
    /// it.
    fn change(&self, old: Option<(Vec<u8>, u64)>, new: Option<(Vec<u8>, Versioned)>) {
        let mut head = self.head();
        let before = head.commits;
        head.sequence += 1;
        head.commits += 1;
        let (set_key, mut batch) = (self.set_key(), Batch::default());
        if let Some((place, version)) = old {
            toggle(&mut head.digest, &set_key, &place, version);
            batch.expect.push((place.clone(), Some(version)));
            if new.as_ref().is_none_or(|(other, _)| *other != place) {
                batch.delete.push(place);
            }
        }
        if let Some((place, _)) = &new {
            toggle(&mut head.digest, &set_key, place, head.sequence);
        }
        let global = self.domain_key(DomainName::global());
        let sealed_head = self.sealed(&global, b"head", head.commits, &codec::encode(&head));
        batch.expect.push((b"head".to_vec(), Some(before)));
        batch.put = new.into_iter().chain([(b"head".to_vec(), sealed_head)]).collect();
        self.commit(&batch);
    }

    /// The store's head.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn head(&self) -> Head {
        let found = self.stored(b"head").expect("the store has a head");
        open(&self.domain_key(DomainName::global()), b"head", &found)
    }

    /// What is stored at `place`.
    ///
    /// # Panics
    /// When the store in memory fails.
    #[must_use]
    pub fn stored(&self, place: &[u8]) -> Option<Versioned> {
        runtime(1).block_on(self.store.read(place)).expect("the store answers")
    }

    /// Puts `found` at `place`, or takes away what is there, behind the server's back.
    ///
    /// # Panics
    /// When the store in memory fails.
    pub fn put_behind_its_back(&self, place: &[u8], found: Option<Versioned>) {
        let mut batch = Batch::default();
        match found {
            Some(found) => batch.put.push((place.to_vec(), found)),
            None => batch.delete.push(place.to_vec()),
        }
        self.commit(&batch);
    }

    /// Puts another journal in the place of this one: these segments.
    ///
    /// # Panics
    /// When the log in memory fails.
    pub fn replace_journal(&mut self, segments: &[(u64, Vec<u8>)]) {
        let mut log = strongroom_storage::MemoryLog::default();
        for (number, bytes) in segments {
            log.create(*number, bytes).expect("a segment");
        }
        // A clone is freshly opened, as after a start.
        self.log = log.clone();
    }

    /// The journal's segments.
    ///
    /// # Panics
    /// When the log in memory fails.
    #[must_use]
    pub fn journal(&self) -> Vec<(u64, Vec<u8>)> {
        let mut log = self.log.clone();
        let numbers = log.segments().expect("segments");
        numbers.into_iter().map(|n| (n, log.read(n).expect("a segment"))).collect()
    }

    fn domain_key(&self, name: DomainName) -> DomainKey {
        let wrapped = self.stored(format!("d/{name}/0000000001").as_bytes());
        let wrapped = wrapped.expect("the domain has a key").value;
        self.root_key().unwrap(name, 1, &wrapped).expect("the root key opens it")
    }

    fn set_key(&self) -> HmacKey {
        let global = self.domain_key(DomainName::global());
        let key = global.derive("strongroom set digest v1", b"").expect("a derived key");
        HmacKey::new(key.expose())
    }

    fn sealed(&self, domain: &DomainKey, place: &[u8], version: u64, plain: &[u8]) -> Versioned {
        let value = strongroom_keys::seal(domain, place, version, plain, &self.entropy);
        Versioned { version, value: value.expect("it can be sealed") }
    }

    fn commit(&self, batch: &Batch) {
        runtime(1).block_on(self.store.commit(batch)).expect("the store takes it");
    }
}

fn place(key: &KeyArn) -> Vec<u8> {
    format!("k/{}/{}/{}", key.account, key.region, key.key).into_bytes()
}

fn open<T: for<'b> minicbor::Decode<'b, ()>>(
    domain: &DomainKey,
    place: &[u8],
    found: &Versioned,
) -> T {
    let plain = strongroom_keys::open(domain, place, found.version, &found.value);
    codec::decode(plain.expect("it is authentic").expose()).expect("it decodes")
}

/// Adds (place, version) to the digest of the set, or takes it out.
fn toggle(digest: &mut [u8; 32], key: &HmacKey, place: &[u8], version: u64) {
    let image = key.sign(&[&version.to_be_bytes(), place].concat());
    for (byte, other) in digest.iter_mut().zip(image) {
        *byte ^= other;
    }
}
