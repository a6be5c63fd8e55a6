//! Attestation documents of AWS Nitro Enclaves and NitroTPM: who sent a request, proved by a
//! document that the hypervisor signed, and an envelope that only the sender opens.
//!
//! **Architecture invariant:** this crate knows nothing of the service's operations, of storage or
//! of the clock. Time is a value, and whom to trust is said by the caller.
//!
//! Sources: "Nitro Enclaves Attestation Process" (aws-nitro-enclaves-nsm-api,
//! `docs/attestation_process.md`); Amazon EC2 User Guide, "Validate a NitroTPM Attestation
//! Document".

mod attested;
mod cbor;
mod chain;
mod document;
mod envelope;
mod error;
mod roots;
mod sign1;
mod verify;

pub use attested::{Attested, Kind};
pub use envelope::{EnvelopeError, envelop};
pub use error::AttestationError;
pub use roots::{Roots, RootsError};
pub use verify::{MAX_AGE_MILLIS, MAX_DOCUMENT_LEN, verify};
