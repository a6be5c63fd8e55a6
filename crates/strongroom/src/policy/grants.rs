//! Grants from files, as ListGrants answers them.

use super::document::read;
use crate::terminal::Failure;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use strongroom_policy::{ContextConstraint, Grant, GrantParty};
use strongroom_types::{AccountId, GrantOperation, KeyArn};

/// A page of grants, or a single one.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Page {
        #[serde(rename = "Grants")]
        grants: Vec<Entry>,
    },
    One(Box<Entry>),
}

/// `GrantListEntry`, or the input of CreateGrant; members that decide nothing are not read.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    key_id: Option<String>,
    grant_id: Option<String>,
    issuing_account: Option<String>,
    grantee_principal: Option<String>,
    grantee_service_principal: Option<String>,
    retiring_principal: Option<String>,
    retiring_service_principal: Option<String>,
    operations: Vec<String>,
    #[serde(default)]
    constraints: Constraints,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Constraints {
    encryption_context_subset: Option<BTreeMap<String, String>>,
    encryption_context_equals: Option<BTreeMap<String, String>>,
    source_arn: Option<String>,
}

/// A party, by ARN or by name.
enum Party {
    Principal(String),
    Service(String),
}

impl Party {
    /// The one that is given; nothing if none is, or both are.
    fn of(principal: Option<String>, service: Option<String>) -> Option<Self> {
        match (principal, service) {
            (Some(arn), None) => Some(Self::Principal(arn)),
            (None, Some(name)) => Some(Self::Service(name)),
            _ => None,
        }
    }

    fn view(&self) -> GrantParty<'_> {
        match self {
            Self::Principal(arn) => GrantParty::Principal(arn),
            Self::Service(name) => GrantParty::Service(name),
        }
    }
}

/// A grant that was read.
pub(super) struct Read {
    grantee: Party,
    retiring: Option<Party>,
    constraints: Constraints,
    id: String,
    operations: Vec<GrantOperation>,
    issuer: AccountId,
}

/// The grants in `files` that are on `key`, or on no key that is named.
pub(super) fn load(files: &[PathBuf], key: &KeyArn) -> Result<Vec<Read>, Failure> {
    let mut grants = Vec::new();
    for path in files {
        let text = read(path)?;
        let file: File =
            serde_json::from_str(&text).map_err(|why| Failure::of(path.display(), why))?;
        let entries = match file {
            File::Page { grants } => grants,
            File::One(entry) => vec![*entry],
        };
        for entry in entries {
            let own = |named: &String| *named == key.to_string() || *named == key.key.to_string();
            if entry.key_id.as_ref().is_none_or(own) {
                let number = grants.len();
                grants.push(Read::new(entry, number, path, key)?);
            }
        }
    }
    Ok(grants)
}

impl Read {
    fn new(entry: Entry, number: usize, path: &Path, key: &KeyArn) -> Result<Self, Failure> {
        let failed = |why: &str| Failure::of(path.display(), format!("grant {number}: {why}"));
        let grantee = Party::of(entry.grantee_principal, entry.grantee_service_principal);
        let one = "one of GranteePrincipal and GranteeServicePrincipal is needed";
        let grantee = grantee.ok_or_else(|| failed(one))?;
        let constraints = entry.constraints;
        let Constraints { encryption_context_subset, encryption_context_equals, .. } = &constraints;
        if encryption_context_subset.is_some() && encryption_context_equals.is_some() {
            return Err(failed("two constraints of the encryption context exclude each other"));
        }
        let operation = |name: &String| {
            name.parse().map_err(|_| failed(&format!("`{name}` is no operation of a grant")))
        };
        let operations = entry.operations.iter().map(operation).collect::<Result<_, _>>()?;
        let issuer = match &entry.issuing_account {
            Some(arn) => arn
                .split(':')
                .find_map(|part| part.parse().ok())
                .ok_or_else(|| failed("IssuingAccount names no account"))?,
            None => key.account,
        };
        let id = entry.grant_id.unwrap_or_else(|| format!("{number} of the files"));
        let retiring = Party::of(entry.retiring_principal, entry.retiring_service_principal);
        Ok(Self { grantee, retiring, constraints, id, operations, issuer })
    }

    pub(super) fn view(&self) -> Grant<'_> {
        let Constraints { encryption_context_subset, encryption_context_equals, source_arn } =
            &self.constraints;
        let subset = encryption_context_subset.as_ref().map(ContextConstraint::Subset);
        let equals = encryption_context_equals.as_ref().map(ContextConstraint::Equals);
        Grant {
            id: &self.id,
            grantee: self.grantee.view(),
            retiring: self.retiring.as_ref().map(Party::view),
            operations: &self.operations,
            context: subset.or(equals),
            source_arn: source_arn.as_deref(),
            issuer: self.issuer,
            by_token: false,
        }
    }
}
