//! What keeps a root key while no server runs: a passphrase, an HSM, another KMS, or several people
//! with a share each.
//!
//! The root key itself is 32 bytes, and while a server runs they are in its memory, as are the domain
//! keys under it. A provider wraps it: with the [`KeyFile`] alone nobody has it, and with the
//! provider alone neither. So another provider, or another root key, is another file, and what is
//! stored under the root key stays as it is.
//!
//! **Architecture invariant:** this crate does not know what a root key is used for, where its file
//! is kept, nor who is asked for a secret. `docs/root-key.md` gives the file's members.

mod key_file;
mod provider;
mod share;

pub use key_file::{KeyFile, KeyFileError};
pub use provider::{Credentials, Hsm, Kms, Needs, NotOpened, Opener, Passphrase, Provider, Shares};
pub use share::{Share, ShareError};
