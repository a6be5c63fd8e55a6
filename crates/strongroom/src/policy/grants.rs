//! Grants from files, as ListGrants answers them.

use super::document::read;
use crate::terminal::Failure;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use strongroom_keys::{GrantTerms, Party};
use strongroom_policy::{ContextConstraint, Grant, GrantParty};
use strongroom_types::{AccountId, KeyArn};

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

/// The party that is given; nothing if none is, or both are.
fn party(principal: Option<String>, service: Option<String>) -> Option<Party> {
    match (principal, service) {
        (Some(arn), None) => Some(Party::Principal(arn)),
        (None, Some(name)) => Some(Party::Service(name)),
        _ => None,
    }
}

/// How decisions see a party. Which unique id a name stood for is in no file.
fn shown(party: &Party) -> GrantParty<'_> {
    match party {
        Party::Principal(arn) => GrantParty::Principal { arn, id: None },
        Party::Service(name) => GrantParty::Service(name),
    }
}

/// A grant that was read.
pub(super) struct Read {
    id: String,
    terms: GrantTerms,
    issuer: AccountId,
}

/// The grants in `files` that are on `key`, or on no key that is named.
pub(super) fn load(files: &[PathBuf], key: &KeyArn) -> Result<Vec<Read>, Failure> {
    let mut grants = Vec::new();
    for path in files {
        parse(&read(path)?, path, key, &mut grants)?;
    }
    Ok(grants)
}

/// Adds the grants in the text of the file at `path` that are on `key`, or on no key that is named.
pub(super) fn parse(
    text: &str,
    path: &Path,
    key: &KeyArn,
    grants: &mut Vec<Read>,
) -> Result<(), Failure> {
    let file: File = serde_json::from_str(text).map_err(|why| Failure::of(path.display(), why))?;
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
    Ok(())
}

impl Read {
    fn new(entry: Entry, number: usize, path: &Path, key: &KeyArn) -> Result<Self, Failure> {
        let failed = |why: &str| Failure::of(path.display(), format!("grant {number}: {why}"));
        let grantee = party(entry.grantee_principal, entry.grantee_service_principal);
        let one = "one of GranteePrincipal and GranteeServicePrincipal is needed";
        let grantee = grantee.ok_or_else(|| failed(one))?;
        let Constraints { encryption_context_subset, encryption_context_equals, source_arn } =
            entry.constraints;
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
        let retiring = party(entry.retiring_principal, entry.retiring_service_principal);
        let terms = GrantTerms {
            grantee,
            retiring,
            operations,
            context_subset: encryption_context_subset,
            context_equals: encryption_context_equals,
            source_arn,
            name: None,
            grantee_id: None,
            retiring_id: None,
        };
        Ok(Self { id, terms, issuer })
    }

    pub(super) fn terms(&self) -> &GrantTerms {
        &self.terms
    }

    pub(super) fn view(&self) -> Grant<'_> {
        let terms = &self.terms;
        let subset = terms.context_subset.as_ref().map(ContextConstraint::Subset);
        let equals = terms.context_equals.as_ref().map(ContextConstraint::Equals);
        Grant {
            id: &self.id,
            grantee: shown(&terms.grantee),
            retiring: terms.retiring.as_ref().map(shown),
            operations: &terms.operations,
            context: subset.or(equals),
            source_arn: terms.source_arn.as_deref(),
            issuer: self.issuer,
            by_token: false,
        }
    }
}
