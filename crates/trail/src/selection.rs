//! Which events a trail takes.
//!
//! Source: AWS CloudTrail User Guide, "Logging management events".

use crate::event::Event;
use strongroom_engine::work::BUILT_IN_TRAIL;
use strongroom_keys::{EventSelector, TrailRecord};
use strongroom_types::{Region, Timestamp};

/// What the choice depends on.
#[derive(Debug, Clone, Copy)]
pub struct Traits<'a> {
    /// The Region.
    pub region: Region,
    /// When.
    pub time: Timestamp,
    /// The service.
    pub source: &'a str,
    /// `readOnly`.
    pub is_read_only: bool,
    /// `managementEvent`.
    pub is_management: bool,
    /// Whether the service is a global one.
    pub is_global: bool,
}

impl<'a> Traits<'a> {
    /// Those of `event`.
    #[must_use]
    pub fn of(event: &'a Event) -> Self {
        Self {
            region: event.region,
            time: event.time,
            source: &event.source,
            is_read_only: event.is_read_only,
            is_management: event.is_management,
            is_global: event.is_global,
        }
    }
}

/// Whether `trail` takes such an event of its account.
#[must_use]
pub fn takes(trail: &TrailRecord, event: Traits<'_>) -> bool {
    // The server's own takes everything, from the beginning.
    if trail.name == BUILT_IN_TRAIL {
        return true;
    }
    let is_here = trail.is_multi_region || trail.region == event.region;
    let is_wanted = !event.is_global || trail.includes_global_events;
    // What happened before a trail was stopped is delivered to it afterwards, too.
    is_here && is_wanted && trail.delivered_at(event.time) && is_selected(trail, event)
}

fn is_selected(trail: &TrailRecord, event: Traits<'_>) -> bool {
    let selects = |selector: &EventSelector| {
        let by_effect = if event.is_read_only { selector.reads } else { selector.writes };
        let is_excluded = selector.excluded_sources.iter().any(|name| name == event.source);
        selector.management && by_effect && !is_excluded
    };
    event.is_management && (trail.selectors.is_empty() || trail.selectors.iter().any(selects))
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_types::AccountId;

    const NOON: Timestamp = Timestamp::from_millis(43_200_000);

    fn trail() -> TrailRecord {
        TrailRecord {
            account: AccountId::INITIAL,
            region: "eu-west-2".parse().unwrap(),
            name: "main".to_owned(),
            bucket: "logs".to_owned(),
            prefix: None,
            is_multi_region: false,
            includes_global_events: false,
            validates: true,
            is_logging: true,
            created: NOON,
            started: Some(NOON),
            stopped: None,
            selectors: Vec::new(),
            tags: Vec::new(),
            periods: vec![(NOON.millis(), None)],
        }
    }

    fn event() -> Traits<'static> {
        Traits {
            region: "eu-west-2".parse().unwrap(),
            time: NOON,
            source: "kms.amazonaws.com",
            is_read_only: true,
            is_management: true,
            is_global: false,
        }
    }

    #[test]
    fn a_trail_takes_what_happens_in_its_region_while_it_delivers() {
        let (trail, event) = (trail(), event());
        assert!(takes(&trail, event));
        let before = NOON.plus_millis(-1);
        assert!(!takes(&trail, Traits { time: before, ..event }));
        assert!(!takes(&trail, Traits { region: "us-east-1".parse().unwrap(), ..event }));
        assert!(!takes(&trail, Traits { is_global: true, ..event }));
        let everywhere = TrailRecord { is_multi_region: true, ..trail.clone() };
        assert!(takes(&everywhere, Traits { region: "us-east-1".parse().unwrap(), ..event }));
        let mut stopped = trail;
        stopped.stop(NOON);
        let later = |millis| Traits { time: NOON.plus_millis(millis), ..event };
        assert!(takes(&stopped, event));
        assert!(!takes(&stopped, later(1)));
        // When it starts again, what happened before is still its own.
        stopped.start(NOON.plus_millis(10));
        stopped.start(NOON.plus_millis(20));
        assert!(takes(&stopped, event) && !takes(&stopped, later(5)) && takes(&stopped, later(10)));
    }

    #[test]
    fn the_servers_own_trail_takes_everything() {
        let own = TrailRecord { name: BUILT_IN_TRAIL.to_owned(), started: None, ..trail() };
        assert!(takes(&own, Traits { is_management: false, is_global: true, ..event() }));
    }

    #[test]
    fn selectors_leave_out_what_they_name() {
        let selector = EventSelector {
            reads: true,
            writes: false,
            management: true,
            excluded_sources: vec!["kms.amazonaws.com".to_owned()],
            advanced: None,
        };
        let trail = TrailRecord { selectors: vec![selector], ..trail() };
        assert!(!takes(&trail, event()));
        let iam = Traits { source: "iam.amazonaws.com", ..event() };
        assert!(takes(&trail, iam));
        assert!(!takes(&trail, Traits { is_read_only: false, ..iam }));
        assert!(!takes(&trail, Traits { is_management: false, ..iam }));
    }
}
