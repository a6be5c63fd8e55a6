//! The key hierarchy, and what is at rest.
//!
//! **Architecture invariant:** this crate does not know who is asking, what time it is or where
//! bytes are kept. `docs/ciphertext-blob.md` and `docs/records.md` give its formats to the byte.

mod backup;
pub mod blob;
pub mod codec;
mod domain;
mod domain_rotation;
mod due;
mod family;
mod grant;
pub mod identity;
mod import;
mod import_token;
mod journal;
mod key_store;
mod last_use;
mod material;
mod record;
mod root;
mod rotation;
mod sealed;
mod state;
mod tags;
mod trail;

pub use backup::{BackupDescription, BackupError, BackupHeader, BackupKey, RestoreRecord};
pub use domain::{DomainKey, DomainName};
pub use domain_rotation::{DomainFloorRecord, DomainRotationRecord};
pub use due::DueTask;
pub use grant::{GrantRecord, GrantTerms, Party};
pub use import_token::ImportToken;
pub use journal::{FrameError, JournalKey, JournalReader, SegmentHeader};
pub use key_store::{HsmPlace, KeyStorePlace, KeyStoreRecord, ProxyPlace, VpcEndpointService};
pub use last_use::LastUse;
pub use material::{BackingKey, KeyMaterial, MaterialError, MaterialId};
pub use record::{
    AliasRecord, Import, KeyRecord, MaterialRecord, MultiRegion, Rotation, RotationSchedule,
    StoreMembership, Transition,
};
pub use root::{LocalRootKey, RootKey, RootKeyError};
pub use sealed::{RecordError, domain_number, open, seal};
pub use state::{StateClass, StateRefusal, admits};
pub use trail::{
    BucketRecord, BucketStanding, DeliveredDigest, DeliveredFile, DeliveryRecord, EventSelector,
    JournalCursor, PendingRound, ShippingRecord, TrailKeyRecord, TrailRecord,
};
