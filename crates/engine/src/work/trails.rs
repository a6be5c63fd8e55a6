//! Trails, the keys that sign their digests, and the events of the past.

use super::Work;
use crate::engine::Settings;
use crate::marker;
use crate::pages::{Page, PageRequest};
use crate::ports::archive::{EventAttribute, EventPlace, EventQuery};
use crate::refusal::{Refusal, TrailRefusal};
use crate::slot::{Slot, SlotRange};
use crate::target::{AdmittedAccount, AdmittedNewTrail, AdmittedTrail};
use crate::vault::Read;
use strongroom_keys::{BucketRecord, BucketStanding, DeliveryRecord, TrailKeyRecord, TrailRecord};
use strongroom_types::{AccountId, Region, Tag, Timestamp};

/// The name of the trail that every account has and nobody changes.
pub const BUILT_IN_TRAIL: &str = "strongroom";
/// The most trails of an account that show in one Region, the built-in one not counted.
///
/// Source: AWS CloudTrail User Guide, "Quotas in AWS CloudTrail".
pub const MAX_TRAILS: usize = 5;
/// The most trails of an account in all Regions. Our choice: AWS has no more Regions than that
/// many trails need.
pub const MAX_TRAILS_IN_ACCOUNT: usize = 200;
/// The most keys of one Region that are told of. One signs; others did before it.
const MAX_KEYS: usize = 1000;
/// How far back events are looked up unless the request says so, in days.
///
/// Source: AWS CloudTrail API Reference, LookupEvents.
const LOOK_UP_DAYS: i64 = 90;

/// A trail to be made.
pub struct TrailDraft {
    /// Bucket.
    pub bucket: String,
    /// What the objects' keys begin with.
    pub prefix: Option<String>,
    /// Whether it takes the events of all Regions.
    pub is_multi_region: bool,
    /// Whether it takes the events of global services.
    pub includes_global_events: bool,
    /// Whether there are digest files.
    pub validates: bool,
    /// Tags.
    pub tags: Vec<Tag>,
}

/// What everybody may know of a key that signs digests.
pub struct PublicTrailKey {
    /// The public key: RSAPublicKey of PKCS #1, DER.
    pub public: Vec<u8>,
    /// Since when it signs.
    pub created: Timestamp,
    /// Since when another one does.
    pub retired: Option<Timestamp>,
}

/// Which events are looked up.
pub struct EventSearch {
    /// By what; without it all.
    pub attribute: Option<(EventAttribute, String)>,
    /// Not before this time; without one 90 days ago.
    pub from: Option<Timestamp>,
    /// Not after this time; without one now.
    pub to: Option<Timestamp>,
}

/// The built-in trail as `account` sees it.
pub(crate) fn built_in(account: AccountId, settings: &Settings) -> Option<TrailRecord> {
    Some(TrailRecord {
        account,
        region: settings.region()?,
        name: BUILT_IN_TRAIL.to_owned(),
        bucket: settings.trail_bucket().to_owned(),
        prefix: None,
        is_multi_region: true,
        includes_global_events: true,
        validates: true,
        is_logging: true,
        created: Timestamp::from_millis(0),
        started: None,
        stopped: None,
        selectors: Vec::new(),
        tags: Vec::new(),
        periods: Vec::new(),
    })
}

