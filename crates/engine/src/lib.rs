//! The one path from a request to a reply.
//!
//! **Architecture invariant:** no JSON on the wire, no sockets, no SQL, no CloudTrail format. The
//! engine owns the order in which every request is checked ([`pipeline`]), the ports it needs of
//! the world ([`ports`]), and the proofs without which the next step cannot be called:
//!
//! | proof | made only by | demanded by |
//! |---|---|---|
//! | `Verified` | `sigv4::Claim::verify` | [`Engine::authenticate`], the only maker of a [`call::Caller`] |
//! | `Permit` | `policy::decide` | [`gate`] |
//! | [`gate::AdmittedKey`] | [`gate`] | [`work::Work`]: key material and every change to a key |
//! | [`ledger::Recorded`] | [`ledger::Ledger`] | the wire formats |

mod accounts;
pub mod audit;
mod authenticate;
pub mod backup;
mod bounded;
mod buckets;
pub mod call;
pub mod check;
mod credential;
pub mod decode;
pub mod demands;
mod desk;
mod engine;
pub mod event_id;
mod facts;
mod family;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod gate;
mod grant_kind;
mod grant_token;
pub mod hypothesis;
pub mod identity;
mod last_use;
pub mod ledger;
mod marker;
mod meters;
mod noted;
pub mod operation;
pub mod pages;
pub mod pipeline;
pub mod ports;
pub mod quotas;
mod recipient;
pub mod refusal;
pub mod reply;
mod resealing;
mod root_key;
mod rotation;
mod scheduled;
pub mod seeding;
pub mod shipping;
pub mod simulation;
mod slot;
mod stages;
pub mod still;
pub mod target;
mod throttled;
pub mod trail;
mod trail_key;
mod turn;
mod unverified;
mod vault;
pub mod wire;
mod wording;
pub mod work;

pub use accounts::AccountEntry;
pub use authenticate::Unauthenticated;
pub use buckets::HeldBucket;
pub use engine::{Engine, Ports, Report, Running, Settings};
pub use facts::{constraint_fact, principal_arn, principal_type};
pub use meters::{CacheName, Observed, ObservedCache, ObservedWriter};
pub use operation::{Operation, Role};
pub use pipeline::Outcome;
pub use resealing::DomainRotation;
pub use root_key::root_fingerprint;
pub use scheduled::Due;
pub use stages::{Stage, Stages};
pub use strongroom_policy::{Fact, NamedPrincipal};
pub use trail_key::TrailSigner;
pub use vault::{CacheSizes, VaultError};
pub use wording::{LOCKED_OUT, malformed_policy, overly_permissive};
