//! Grants.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{
    GRANT_CONSTRAINTS, GRANT_ID, GRANT_NAME, GRANT_OPERATIONS, GRANT_TOKEN, GRANT_TOKENS, KEY_ID,
    LIMIT, MARKER, NULLABLE_BOOLEAN, PRINCIPAL_ID, SERVICE_PRINCIPAL,
};

pub(crate) const CREATE_GRANT: Fields = &[
    required("KeyId", &KEY_ID),
    optional("GranteePrincipal", &PRINCIPAL_ID),
    optional("RetiringPrincipal", &PRINCIPAL_ID),
    required("Operations", &GRANT_OPERATIONS),
    optional("Constraints", &GRANT_CONSTRAINTS),
    optional("GrantTokens", &GRANT_TOKENS),
    optional("Name", &GRANT_NAME),
    optional("DryRun", &NULLABLE_BOOLEAN),
    optional("GranteeServicePrincipal", &SERVICE_PRINCIPAL),
    optional("RetiringServicePrincipal", &SERVICE_PRINCIPAL),
];

pub(crate) const LIST_GRANTS: Fields = &[
    optional("Limit", &LIMIT),
    optional("Marker", &MARKER),
    required("KeyId", &KEY_ID),
    optional("GrantId", &GRANT_ID),
    optional("GranteePrincipal", &PRINCIPAL_ID),
    optional("GranteeServicePrincipal", &SERVICE_PRINCIPAL),
];

pub(crate) const LIST_RETIRABLE_GRANTS: Fields = &[
    optional("Limit", &LIMIT),
    optional("Marker", &MARKER),
    optional("RetiringPrincipal", &PRINCIPAL_ID),
    optional("RetiringServicePrincipal", &SERVICE_PRINCIPAL),
];

pub(crate) const RETIRE_GRANT: Fields = &[
    optional("GrantToken", &GRANT_TOKEN),
    optional("KeyId", &KEY_ID),
    optional("GrantId", &GRANT_ID),
    optional("DryRun", &NULLABLE_BOOLEAN),
];

pub(crate) const REVOKE_GRANT: Fields = &[
    required("KeyId", &KEY_ID),
    required("GrantId", &GRANT_ID),
    optional("DryRun", &NULLABLE_BOOLEAN),
];