impl Work<'_> {
    /// Stages a new trail, which does not deliver yet.
    ///
    /// # Errors
    /// [`TrailRefusal`]: the bucket's, [`TrailRefusal::Exists`], or that of a quota.
    pub async fn create_trail(
        &mut self,
        trail: &AdmittedNewTrail,
        draft: TrailDraft,
    ) -> Result<TrailRecord, Refusal> {
        let arn = trail.arn();
        let TrailDraft { bucket, prefix, is_multi_region, .. } = draft;
        self.claim_bucket(arn.account, &bucket).await?;
        let record = TrailRecord {
            account: arn.account,
            region: arn.region,
            name: arn.name.to_string(),
            bucket,
            prefix,
            is_multi_region,
            includes_global_events: draft.includes_global_events,
            validates: draft.validates,
            is_logging: false,
            created: self.now(),
            started: None,
            stopped: None,
            selectors: Vec::new(),
            tags: draft.tags,
            periods: Vec::new(),
        };
        let (counted, all) = self.own_trails(arn.account).await?;
        has_room(&record, &all).map_err(Refusal::Trail)?;
        self.count_trails(arn.account, counted, all.len() + 1);
        self.changes.put(Slot::trail(record.account, record.region, &record.name), None, &record);
        Ok(record)
    }

    /// Stages what `edit` makes of the trail, and returns it.
    ///
    /// # Errors
    /// That of `edit`, of the bucket if it is another one than before, and what CreateTrail says of
    /// others that show in the same Regions if it shall take the events of all.
    pub async fn update_trail(
        &mut self,
        trail: &AdmittedTrail,
        edit: impl FnOnce(&mut TrailRecord) -> Result<(), TrailRefusal> + Send,
    ) -> Result<TrailRecord, Refusal> {
        let version = trail.version()?;
        let mut record = trail.record().clone();
        edit(&mut record).map_err(Refusal::Trail)?;
        if record.bucket != trail.record().bucket {
            self.claim_bucket(record.account, &record.bucket).await?;
        }
        if record.is_multi_region && !trail.record().is_multi_region {
            let (counted, mut all) = self.own_trails(record.account).await?;
            self.count_trails(record.account, counted, all.len());
            all.retain(|other| (other.region, &other.name) != (record.region, &record.name));
            has_room(&record, &all).map_err(Refusal::Trail)?;
        }
        let slot = Slot::trail(record.account, record.region, &record.name);
        self.changes.put(slot, Some(version), &record);
        Ok(record)
    }

    /// Stages the end of the trail. What it delivered stays where it is.
    ///
    /// # Errors
    /// [`TrailRefusal::BuiltIn`], [`Refusal::Internal`].
    pub async fn delete_trail(&mut self, trail: &AdmittedTrail) -> Result<(), Refusal> {
        let (version, record) = (trail.version()?, trail.record());
        let (counted, all) = self.own_trails(record.account).await?;
        self.count_trails(record.account, counted, all.len().saturating_sub(1));
        let slot = Slot::trail(record.account, record.region, &record.name);
        self.changes.delete(slot, Some(version));
        Ok(())
    }

    /// All trails of the account: the built-in one, then the others by home Region and name.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn trails(&self, account: &AdmittedAccount) -> Result<Vec<TrailRecord>, Refusal> {
        let (_, own) = self.own_trails(account.account()).await?;
        let built_in = built_in(account.account(), self.desk.settings);
        Ok(built_in.into_iter().chain(own).collect())
    }

    /// How far the trail's delivery has come: of the request's Region if it takes the events of
    /// all, else of its own.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn delivery(&self, trail: &AdmittedTrail) -> Result<DeliveryRecord, Refusal> {
        let record = trail.record();
        let region = match record.is_multi_region {
            true => self.desk.call.caller.region,
            false => record.region,
        };
        let slot = Slot::delivery(record.account, region, record.region, &record.name);
        let read = self.desk.vault.read::<DeliveryRecord>(&slot).await;
        let read = read.map_err(|why| self.desk.internal(&why))?;
        Ok(read.map(|read| read.record).unwrap_or_default())
    }

    /// The keys that sign, or have signed, digests of the request's Region, oldest first.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn trail_keys(
        &self,
        account: &AdmittedAccount,
    ) -> Result<Vec<PublicTrailKey>, Refusal> {
        let range = SlotRange::trail_keys(account.region());
        let found = self.desk.vault.scan::<TrailKeyRecord>(&range, None, MAX_KEYS).await;
        let found = found.map_err(|why| self.desk.internal(&why))?.into_iter();
        let public = found.map(|(_, key)| {
            let TrailKeyRecord { public, created, retired, .. } = key;
            PublicTrailKey { public, created, retired }
        });
        Ok(public.collect())
    }

    /// A page of the account's events in the request's Region, newest first; each is a record of
    /// CloudTrail as JSON. The pages after the first are of the first one's times.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`TrailRefusal::TimeRange`], [`Refusal::Internal`].
    pub async fn look_up_events(
        &self,
        account: &AdmittedAccount,
        search: EventSearch,
        page: PageRequest,
    ) -> Result<Page<String>, Refusal> {
        let (vault, region) = (self.desk.vault, account.region());
        let asked = query(&search, account.account(), region);
        let (from, to, after) = match &page.marker {
            Some(text) => continued(&marker::open(vault, &asked, text).await?)
                .ok_or(Refusal::InvalidMarker)?,
            None => {
                let to = search.to.unwrap_or(self.now());
                let from = search.from.unwrap_or(self.now().plus_days(-LOOK_UP_DAYS));
                (from, to, None)
            }
        };
        if from > to {
            return Err(Refusal::Trail(TrailRefusal::TimeRange));
        }
        let attribute = search.attribute;
        let (account, limit) = (account.account(), page.limit);
        let wanted = EventQuery { account, region, attribute, from, to, limit, after };
        let found = self.desk.history.look_up(&wanted).await.map_err(|why| self.failed(&why))?;
        let next = match found.next {
            Some(place) => Some(marker::seal(vault, &asked, &marked(from, to, &place)).await),
            None => None,
        };
        let next = next.transpose().map_err(|why| self.desk.internal(&why))?;
        Ok(Page { items: found.events, next })
    }

    /// The account's own trails, and the version of their count.
    async fn own_trails(
        &self,
        account: AccountId,
    ) -> Result<(Option<u64>, Vec<TrailRecord>), Refusal> {
        let counted = self.desk.vault.read::<u32>(&Slot::trail_count(account)).await;
        let counted = counted.map_err(|why| self.desk.internal(&why))?.map(|read| read.version);
        let range = SlotRange::trails(account);
        let all = self.desk.vault.scan(&range, None, MAX_TRAILS_IN_ACCOUNT).await;
        let all = all.map_err(|why| self.desk.internal(&why))?;
        Ok((counted, all.into_iter().map(|(_, trail)| trail).collect()))
    }

    /// Stages how many trails there will be; see [`Slot::trail_count`].
    fn count_trails(&mut self, account: AccountId, counted: Option<u64>, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.changes.put(Slot::trail_count(account), counted, &count);
    }

    /// Stages that the bucket is the account's, if it is nobody's yet.
    async fn claim_bucket(&mut self, account: AccountId, bucket: &str) -> Result<(), Refusal> {
        let refused = |why: fn(String) -> TrailRefusal| Refusal::Trail(why(bucket.to_owned()));
        if bucket == self.desk.settings.trail_bucket() {
            return Err(refused(TrailRefusal::BucketPolicy));
        }
        if !self.desk.objects.has_bucket(bucket) {
            return Err(refused(TrailRefusal::NoBucket));
        }
        let slot = Slot::bucket(bucket);
        let owner = self.desk.vault.read::<BucketRecord>(&slot).await;
        match owner.map_err(|why| self.desk.internal(&why))? {
            Some(Read { record, .. })
                if record.account != account || record.standing == BucketStanding::Shared =>
            {
                Err(refused(TrailRefusal::BucketPolicy))
            }
            Some(_) => Ok(()),
            None => {
                let record = BucketRecord { account, standing: BucketStanding::Unnamed };
                self.changes.put(slot, None, &record);
                Ok(())
            }
        }
    }
}

