//! Keys: what names them, what they are, when they go, and where their replicas are.

use super::{matching, name, open, patterns, text};
use crate::shape::Kind::{Integer, List};
use crate::shape::Shape;
use crate::{KeySpec, KeyUsage, Origin};

/// Key id, key ARN, alias name or alias ARN.
pub const KEY_ID: Shape = text("KeyIdType", 1, 2048);
/// Description of a key.
pub const DESCRIPTION: Shape = text("DescriptionType", 0, 8192);
/// Type of key material.
pub const KEY_SPEC: Shape = name("KeySpec", KeySpec::NAMES);
/// The deprecated twin of [`KEY_SPEC`], which stops at SM2.
pub const CUSTOMER_MASTER_KEY_SPEC: Shape = name(
    "CustomerMasterKeySpec",
    &[
        "RSA_2048",
        "RSA_3072",
        "RSA_4096",
        "ECC_NIST_P256",
        "ECC_NIST_P384",
        "ECC_NIST_P521",
        "ECC_SECG_P256K1",
        "SYMMETRIC_DEFAULT",
        "HMAC_224",
        "HMAC_256",
        "HMAC_384",
        "HMAC_512",
        "SM2",
    ],
);
/// What a key is for.
pub const KEY_USAGE: Shape = name("KeyUsageType", KeyUsage::NAMES);
/// Where key material comes from.
pub const ORIGIN: Shape = name("OriginType", Origin::NAMES);
/// Waiting period before deletion; the API further restricts it to 7–30.
pub const PENDING_WINDOW: Shape = open("PendingWindowInDaysType", Integer { min: 1, max: 365 });
/// Whose keys ListKeys shows.
pub const RESOURCE_OWNERS: Shape =
    open("ResourceOwnersList", List { member: &RESOURCE_OWNER, min: 1, max: 2 });
const RESOURCE_OWNER: Shape = name("ResourceOwnerType", &["SELF", "OTHER_ACCOUNTS_VIA_RAM"]);
/// The Region of a replica.
pub const REGION: Shape = matching("RegionType", 1, 32, &patterns::REGION);
