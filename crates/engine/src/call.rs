//! One authenticated request.

use crate::identity::Authority;
use crate::stages::Stages;
use std::net::IpAddr;
use std::sync::Arc;
use strongroom_types::{AccountId, Principal, Region, Timestamp};

/// An authenticated caller, and what it may of itself. Only [`crate::Engine::authenticate`] makes one,
/// from a verified signature, or from a token that an identity provider has signed.
#[derive(Debug, Clone)]
pub struct Caller {
    pub(crate) principal: Principal,
    pub(crate) account: AccountId,
    pub(crate) access_key: String,
    pub(crate) region: Region,
    /// The server's, whatever Region the request is signed for: a policy that names somebody cannot
    /// be left behind by signing for another.
    pub(crate) partition: &'static str,
    pub(crate) authority: Arc<Authority>,
}

impl Caller {
    /// Who it is.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The account it acts in.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The access key that signed the request.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The Region that the request was signed for, and is served in.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }
}

/// An authenticated request, apart from its input.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who asks.
    pub caller: Caller,
    /// The one time that the whole request sees.
    pub time: Timestamp,
    /// Its identifier, the `x-amzn-RequestId` of the answer.
    pub id: RequestId,
    /// How it arrived.
    pub origin: Arrival,
    /// Where it is noted when its stages were over, if somebody traces it.
    pub stages: Option<Arc<Stages>>,
}

/// A request's identifier: a version 4 UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub [u8; 16]);

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&strongroom_types::KeyId::from_parts(false, self.0), f)
    }
}

/// How a request arrived; for policies and the audit record.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Address of the peer.
    pub source: IpAddr,
    /// `User-Agent`, cut to 1 KiB.
    pub user_agent: String,
    /// TLS version and cipher suite, by CloudTrail's names; `None` for plain HTTP.
    pub tls: Option<(&'static str, &'static str)>,
    /// The `Host` header.
    pub host: String,
}