/// Whether there may be this trail beside `others`. A name shows once in a Region.
fn has_room(new: &TrailRecord, others: &[TrailRecord]) -> Result<(), TrailRefusal> {
    let account = new.account;
    let shows_in = |trail: &TrailRecord, region| trail.is_multi_region || trail.region == region;
    let same_name = |other: &&TrailRecord| other.name == new.name;
    let meets = |other: &TrailRecord| shows_in(other, new.region) || shows_in(new, other.region);
    if new.name == BUILT_IN_TRAIL || others.iter().filter(same_name).any(meets) {
        return Err(TrailRefusal::Exists(new.name.clone(), account));
    }
    if others.len() >= MAX_TRAILS_IN_ACCOUNT {
        return Err(TrailRefusal::InAccount(account, others.len()));
    }
    let elsewhere = others.iter().map(|other| other.region).filter(|_| new.is_multi_region);
    for region in std::iter::once(new.region).chain(elsewhere) {
        let count = others.iter().filter(|other| shows_in(other, region)).count();
        if count >= MAX_TRAILS {
            return Err(TrailRefusal::InRegion(account, count, region));
        }
    }
    Ok(())
}

/// What a page token of LookupEvents is bound to.
fn query(search: &EventSearch, account: AccountId, region: Region) -> Vec<u8> {
    let EventSearch { attribute, from, to } = search;
    let millis = |time: &Option<Timestamp>| time.map(Timestamp::millis);
    let (from, to) = (millis(from), millis(to));
    format!("LookupEvents {account} {region} {from:?} {to:?} {attribute:?}").into_bytes()
}

