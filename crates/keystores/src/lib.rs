//! Keys that live elsewhere, and objects: the adapters of the engine's port
//! [`KeyStores`](strongroom_engine::ports::key_store::KeyStores).
//!
//! - An external key store: a client of the AWS KMS XKS Proxy API 1.0, over HTTPS
//!   (<https://github.com/aws/aws-kms-xksproxy-api-spec>).
//! - An HSM, through the PKCS #11 module that its maker ships.
//!
//! Over the same connections go log files and digests of the trail to buckets that are elsewhere:
//! [`Buckets`], an adapter of [`Objects`](strongroom_engine::ports::archive::Objects).
//!
//! **Architecture invariant:** this crate does not know what any operation does, nor where records
//! are kept. It decides nothing: it asks, and says in the port's words what was answered. Bytes
//! from outside are bounded before they are read and checked before they are believed.
//!
//! Over the same connections to strangers, [`Documents`] fetches what identity providers publish, and
//! [`Posts`] sends telemetry to a collector.
//! The connections are [`strongroom_client`]'s.
//!
//! What the engine keeps of a ciphertext made here is a [`package`].

mod buckets;
mod configuration;
mod connectors;
mod documents;
#[cfg(fuzzing)]
pub mod fuzzing;
mod hsm;
pub mod package;
mod posts;
mod remote_kms;
mod wrapping_key;
mod xks;

pub use buckets::{BucketConfiguration, Buckets};
pub use configuration::{
    Configuration, ConfigurationError, HsmConfiguration, TokenName, Vectors, XksConfiguration,
};
pub use connectors::Connectors;
pub use documents::{Documents, NotFetched};
pub use posts::{NotPosted, Posts};
pub use remote_kms::{RemoteKms, RemoteKmsConfiguration, RemoteKmsError};
pub use wrapping_key::WrappingKey;
