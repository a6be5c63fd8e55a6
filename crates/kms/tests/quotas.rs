//! What the rows say of quotas, beside AWS's table.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use strongroom_engine::demands::Counted;
use strongroom_kms::{OperationName, demands};

/// AWS KMS Developer Guide, "Request quotas for each AWS KMS API operation": requests a second of
/// the operations that have a quota of their own.
const OF_ITS_OWN: &[(u32, &[&str])] = &[
    (1, &["GetParametersForImport"]),
    (
        5,
        &[
            "CancelKeyDeletion",
            "ConnectCustomKeyStore",
            "CreateAlias",
            "CreateCustomKeyStore",
            "CreateKey",
            "DeleteCustomKeyStore",
            "DescribeCustomKeyStores",
            "DisableKey",
            "DisableKeyRotation",
            "DisconnectCustomKeyStore",
            "EnableKey",
            "GetKeyLastUsage",
            "ReplicateKey",
            "RotateKeyOnDemand",
            "UntagResource",
            "UpdateAlias",
            "UpdateCustomKeyStore",
            "UpdateKeyDescription",
            "UpdatePrimaryRegion",
        ],
    ),
    (10, &["TagResource"]),
    (
        15,
        &[
            "DeleteAlias",
            "DeleteImportedKeyMaterial",
            "EnableKeyRotation",
            "ImportKeyMaterial",
            "PutKeyPolicy",
            "ScheduleKeyDeletion",
        ],
    ),
    (50, &["CreateGrant", "RetireGrant", "RevokeGrant"]),
    (100, &["ListGrants", "ListKeyPolicies", "ListKeyRotations", "ListRetirableGrants"]),
    (500, &["ListAliases", "ListKeys"]),
    (1000, &["GetKeyPolicy", "GetKeyRotationStatus"]),
    (2000, &["DescribeKey", "GetPublicKey", "ListResourceTags"]),
];

/// Those that share quotas by the kind of their keys; `Encapsulate` and `Decapsulate` are not in the
/// table.
const BY_KEY: &[&str] = &[
    "Decapsulate",
    "Decrypt",
    "DeriveSharedSecret",
    "Encapsulate",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
];

#[test]
fn every_operation_is_counted_as_the_table_says() {
    let own: BTreeMap<&str, u32> = OF_ITS_OWN
        .iter()
        .flat_map(|(each_second, names)| names.iter().map(|name| (*name, *each_second)))
        .collect();
    for name in OperationName::ALL {
        let row = demands(*name);
        let expected = own.get(row.name).copied();
        match row.counted {
            Counted::Own(each_second) => assert_eq!(Some(each_second), expected, "{}", row.name),
            Counted::AlsoIn { own, region, operation, times } => {
                assert_eq!(Some(own), expected, "{}", row.name);
                let there = (row.name, region, operation, times);
                assert!(
                    [
                        ("ReplicateKey", "ReplicaRegion", "CreateKey", 2),
                        ("UpdatePrimaryRegion", "PrimaryRegion", "UpdatePrimaryRegion", 1)
                    ]
                    .contains(&there),
                    "{there:?}"
                );
                // The member is one of its fields.
                assert!(row.fields.iter().any(|field| field.name == region));
            }
            Counted::ByKey => assert!(BY_KEY.contains(&row.name), "{}", row.name),
            Counted::Random => assert_eq!(row.name, "GenerateRandom"),
            Counted::ByPair => assert!(row.name.starts_with("GenerateDataKeyPair")),
            Counted::Shared(_) => panic!("{} shares a quota that KMS does not have", row.name),
        }
    }
    let listed = own.len() + BY_KEY.len() + 3;
    assert_eq!(listed, OperationName::ALL.len(), "an operation is listed that is not served");
}
