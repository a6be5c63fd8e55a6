//! ID tokens of OpenID Connect providers: verified against keys that are given.
//!
//! **Architecture invariant:** nobody is asked anything, and nothing is known of accounts, roles or
//! the clock. Who believes which provider, and what a token may be used for, is decided elsewhere.
//!
//! Source: OpenID Connect Core 1.0, §3.1.3.7; RFC 7515 (JWS), RFC 7517 (JWK), RFC 7519 (JWT).

mod keys;
mod session;
mod token;

pub use keys::{KeysError, Provider, Providers, Source};
pub use session::SessionClaims;
pub use token::{Fault, IdToken};
