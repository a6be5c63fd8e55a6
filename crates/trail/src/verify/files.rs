//! The log files: those that digests name, and those that none does.

use super::digests::read;
use super::{Head, Kind, Verifier, list};
use crate::digest::{Digest, HASH_ALGORITHM, LogFile, parse_time};
use crate::gzip::{self, Parts};
use crate::log_file;
use crate::object_name::{self, LogName};
use crate::record::Record;
use std::collections::BTreeSet;
use strongroom_crypto::hash;
use strongroom_engine::ports::archive::ArchiveError;
use strongroom_types::Timestamp;

impl Verifier<'_> {
    /// Verifies the log files that a digest names.
    pub(super) async fn log_files(
        &mut self,
        digest: &Digest,
        end: Timestamp,
    ) -> Result<(), ArchiveError> {
        for file in &digest.log_files {
            self.report.log_files += 1;
            let time = LogName::parse(&file.s3_object).map_or(end, |name| name.time);
            if !self.named.insert(file.s3_object.clone()) {
                let what = "two digests name it, or one does twice";
                self.found(Kind::LogMalformed, time, &file.s3_object, what);
                continue;
            }
            let place = (file.s3_bucket.as_str(), file.s3_object.as_str());
            let Some(object) = self.objects.get(place.0, place.1).await? else {
                let what =
                    format!("this log file is missing; {} names it", digest.digest_s3_object);
                self.report.found(Kind::LogMissing, time, place, what);
                continue;
            };
            if let Err((kind, what)) = self.log_file(file, object.body) {
                self.report.found(kind, time, place, what);
            }
        }
        Ok(())
    }

    /// Verifies one of them by its body.
    fn log_file(&mut self, file: &LogFile, body: Vec<u8>) -> Result<(), (Kind, String)> {
        let altered = |why: &str| (Kind::LogAltered, format!("this log file was changed: {why}"));
        if file.hash_algorithm != HASH_ALGORITHM {
            let what = format!("its digest has a hash by {}", file.hash_algorithm);
            return Err((Kind::LogMalformed, what));
        }
        let content = gzip::decompress(&body, gzip::MAX_CONTENT).map_err(|why| altered(&why))?;
        if hash::hex(&hash::sha256(&content)) != file.hash_value {
            return Err(altered("its hash is not the one in its digest"));
        }
        if !Parts::open(body).make_up(&content) {
            return Err(altered("its header leads look-ups to something else than it holds"));
        }
        let malformed = |what: String| (Kind::LogMalformed, what);
        let records = log_file::records(&content).map_err(malformed)?;
        let bound = |time: &Option<String>| time.as_deref().and_then(parse_time);
        let times = (bound(&file.oldest_event_time), bound(&file.newest_event_time));
        for record in &records {
            self.record(record.get(), times).map_err(malformed)?;
        }
        self.report.records += records.len() as u64;
        Ok(())
    }

    /// Whether a record belongs in a file of this chain.
    fn record(
        &self,
        json: &str,
        (oldest, newest): (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<(), String> {
        let record = Record::parse(json)?;
        let id = &record.event_id;
        let account = record.recipient_account_id.as_deref();
        if account != Some(&self.chain.account.to_string()) {
            return Err(format!("event {id} is of account {}", account.unwrap_or("-")));
        }
        if record.aws_region != self.chain.region.as_str() {
            return Err(format!("event {id} is of the Region {}", record.aws_region));
        }
        let time = record.time().ok_or_else(|| format!("event {id} has no time"))?;
        let is_within = oldest.is_none_or(|oldest| time >= oldest)
            && newest.is_none_or(|newest| time <= newest);
        if is_within { Ok(()) } else { Err(format!("event {id} is of another time")) }
    }

    /// Verifies the files that wait for a digest and whose hashes `head` knows. Some are of times that
    /// digests tell of already: what is delivered late is in a later one.
    pub(super) async fn head_files(&mut self, head: &Head) -> Result<(), ArchiveError> {
        for (key, expected) in &head.files {
            let time =
                LogName::parse(key).map_or(Timestamp::from_millis(i64::MAX), |name| name.time);
            // A digest may have named it since the head was asked for.
            if !self.window.has(time) || !self.named.insert(key.clone()) {
                continue;
            }
            self.report.pending.push(key.clone());
            let source = &head.source;
            let Some(object) = self.objects.get(&self.chain.bucket, key).await? else {
                let what = format!("this log file is missing; {source} names it");
                self.found(Kind::LogMissing, time, key, what);
                continue;
            };
            let content = gzip::decompress(&object.body, gzip::MAX_CONTENT).unwrap_or_default();
            if hash::hex(&hash::sha256(&content)) != *expected {
                let what =
                    format!("this log file was changed: its hash is not the one in {source}");
                self.found(Kind::LogAltered, time, key, what);
            }
        }
        Ok(())
    }

    /// Looks for log files that no digest names.
    pub(super) async fn unnamed_files(&mut self) -> Result<(), ArchiveError> {
        let chain = self.chain;
        let folder = object_name::log_folder(chain.prefix.as_deref(), chain.account, chain.region);
        let end = self.report.to.as_deref().and_then(parse_time);
        let (mut untold, mut unnamed) = (0_u64, Vec::new());
        for object in list(self.objects, &chain.bucket, &folder).await? {
            if self.named.contains(&object.key) {
                continue;
            }
            let Some(name) = LogName::parse(&object.key) else {
                let what = "it has no log file's name, and no trail puts such objects here";
                self.found(Kind::Extra, Timestamp::from_millis(i64::MAX), &object.key, what);
                continue;
            };
            let time = name.time;
            if !self.window.has(time) {
                continue;
            }
            if end.is_none_or(|end| time >= end) {
                self.report.pending.push(object.key.clone());
                self.report.unknown.push(object.key);
            } else if self.told.iter().any(|(from, to)| time >= *from && time < *to) {
                unnamed.push((time, object.key));
            } else {
                untold += 1;
            }
        }
        self.report.pending.sort();
        if untold > 0 {
            let note = format!("{untold} log files are of times that no digest tells of");
            self.report.notes.push(note);
        }
        self.extra(unnamed).await
    }

    /// Log files of times that digests tell of, which none of the trail's names: other trails' are
    /// beside them.
    async fn extra(&mut self, files: Vec<(Timestamp, String)>) -> Result<(), ArchiveError> {
        if files.is_empty() {
            return Ok(());
        }
        let mut named = BTreeSet::new();
        for key in &self.others {
            let Some(object) = self.objects.get(&self.chain.bucket, key).await? else { continue };
            let Ok((digest, _)) = read(&object) else { continue };
            named.extend(digest.log_files.into_iter().map(|file| file.s3_object));
        }
        for (time, key) in files.into_iter().filter(|(_, key)| !named.contains(key)) {
            let what = "no digest names it, though there is one of its time: somebody put it there, \
                        or it was delivered late and waits for the next digest";
            self.found(Kind::Extra, time, &key, what);
        }
        Ok(())
    }
}
