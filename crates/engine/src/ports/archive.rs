//! The ports to what is delivered of the audit trail: the objects that log files and digests are,
//! and the history in which events are looked up.

use super::Boxed;
use std::collections::BTreeMap;
use std::fmt;
use strongroom_types::{AccountId, Region, Timestamp};

/// Buckets with objects, as S3 has them: keys with `/` in them, ordered by their bytes.
pub trait Objects: Send + Sync {
    /// Whether trails can deliver to the bucket `name`, which may not hold anything yet.
    fn has_bucket(&self, name: &str) -> bool;

    /// Puts an object, in the place of one that is there. It is durable when this returns.
    ///
    /// # Errors
    /// [`ArchiveError`].
    fn put<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
        body: &'a [u8],
        metadata: &'a BTreeMap<String, String>,
    ) -> Boxed<'a, Result<(), ArchiveError>>;

    /// The object `key`, if it is there.
    ///
    /// # Errors
    /// [`ArchiveError`].
    fn get<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
    ) -> Boxed<'a, Result<Option<Object>, ArchiveError>>;

    /// At most `limit` objects whose keys begin with `prefix` and come after `after`, by key.
    ///
    /// # Errors
    /// [`ArchiveError`].
    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<ObjectSummary>, ArchiveError>>;
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Content.
    pub body: Vec<u8>,
    /// What was put with it, by name in lower case.
    pub metadata: BTreeMap<String, String>,
    /// When it was put.
    pub modified: Timestamp,
}

/// What a listing tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSummary {
    /// Key.
    pub key: String,
    /// Length in bytes.
    pub size: u64,
    /// When it was put.
    pub modified: Timestamp,
}

/// The events of the past, of every account.
pub trait EventHistory: Send + Sync {
    /// The events that `query` asks for, newest first.
    ///
    /// # Errors
    /// [`ArchiveError`].
    fn look_up<'a>(&'a self, query: &'a EventQuery) -> Boxed<'a, Result<EventPage, ArchiveError>>;
}

/// What is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// In which account.
    pub account: AccountId,
    /// In which Region.
    pub region: Region,
    /// Which events; without it all.
    pub attribute: Option<(EventAttribute, String)>,
    /// Not before this time.
    pub from: Timestamp,
    /// Not after this time.
    pub to: Timestamp,
    /// At most so many.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<EventPlace>,
}

/// What events are looked up by.
///
/// Source: AWS CloudTrail API Reference, LookupAttribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventAttribute {
    /// `EventId`.
    EventId,
    /// `EventName`.
    EventName,
    /// `ReadOnly`: `true` or `false`.
    ReadOnly,
    /// `Username`.
    Username,
    /// `ResourceType`.
    ResourceType,
    /// `ResourceName`.
    ResourceName,
    /// `EventSource`.
    EventSource,
    /// `AccessKeyId`.
    AccessKeyId,
}

/// Where an event is in the history: what comes after it is older.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPlace {
    /// Key of the log file.
    pub file: String,
    /// Number of the event in it, from 0.
    pub event: usize,
}

/// Some of the events asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventPage {
    /// Each is a record of CloudTrail as JSON, newest first.
    pub events: Vec<String>,
    /// Where to go on, if there may be more.
    pub next: Option<EventPlace>,
}

/// The archive failed. The text is for the operator's log, never for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveError(pub String);

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trail: {}", self.0)
    }
}

impl std::error::Error for ArchiveError {}

/// No archive, for tools that serve nobody.
pub struct NoArchive;

impl NoArchive {
    fn none<'a, T: Send + 'a>() -> Boxed<'a, Result<T, ArchiveError>> {
        Box::pin(std::future::ready(Err(ArchiveError("there is none here".to_owned()))))
    }
}

impl Objects for NoArchive {
    fn has_bucket(&self, _: &str) -> bool {
        false
    }

    fn put<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: &'a [u8],
        _: &'a BTreeMap<String, String>,
    ) -> Boxed<'a, Result<(), ArchiveError>> {
        Self::none()
    }

    fn get<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
    ) -> Boxed<'a, Result<Option<Object>, ArchiveError>> {
        Self::none()
    }

    fn list<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: Option<&'a str>,
        _: usize,
    ) -> Boxed<'a, Result<Vec<ObjectSummary>, ArchiveError>> {
        Self::none()
    }
}

impl EventHistory for NoArchive {
    fn look_up<'a>(&'a self, _: &'a EventQuery) -> Boxed<'a, Result<EventPage, ArchiveError>> {
        Self::none()
    }
}
