//! A small typed client of the AWS KMS API: of AWS itself, or of a server that speaks as it does.
//!
//! - [`Kms`] asks the operations that envelope encryption needs, signs them, and asks again what may
//!   succeed the next time.
//! - [`Settings`] finds Region, endpoint, authorities and credentials where AWS's own tools look for
//!   them: options, environment, shared configuration files, and the services that hand credentials
//!   to machines.
//! - [`Connections`], [`Endpoint`] and [`tls`] are what it stands on: HTTP/1.1 over TLS to few hosts,
//!   with every answer bounded. Others who ask something of the outside use them, too.
//!
//! **Architecture invariant:** this crate does not know what ciphertexts are for, nor what an
//! operation means beyond its fields: it asks one question and gives its answer. It reads no
//! environment itself and prints nothing. Bytes from outside are bounded before they are read.

mod answered;
mod chain;
pub mod clock;
mod connections;
mod credentials;
mod endpoint;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod helper;
mod kms;
mod outside;
pub mod pem;
mod profile;
mod retry;
mod settings;
mod signing;
pub mod tls;

pub use connections::{Answer, ConnectionError, Connections, Limits};
pub use credentials::{Credentials, CredentialsError, CredentialsSource};
pub use endpoint::{Endpoint, default_port, is_host, port};
pub use error::{Fault, KmsError};
pub use kms::{
    Configuration, DataKey, Decrypted, Encrypted, KeyDescription, Kms, ReEncrypted, Terms,
    WrappedDataKey,
};
pub use outside::Environment;
pub use retry::Retries;
pub use settings::{Given, Settings, SettingsError};
pub use signing::signed;
