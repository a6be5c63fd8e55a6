//! The event history: events looked up in the log files of the server's own trail, by the index.

use crate::event;
use crate::gzip::Parts;
use crate::index::{FileHit, Index, Search, value_hash};
use crate::log_file::{self, Stretch};
use crate::record::Record;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;
use strongroom_engine::ports::archive::{
    ArchiveError, EventAttribute, EventHistory, EventPage, EventPlace, EventQuery, Objects,
};
use strongroom_engine::ports::{Boxed, Effort, Workers};
use tokio::sync::oneshot;

/// Files that the index is asked for in one step.
const FILES: usize = 16;
/// Bytes of log files, compressed, that are kept.
const KEPT: u64 = 64 << 20;

/// Looks events up.
pub struct History {
    index: Arc<Index>,
    objects: Arc<dyn Objects>,
    bucket: String,
    workers: Arc<dyn Workers>,
    files: Cache<String, Arc<Parts>, BySize>,
}

#[derive(Clone)]
struct BySize;

impl Weighter<String, Arc<Parts>> for BySize {
    fn weight(&self, key: &String, file: &Arc<Parts>) -> u64 {
        (key.len() + file.size()) as u64
    }
}

impl History {
    /// The history in the log files of `bucket`, which `index` is about.
    #[must_use]
    pub fn new(
        index: Arc<Index>,
        objects: Arc<dyn Objects>,
        bucket: String,
        workers: Arc<dyn Workers>,
    ) -> Self {
        let files = Cache::with_weighter(256, KEPT, BySize);
        Self { index, objects, bucket, workers, files }
    }

    async fn page(&self, query: &EventQuery) -> Result<EventPage, ArchiveError> {
        let mut page = EventPage::default();
        let Some(search) = search(query) else { return Ok(page) };
        let mut after = query.after.clone();
        if let Some(EventPlace { file, event }) = query.after.clone() {
            let (index, key) = (self.index.clone(), file.clone());
            let stretches =
                self.offload(move || index.find_in(&search, &key)).await?.map_err(failed)?;
            let hit = FileHit { key: file, stretches };
            self.scan(query, hit, event, &mut page).await?;
        }
        while page.next.is_none() {
            let index = self.index.clone();
            let before = after.take().map(|place| place.file);
            let find = move || index.find(&search, before.as_deref(), FILES);
            let hits = self.offload(find).await?.map_err(failed)?;
            let is_last = hits.len() < FILES;
            for hit in hits {
                after = Some(EventPlace { file: hit.key.clone(), event: 0 });
                self.scan(query, hit, usize::MAX, &mut page).await?;
                if page.next.is_some() {
                    break;
                }
            }
            if is_last {
                break;
            }
        }
        Ok(page)
    }

    /// Adds the events of a file that are asked for and whose numbers are less than `below`.
    async fn scan(
        &self,
        query: &EventQuery,
        hit: FileHit,
        below: usize,
        page: &mut EventPage,
    ) -> Result<(), ArchiveError> {
        let Some(file) = self.file(&hit.key).await? else { return Ok(()) };
        let (wanted, room) = (query.clone(), query.limit.saturating_sub(page.events.len()));
        let stretches = hit.stretches;
        let scanned = self.offload(move || scan(&file, &stretches, &wanted, below, room)).await?;
        let found = scanned.map_err(|why| ArchiveError(format!("{}: {why}", hit.key)))?;
        for (number, json) in found {
            page.events.push(json);
            if page.events.len() >= query.limit {
                page.next = Some(EventPlace { file: hit.key.clone(), event: number });
            }
        }
        Ok(())
    }

    /// The file, if it is still there; that it is not is for verification to tell.
    async fn file(&self, key: &str) -> Result<Option<Arc<Parts>>, ArchiveError> {
        if let Some(file) = self.files.get(key) {
            return Ok(Some(file));
        }
        let Some(object) = self.objects.get(&self.bucket, key).await? else { return Ok(None) };
        let file = Arc::new(Parts::open(object.body));
        self.files.insert(key.to_owned(), file.clone());
        Ok(Some(file))
    }

    /// Does blocking work on a thread of the workers.
    async fn offload<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ArchiveError> {
        let (done, outcome) = oneshot::channel();
        self.workers.run(Effort::Short, Box::new(move || drop(done.send(work()))));
        outcome.await.map_err(|_| ArchiveError("a look-up failed".to_owned()))
    }
}

impl EventHistory for History {
    fn look_up<'a>(&'a self, query: &'a EventQuery) -> Boxed<'a, Result<EventPage, ArchiveError>> {
        Box::pin(self.page(query))
    }
}

fn failed(why: std::io::Error) -> ArchiveError {
    ArchiveError(format!("the index: {why}"))
}

/// What the index is asked for; `None` if nothing can be found.
fn search(query: &EventQuery) -> Option<Search> {
    let EventQuery { account, region, .. } = *query;
    let (mut from, mut to) = (query.from.millis(), query.to.millis());
    // Records tell whole seconds.
    from = from.saturating_add(999).div_euclid(1000).saturating_mul(1000);
    let mut hash = None;
    match &query.attribute {
        Some((EventAttribute::EventId, id)) => {
            let second = time_of(id)?.div_euclid(1000).saturating_mul(1000);
            (from, to) = (from.max(second), to.min(second));
        }
        Some((attribute, value)) => hash = Some(value_hash(*attribute, value)),
        None => {}
    }
    (from <= to && query.limit > 0).then_some(Search { account, region, hash, from, to })
}

/// The time in an event's identifier (UUID version 7, RFC 9562 §5.7), milliseconds since 1970.
fn time_of(id: &str) -> Option<i64> {
    let is_version_7 = id.len() == 36 && id.as_bytes().get(14) == Some(&b'7');
    let (high, low) = id.get(..13)?.split_once('-')?;
    let digits = format!("{high}{low}");
    let is_hex = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_version_7 && is_hex).then(|| i64::from_str_radix(&digits, 16).ok())?
}

/// At most `room` events of `file` that are asked for, with their numbers, newest first.
fn scan(
    file: &Parts,
    stretches: &[Stretch],
    query: &EventQuery,
    below: usize,
    room: usize,
) -> Result<Vec<(usize, String)>, String> {
    let mut found = Vec::new();
    for Stretch { bytes, records } in stretches.iter().rev() {
        if records.start >= below {
            continue;
        }
        let content = file.read(bytes.clone())?;
        let list = log_file::stretch_records(&content)?;
        for (number, json) in (records.start..).zip(list).collect::<Vec<_>>().into_iter().rev() {
            if number < below && is_wanted(json.get(), query)? {
                found.push((number, Box::<str>::from(json).into_string()));
                if found.len() >= room {
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}

fn is_wanted(json: &str, query: &EventQuery) -> Result<bool, String> {
    let record = Record::parse(json)?;
    if record.time().is_none_or(|time| time < query.from || time > query.to) {
        return Ok(false);
    }
    let Some(wanted) = &query.attribute else { return Ok(true) };
    let value = serde_json::from_str(json).map_err(|why| why.to_string())?;
    Ok(event::attributes(&value).has((wanted.0, &wanted.1)))
}
