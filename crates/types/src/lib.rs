//! The nouns of the key management service.
//!
//! **Architecture invariant:** no I/O, no cryptography, no JSON. A value of one of these types is
//! well formed: text from outside is parsed into it once, at the edge.

mod account;
mod algorithm;
mod alias;
mod arn;
mod encryption_context;
mod error_code;
mod grant;
mod identity;
mod import;
mod inline;
mod key_id;
mod key_spec;
mod key_store;
mod names;
mod principal;
mod reference;
mod region;
mod rotation;
pub mod shape;
pub mod shapes;
mod tag;
pub mod text;
mod timestamp;
mod trail;

pub use account::AccountId;
pub use algorithm::{
    EncapsulationAlgorithm, EncryptionAlgorithm, KeyAgreementAlgorithm, MacAlgorithm, MessageType,
    SigningAlgorithm,
};
pub use alias::{AliasName, AliasNameError};
pub use arn::{AliasArn, KeyArn};
pub use encryption_context::EncryptionContext;
pub use error_code::ErrorCode;
pub use grant::GrantOperation;
pub use identity::{AccessKeyStatus, EntityArn, EntityReference, IdentityKind};
pub use import::{ExpirationModel, ImportState, ImportType, WrappingAlgorithm, WrappingKeySpec};
pub use key_id::KeyId;
pub use key_spec::{
    DataKeyPairSpec, DataKeySpec, KeyManager, KeySpec, KeyState, KeyUsage, MultiRegionKeyType,
    Origin,
};
pub use key_store::{
    ConnectionErrorCode, ConnectionState, CustomKeyStoreType, XksProxyConnectivity,
};
pub use names::{Action, UnknownName};
pub use principal::{Principal, PrincipalArn, SessionMaker};
pub use reference::{KeyReference, ReferenceError};
pub use region::Region;
pub use rotation::{IncludeKeyMaterial, KeyMaterialState, RotationType};
pub use tag::Tag;
pub use timestamp::{CivilTime, Timestamp};
pub use trail::{TrailArn, TrailName, TrailNameError, TrailReference, TrailReferenceError};
