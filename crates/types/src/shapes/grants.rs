//! Grants and grant tokens.

use super::{ENCRYPTION_CONTEXT, UNBOUNDED, matching, name, open, patterns, text, withheld};
use crate::GrantOperation;
use crate::shape::Kind::{List, Structure, Text};
use crate::shape::{Field, Shape, optional};

/// Grant tokens.
pub const GRANT_TOKENS: Shape =
    withheld("GrantTokenList", List { member: &GRANT_TOKEN, min: 0, max: 10 });
/// A grant token.
pub const GRANT_TOKEN: Shape =
    withheld("GrantTokenType", Text { min: 1, max: 8192, pattern: None });
/// Identifier of a grant.
pub const GRANT_ID: Shape = text("GrantIdType", 1, 128);
/// Name of a grant.
pub const GRANT_NAME: Shape = matching("GrantNameType", 1, 256, &patterns::ALIAS);
/// What a grant permits.
pub const GRANT_OPERATIONS: Shape =
    open("GrantOperationList", List { member: &GRANT_OPERATION, min: 0, max: UNBOUNDED });
const GRANT_OPERATION: Shape = name("GrantOperation", GrantOperation::NAMES);
/// On what conditions a grant permits it.
pub const GRANT_CONSTRAINTS: Shape = open("GrantConstraints", Structure(GRANT_CONSTRAINT_FIELDS));
const GRANT_CONSTRAINT_FIELDS: &[Field] = &[
    optional("EncryptionContextSubset", &ENCRYPTION_CONTEXT),
    optional("EncryptionContextEquals", &ENCRYPTION_CONTEXT),
    optional("SourceArn", &SOURCE_ARN),
];
const SOURCE_ARN: Shape = matching("GrantConstraintSourceArnType", 20, 512, &patterns::SOURCE_ARN);
/// A grantee or a retiring principal, by ARN.
pub const PRINCIPAL_ID: Shape = matching("PrincipalIdType", 1, 256, &patterns::PRINCIPAL);
/// A grantee or a retiring principal that is a service.
pub const SERVICE_PRINCIPAL: Shape =
    matching("ServicePrincipalType", 1, 128, &patterns::SERVICE_PRINCIPAL);
