//! Who may what, apart from keys: the authority that a caller brings along, the sessions it may
//! have, the policies that are AWS's own.

pub(crate) mod access_key_use;
mod authority;
pub(crate) mod aws_managed;
pub(crate) mod bindings;
pub(crate) mod defect;
mod fresh;
mod groups_by_id;
pub(crate) mod quota;
pub(crate) mod role_use;
pub(crate) mod session;
pub(crate) mod unique_id;
mod web;
pub(crate) mod web_refusals;
pub(crate) mod web_session;

pub use authority::Authority;
pub(crate) use authority::{SessionFacts, WebClaims, missing, service_controls};
pub use aws_managed::AwsManagedPolicy;
pub use fresh::fresh_access_key;
