//! `GrantListEntry`, as ListGrants and ListRetirableGrants answer it.

use strongroom_engine::reply::Reply;
use strongroom_keys::{GrantRecord, Party};
use strongroom_types::KeyArn;

/// A grant on `key`, with the members that AWS sends for it and no others.
pub(super) fn entry(key: &KeyArn, grant: &GrantRecord) -> Reply {
    let terms = &grant.terms;
    let retiring = terms.retiring.as_ref();
    let text = |party: Option<&str>| party.map(str::to_owned);
    Reply::empty()
        .with("KeyId", key.to_string())
        .with("GrantId", grant.id.clone())
        .with("Name", terms.name.clone().unwrap_or_default())
        .with("CreationDate", grant.created)
        .with_some("GranteePrincipal", text(terms.grantee.principal()))
        .with_some("RetiringPrincipal", text(retiring.and_then(Party::principal)))
        .with("IssuingAccount", format!("arn:aws:iam::{}:root", grant.issuer))
        .with(
            "Operations",
            terms
                .operations
                .iter()
                .map(|one| one.name().into())
                .collect::<strongroom_engine::reply::Out>(),
        )
        .with_some("Constraints", constraints(grant))
        .with_some("GranteeServicePrincipal", text(terms.grantee.service()))
        .with_some("RetiringServicePrincipal", text(retiring.and_then(Party::service)))
}

fn constraints(grant: &GrantRecord) -> Option<Reply> {
    let terms = &grant.terms;
    let any = terms.context_subset.is_some()
        || terms.context_equals.is_some()
        || terms.source_arn.is_some();
    any.then(|| {
        Reply::empty()
            .with_some("EncryptionContextSubset", terms.context_subset.clone())
            .with_some("EncryptionContextEquals", terms.context_equals.clone())
            .with_some("SourceArn", terms.source_arn.clone())
    })
}
