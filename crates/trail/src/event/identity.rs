//! `userIdentity`.
//!
//! Source: AWS CloudTrail User Guide, "CloudTrail userIdentity element".

use super::copy::Copy;
use super::digits;
use super::json::Json;
use strongroom_engine::audit::{Identity, SessionContext};

pub(super) fn write(copy: &Copy<'_>, json: &mut Json) {
    json.name("userIdentity");
    json.open();
    match &copy.record.identity {
        None => {
            json.plain_member("accountId", &digits::account(copy.account));
            json.member("invokedBy", "AWS Internal");
        }
        // One account is not told the names of another's users and roles.
        Some(who) if !copy.is_callers() => {
            json.member("type", "AWSAccount");
            json.member("principalId", &who.id);
            json.plain_member("accountId", &digits::account(copy.record.account));
        }
        Some(who) if who.kind == "WebIdentityUser" => {
            json.member("type", &who.kind);
            json.member("principalId", &who.id);
            json.some_member("userName", who.user_name.as_deref());
            json.member("identityProvider", &who.arn);
        }
        Some(who) if who.kind == "AWSService" => {
            json.member("type", &who.kind);
            json.member("invokedBy", &who.id);
        }
        Some(who) => own(copy, who, json),
    }
    json.close();
}

fn own(copy: &Copy<'_>, who: &Identity, json: &mut Json) {
    json.member("type", &who.kind);
    // Of refused credentials it is not known who holds them.
    if !who.id.is_empty() {
        json.member("principalId", &who.id);
        json.member("arn", &who.arn);
    }
    json.plain_member("accountId", &digits::account(copy.record.account));
    if !who.access_key.is_empty() {
        json.member("accessKeyId", &who.access_key);
    }
    json.some_member("userName", who.user_name.as_deref());
    if let Some(context) = &who.session {
        json.name("sessionContext");
        json.open();
        session(copy, who, context, json);
        json.close();
    }
}

fn session(copy: &Copy<'_>, who: &Identity, context: &SessionContext, json: &mut Json) {
    let account = copy.record.account;
    let issuer = match (&context.role, &context.maker) {
        (Some(role), _) => Some(("Role", role)),
        (None, Some(user)) => Some(("IAMUser", user)),
        (None, None) => None,
    };
    if let Some((kind, (id, arn, name))) = issuer {
        json.name("sessionIssuer");
        json.open();
        json.member("type", kind);
        json.member("principalId", id);
        json.member("arn", arn);
        json.plain_member("accountId", &digits::account(account));
        json.member("userName", name);
        json.close();
    } else if who.kind == "FederatedUser" {
        json.name("sessionIssuer");
        json.open();
        json.member("type", "Root");
        json.plain_member("principalId", &digits::account(account));
        json.member("arn", &format!("arn:{}:iam::{account}:root", copy.partition));
        json.plain_member("accountId", &digits::account(account));
        json.close();
    }
    if let Some(provider) = &context.provider {
        json.name("webIdFederationData");
        json.open();
        json.member("federatedProvider", provider);
        json.name("attributes");
        json.open();
        json.close();
        json.close();
    }
    json.name("attributes");
    json.open();
    json.member("creationDate", copy.issued);
    json.member("mfaAuthenticated", "false");
    json.close();
    json.some_member("sourceIdentity", context.source_identity.as_deref());
}

/// The name that the caller is looked up by: of a session, its own.
pub(super) fn user_name<'r>(copy: &Copy<'r>) -> Option<&'r str> {
    let who = copy.record.identity.as_ref().filter(|_| copy.is_callers())?;
    match who.kind.as_str() {
        "Root" => Some("root"),
        "AssumedRole" | "FederatedUser" => who.id.split_once(':').map(|(_, name)| name),
        _ => who.user_name.as_deref(),
    }
}
