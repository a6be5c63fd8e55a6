//! Past events in memory.

use std::sync::{Arc, Mutex, PoisonError};
use strongroom_engine::ports::Boxed;
use strongroom_engine::ports::archive::{
    ArchiveError, EventHistory, EventPage, EventPlace, EventQuery,
};

/// Past events, newest first, and what was asked of them. Whatever is asked for, they are all there
/// is: that attributes select is the index's to show. A clone is the same history.
#[derive(Clone, Default)]
pub struct MemoryHistory(Arc<Mutex<(Vec<String>, Vec<EventQuery>)>>);

impl MemoryHistory {
    /// Puts an event before all others; it is a record as JSON.
    pub fn add(&self, record: &str) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0.insert(0, record.to_owned());
    }

    /// What was asked, in that order.
    #[must_use]
    pub fn queries(&self) -> Vec<EventQuery> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    fn page(&self, query: &EventQuery) -> EventPage {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.1.push(query.clone());
        let start = query.after.as_ref().map_or(0, |place| place.event + 1);
        let events: Vec<String> = inner.0.iter().skip(start).take(query.limit).cloned().collect();
        let end = start + events.len();
        let place = || EventPlace { file: "memory".to_owned(), event: end - 1 };
        EventPage { next: (end < inner.0.len()).then(place), events }
    }
}

impl EventHistory for MemoryHistory {
    fn look_up<'a>(&'a self, query: &'a EventQuery) -> Boxed<'a, Result<EventPage, ArchiveError>> {
        Box::pin(std::future::ready(Ok(self.page(query))))
    }
}
