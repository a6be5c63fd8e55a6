//! Delivered events: which are asked for, and where they are read.

use super::shelf::{Shelf, time};
use crate::cli::{BucketArguments, FilterArguments};
use crate::terminal::Failure;
use std::sync::Arc;
use strongroom_engine::ports::Inline;
use strongroom_engine::ports::archive::{
    ArchiveError, EventAttribute, EventHistory as _, EventQuery, Objects,
};
use strongroom_trail::index::Index;
use strongroom_trail::object_name::{self, LogName};
use strongroom_trail::record::Record;
use strongroom_trail::verify::chains;
use strongroom_trail::{History, gzip, log_file};
use strongroom_types::{AccountId, Region, Timestamp};

/// Events looked up in one step.
const PAGE: usize = 500;
/// Objects listed in one step.
const LISTED: usize = 1000;

/// Whether a record is one that is asked for.
pub(super) fn is_wanted(record: &Record<'_>, filter: &FilterArguments) -> bool {
    let FilterArguments { key, principal, operation, outcome, request_id } = filter;
    let is_of_key = |key: &String| {
        let has =
            |arn: &str| arn == key || arn.rsplit_once(":key/").is_some_and(|(_, id)| id == key);
        record.resources().any(|resource| resource.arn.as_deref().is_some_and(has))
    };
    let is_of_principal = |who: &String| {
        let identity = record.user_identity.as_ref();
        record.username() == Some(who)
            || record.principal() == who
            || identity.is_some_and(|identity| identity.access_key_id.as_ref() == Some(who))
    };
    key.as_ref().is_none_or(is_of_key)
        && principal.as_ref().is_none_or(is_of_principal)
        && operation.as_ref().is_none_or(|name| record.event_name.eq_ignore_ascii_case(name))
        && outcome.as_ref().is_none_or(|wanted| outcome_of(record) == wanted)
        && request_id.as_ref().is_none_or(|id| record.has_id(id))
}

