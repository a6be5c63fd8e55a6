//! What one account may ask for, and have: request quotas, requests at once, resource quotas.
//!
//! Nothing here decides by the name of an operation: a row of a service's table says what its
//! requests are counted by ([`Counted`]), the operator's [`Rule`]s say how much of it there may be.
//!
//! Source: AWS KMS Developer Guide, "Request quotas" and "Resource quotas".

mod charge;
mod counted;
mod in_flight;
pub(crate) mod key_counts;
mod meter;
mod rate;
mod resources;
mod rules;

pub(crate) use charge::Charge;
pub use charge::Keys;
pub use counted::{Counted, Shared, Subject};
pub(crate) use in_flight::{Entrant, InFlight};
pub use rate::Rate;
pub use resources::{MOST_ALIASES_PER_KEY, MOST_KEY_STORES, ResourceQuotas, Resources};
pub(crate) use rules::RequestQuotas;
pub use rules::{Rule, preset};

/// What the operator allows each account. By default as much as it asks for, of which AWS's quotas
/// of what belongs to one key, and of custom key stores, are excepted.
#[derive(Debug, Clone, Default)]
pub struct Quotas {
    /// How often it may ask. A rule of the first list counts before all of the second.
    pub requests: [Vec<Rule>; 2],
    /// How many of its requests may be under way at once; without a number any number.
    pub in_flight: Option<usize>,
    /// How much it may have.
    pub resources: Resources,
}
