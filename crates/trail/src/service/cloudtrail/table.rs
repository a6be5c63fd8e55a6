//! The table of CloudTrail's operations: one row each. The pipeline reads it; nothing else decides by
//! name.
//!
//! Source: AWS CloudTrail API Reference; Service Authorization Reference, "Actions for AWS CloudTrail".

use super::rows;
use strongroom_engine::demands::Demands;

macro_rules! names {
    ($($name:ident)+) => {
        /// The CloudTrail operations that are served, by the names clients write.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CloudTrailOperation { $(#[doc = stringify!($name)] $name,)+ }

        impl CloudTrailOperation {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name clients write.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// The operation of this name, if it is served.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $(stringify!($name) => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

names! {
    AddTags
    CreateTrail
    DeleteTrail
    DescribeTrails
    GetEventSelectors
    GetTrail
    GetTrailStatus
    ListPublicKeys
    ListTags
    ListTrails
    LookupEvents
    PutEventSelectors
    RemoveTags
    StartLogging
    StopLogging
    UpdateTrail
}

/// What the operation of CloudTrail demands.
#[must_use]
pub const fn cloudtrail_demands(name: CloudTrailOperation) -> &'static Demands {
    use CloudTrailOperation as N;
    match name {
        N::AddTags => &rows::ADD_TAGS,
        N::CreateTrail => &rows::CREATE_TRAIL,
        N::DeleteTrail => &rows::DELETE_TRAIL,
        N::DescribeTrails => &rows::DESCRIBE_TRAILS,
        N::GetEventSelectors => &rows::GET_EVENT_SELECTORS,
        N::GetTrail => &rows::GET_TRAIL,
        N::GetTrailStatus => &rows::GET_TRAIL_STATUS,
        N::ListPublicKeys => &rows::LIST_PUBLIC_KEYS,
        N::ListTags => &rows::LIST_TAGS,
        N::ListTrails => &rows::LIST_TRAILS,
        N::LookupEvents => &rows::LOOKUP_EVENTS,
        N::PutEventSelectors => &rows::PUT_EVENT_SELECTORS,
        N::RemoveTags => &rows::REMOVE_TAGS,
        N::StartLogging => &rows::START_LOGGING,
        N::StopLogging => &rows::STOP_LOGGING,
        N::UpdateTrail => &rows::UPDATE_TRAIL,
    }
}
