//! What is remembered of a custom key store. `docs/records.md` lists the members by number; numbers
//! are never reused.

use crate::codec::{optional_text, secret, text, time};
use minicbor::{Decode, Encode};
use strongroom_crypto::SecretBytes;
use strongroom_types::{
    AccountId, ConnectionErrorCode, ConnectionState, CustomKeyStoreType, Region, Timestamp,
    XksProxyConnectivity,
};

/// A custom key store. It has no `Debug`: it holds what opens the store; at rest the record is
/// sealed.
#[derive(Encode, Decode)]
#[cbor(map)]
pub struct KeyStoreRecord {
    /// Account that owns it.
    #[cbor(n(0), with = "text")]
    pub account: AccountId,
    /// Region it is in.
    #[cbor(n(1), with = "text")]
    pub region: Region,
    /// Identifier within account and Region: `cks-` and 17 hexadecimal digits.
    #[n(2)]
    pub id: String,
    /// Name, 1 to 256 characters, unique in account and Region.
    #[n(3)]
    pub name: String,
    /// When it was created.
    #[cbor(n(4), with = "time")]
    pub created: Timestamp,
    /// Whether it is connected.
    #[cbor(n(5), with = "text")]
    pub connection: ConnectionState,
    /// Why not, if connecting failed.
    #[cbor(n(6), with = "optional_text")]
    pub failure: Option<ConnectionErrorCode>,
    /// Where its keys are, and what opens the way to them.
    #[n(7)]
    pub place: KeyStorePlace,
}

/// Where the keys of a custom key store are.
#[derive(Encode, Decode)]
pub enum KeyStorePlace {
    /// In an HSM.
    #[n(0)]
    Hsm(#[n(0)] HsmPlace),
    /// Behind an external key store proxy.
    #[n(1)]
    Proxy(#[n(0)] ProxyPlace),
}

/// An HSM that the configuration knows by a cluster id.
#[derive(Encode, Decode)]
#[cbor(map)]
pub struct HsmPlace {
    /// The cluster id.
    #[n(0)]
    pub cluster: String,
    /// The trust anchor certificate that was named, PEM, up to 5,000 characters.
    #[n(1)]
    pub trust_anchor: String,
    /// Password of the HSM's user, 7 to 32 characters.
    #[cbor(n(2), with = "secret")]
    pub password: SecretBytes,
}

/// An external key store proxy.
#[derive(Encode, Decode)]
#[cbor(map)]
pub struct ProxyPlace {
    /// `https://` and a host.
    #[n(0)]
    pub endpoint: String,
    /// Path prefix, which ends in `/kms/xks/v1`.
    #[n(1)]
    pub path: String,
    /// How it is reached.
    #[cbor(n(2), with = "text")]
    pub connectivity: XksProxyConnectivity,
    /// Access key id of the proxy.
    #[n(3)]
    pub access_key: String,
    /// Secret access key of the proxy.
    #[cbor(n(4), with = "secret")]
    pub secret: SecretBytes,
    /// The VPC endpoint service, for that connectivity.
    #[n(5)]
    pub service: Option<VpcEndpointService>,
}

/// A VPC endpoint service.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct VpcEndpointService {
    /// Its name.
    #[n(0)]
    pub name: String,
    /// The account that owns it.
    #[cbor(n(1), with = "text")]
    pub owner: AccountId,
}

impl KeyStoreRecord {
    /// What kind of store it is.
    #[must_use]
    pub fn kind(&self) -> CustomKeyStoreType {
        match self.place {
            KeyStorePlace::Hsm(_) => CustomKeyStoreType::AwsCloudHsm,
            KeyStorePlace::Proxy(_) => CustomKeyStoreType::ExternalKeyStore,
        }
    }

    /// The cluster id of its HSM, if it has one.
    #[must_use]
    pub fn cluster(&self) -> Option<&str> {
        match &self.place {
            KeyStorePlace::Hsm(hsm) => Some(&hsm.cluster),
            KeyStorePlace::Proxy(_) => None,
        }
    }
}