/// How it ended, in a word.
pub(super) fn outcome_of(record: &Record<'_>) -> &'static str {
    match record.error_code.as_deref() {
        None => "ok",
        Some(code) if code.contains("AccessDenied") || code.contains("Unauthorized") => "denied",
        Some(_) => "error",
    }
}

/// Where delivered events are read.
pub(super) struct Events {
    shelf: Arc<Shelf>,
    index: Option<Arc<Index>>,
    bucket: String,
    prefix: Option<String>,
    from: Timestamp,
    to: Timestamp,
    /// Accounts and Regions.
    pub(super) places: Vec<(AccountId, Region)>,
}

impl Events {
    /// Where the arguments say. The index of a data directory is used, where there is one.
    pub(super) async fn open(arguments: &BucketArguments) -> Result<Self, Failure> {
        let shelf = Arc::new(Shelf::of(arguments)?);
        let path = arguments.data.join("trail-index");
        let is_indexed =
            arguments.directory.is_none() && arguments.prefix.is_none() && path.is_dir();
        let failed = |why: std::io::Error| Failure::of(path.display(), why);
        let index =
            is_indexed.then(|| Index::open(&path).map(Arc::new)).transpose().map_err(failed)?;
        let bound = |text: &Option<String>, or: i64| {
            text.as_deref().map_or(Ok(Timestamp::from_millis(or)), time)
        };
        let (from, to) = (bound(&arguments.from, 0)?, bound(&arguments.to, i64::MAX)?);
        let mut places = match &index {
            Some(index) => index.places().map_err(failed)?,
            None => {
                let chains = chains(&*shelf, &arguments.bucket, arguments.prefix.as_deref()).await;
                let chains = chains.map_err(|why| Failure::new(why.to_string()))?;
                chains.iter().map(|chain| (chain.account, chain.region)).collect()
            }
        };
        places.sort();
        places.dedup();
        let BucketArguments { account, region, bucket, prefix, .. } = arguments;
        places.retain(|(of, place)| {
            account.as_ref().is_none_or(|account| *account == of.to_string())
                && region.as_ref().is_none_or(|region| region == place.as_str())
        });
        let (bucket, prefix) = (bucket.clone(), prefix.clone());
        Ok(Self { shelf, index, bucket, prefix, from, to: to.plus_millis(-1), places })
    }

    /// At most `limit` records of all places that are asked for, newest first, with their times.
    pub(super) async fn newest(
        &self,
        filter: &FilterArguments,
        limit: usize,
    ) -> Result<Vec<(Timestamp, String)>, Failure> {
        let mut all = Vec::new();
        for place in &self.places {
            all.extend(self.of_place(*place, filter, limit).await?);
        }
        all.sort_by(|(one, _), (other, _)| other.cmp(one));
        all.truncate(limit);
        Ok(all)
    }

    /// The newest record of each place that is asked for, if it has one.
    pub(super) async fn first_of_each(
        &self,
        filter: &FilterArguments,
    ) -> Result<Vec<(Timestamp, String)>, Failure> {
        let mut all = Vec::new();
        for place in &self.places {
            all.extend(self.of_place(*place, filter, 1).await?.into_iter().take(1));
        }
        Ok(all)
    }

    /// The newest records of a place, newest first: `limit`, or some more that were read with them.
    async fn of_place(
        &self,
        place: (AccountId, Region),
        filter: &FilterArguments,
        limit: usize,
    ) -> Result<Vec<(Timestamp, String)>, Failure> {
        let found = match &self.index {
            Some(index) => self.look_up(index, place, filter, limit).await,
            None => self.scan(place, filter, limit).await,
        };
        found.map_err(|why| Failure::new(why.to_string()))
    }

    async fn look_up(
        &self,
        index: &Arc<Index>,
        (account, region): (AccountId, Region),
        filter: &FilterArguments,
        limit: usize,
    ) -> Result<Vec<(Timestamp, String)>, ArchiveError> {
        let objects: Arc<dyn Objects> = self.shelf.clone();
        let history = History::new(index.clone(), objects, self.bucket.clone(), Arc::new(Inline));
        let attribute = attribute(filter, account, region);
        let (from, to) = (self.from, self.to);
        let mut query =
            EventQuery { account, region, attribute, from, to, limit: PAGE, after: None };
        let mut found = Vec::new();
        loop {
            let page = history.look_up(&query).await?;
            take(&page.events, filter, &mut found);
            query.after = page.next;
            if query.after.is_none() || found.len() >= limit {
                return Ok(found);
            }
        }
    }

    async fn scan(
        &self,
        place: (AccountId, Region),
        filter: &FilterArguments,
        limit: usize,
    ) -> Result<Vec<(Timestamp, String)>, ArchiveError> {
        let mut keys = self.files(place, None).await?;
        // What a file has is not younger than its name says.
        keys.retain(|key| {
            let time = LogName::parse(key).map(|name| name.time.plus_millis(Timestamp::MINUTE));
            time.is_some_and(|time| time >= self.from)
        });
        let mut found = Vec::new();
        for key in keys.iter().rev() {
            let records = self.records(key).await?;
            let newest_first: Vec<String> = records.into_iter().rev().collect();
            take(&newest_first, filter, &mut found);
            found.retain(|(time, _)| *time >= self.from && *time <= self.to);
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// The keys of the log files of a place, after the key `after`, in their order.
    pub(super) async fn files(
        &self,
        (account, region): (AccountId, Region),
        after: Option<&str>,
    ) -> Result<Vec<String>, ArchiveError> {
        let folder = object_name::log_folder(self.prefix.as_deref(), account, region);
        let mut keys: Vec<String> = Vec::new();
        loop {
            let after = keys.last().map(String::as_str).or(after);
            let page = self.shelf.list(&self.bucket, &folder, after, LISTED).await?;
            let is_last = page.len() < LISTED;
            keys.extend(page.into_iter().map(|object| object.key));
            if is_last {
                return Ok(keys);
            }
        }
    }

    /// The records of a log file.
    pub(super) async fn records(&self, key: &str) -> Result<Vec<String>, ArchiveError> {
        let Some(object) = self.shelf.get(&self.bucket, key).await? else { return Ok(Vec::new()) };
        let failed = |why: String| ArchiveError(format!("{key}: {why}"));
        let content = gzip::decompress(&object.body, gzip::MAX_CONTENT).map_err(failed)?;
        let records = log_file::records(&content).map_err(failed)?;
        Ok(records.into_iter().map(|record| record.get().to_owned()).collect())
    }
}

/// Adds those of `records` that are asked for.
fn take(records: &[String], filter: &FilterArguments, found: &mut Vec<(Timestamp, String)>) {
    for json in records {
        let Ok(record) = Record::parse(json) else { continue };
        if let Some(time) = record.time().filter(|_| is_wanted(&record, filter)) {
            found.push((time, json.clone()));
        }
    }
}

/// By what of the filter the index is asked: what is the rarest, as a rule.
fn attribute(
    filter: &FilterArguments,
    account: AccountId,
    region: Region,
) -> Option<(EventAttribute, String)> {
    if let Some(key) = &filter.key {
        let is_arn = key.starts_with("arn:");
        let arn = || format!("arn:aws:kms:{region}:{account}:key/{key}");
        return Some((EventAttribute::ResourceName, if is_arn { key.clone() } else { arn() }));
    }
    if let Some(who) = &filter.principal {
        let is_key = who.len() == 20 && (who.starts_with("AKIA") || who.starts_with("ASIA"));
        let name = who.rsplit(['/', ':']).next().unwrap_or_default();
        return Some(match who.starts_with("arn:") {
            _ if is_key => (EventAttribute::AccessKeyId, who.clone()),
            true => (EventAttribute::Username, name.to_owned()),
            false => (EventAttribute::Username, who.clone()),
        });
    }
    filter.operation.clone().map(|name| (EventAttribute::EventName, name))
}