/// What a page token holds: the times of the first page, and where this one ended.
fn marked(from: Timestamp, to: Timestamp, place: &EventPlace) -> Vec<u8> {
    let event = u64::try_from(place.event).unwrap_or(u64::MAX);
    let head = [from.millis().to_be_bytes(), to.millis().to_be_bytes(), event.to_be_bytes()];
    [head.as_flattened(), place.file.as_bytes()].concat()
}

fn continued(marked: &[u8]) -> Option<(Timestamp, Timestamp, Option<EventPlace>)> {
    let (from, rest) = marked.split_first_chunk()?;
    let (to, rest) = rest.split_first_chunk()?;
    let (event, file) = rest.split_first_chunk()?;
    let time = |bytes: &[u8; 8]| Timestamp::from_millis(i64::from_be_bytes(*bytes));
    let event = usize::try_from(u64::from_be_bytes(*event)).ok()?;
    let file = String::from_utf8(file.to_vec()).ok()?;
    Some((time(from), time(to), Some(EventPlace { file, event })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(name: &str, region: &str, is_multi_region: bool) -> TrailRecord {
        let built_in = built_in(AccountId::INITIAL, &Settings::default()).unwrap();
        let region = region.parse().unwrap();
        TrailRecord { name: name.to_owned(), region, is_multi_region, ..built_in }
    }

    #[test]
    fn a_name_shows_once_in_a_region() {
        let local = trail("local", "eu-west-1", false);
        let wide = trail("wide", "eu-west-1", true);
        let others = [local, wide];
        let exists =
            |new: TrailRecord| matches!(has_room(&new, &others), Err(TrailRefusal::Exists(..)));
        assert!(exists(trail("strongroom", "eu-west-9", false)));
        assert!(exists(trail("local", "eu-west-1", false)));
        assert!(!exists(trail("local", "eu-west-2", false)));
        assert!(exists(trail("local", "eu-west-2", true)));
        assert!(exists(trail("wide", "eu-west-2", false)));
    }

    #[test]
    fn five_trails_show_in_a_region() {
        let mut others: Vec<_> =
            (0..4).map(|n| trail(&format!("t{n}"), "eu-west-1", false)).collect();
        let local = trail("new", "eu-west-1", false);
        assert_eq!(has_room(&local, &others), Ok(()));
        others.push(trail("wide", "eu-west-2", true));
        let full = "eu-west-1".parse().unwrap();
        let refused = Err(TrailRefusal::InRegion(AccountId::INITIAL, 5, full));
        assert_eq!(has_room(&local, &others), refused);
        assert_eq!(has_room(&trail("new", "eu-west-3", false), &others), Ok(()));
        // One of all Regions would be the sixth there.
        assert_eq!(has_room(&trail("new", "eu-west-3", true), &others), refused);
        let many = |n: usize| trail(&format!("t{n}"), &format!("eu-west-{n}"), false);
        let others: Vec<_> = (0..MAX_TRAILS_IN_ACCOUNT).map(many).collect();
        let refused = TrailRefusal::InAccount(AccountId::INITIAL, MAX_TRAILS_IN_ACCOUNT);
        assert_eq!(has_room(&trail("new", "us-east-1", false), &others), Err(refused));
    }

    #[test]
    fn a_token_tells_what_it_was_made_of() {
        let (from, to) = (Timestamp::from_millis(-5), Timestamp::from_millis(7));
        let place = EventPlace { file: "AWSLogs/1/x.json.gz".to_owned(), event: 3 };
        let read = continued(&marked(from, to, &place));
        assert_eq!(read, Some((from, to, Some(place))));
        assert_eq!(continued(&[0; 20]), None);
    }
}
