//! The walk of IAM's operations: every operation, whatever it is, through everything that must hold
//! of all. It is driven by the table; there is no list of exceptions, and none may be added.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use strongroom_engine::demands::{Demands, Effect};
use strongroom_iam::{IamOperation, iam_demands};
use strongroom_testkit::{Answer, Client, Kit, Port, World};

const AWS: &str = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
const POLICY: &str = "arn:aws:iam::111122223333:policy/use";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/id.example.com";
const TRUST: &str = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}"#;
const DOCUMENT: &str = r#"{"Statement":{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"}}"#;

type Parameters = Vec<(String, String)>;

/// `Name=value` pairs, separated by spaces; `{t}` and `{d}` stand for documents, `{p}`, `{o}` and
/// `{k}` for the scene's policy, provider and access key.
fn parameters(text: &str, access_key: &str) -> Parameters {
    let filled = |value: &str| {
        let value = value.replace("{t}", TRUST).replace("{d}", DOCUMENT).replace("{k}", access_key);
        value.replace("{p}", POLICY).replace("{o}", PROVIDER).replace("{a}", AWS)
    };
    let pairs = text.split_whitespace().map(|pair| pair.split_once('=').expect("name=value"));
    pairs.map(|(name, value)| (name.to_owned(), filled(value))).collect()
}

/// What is there before each sample: a user `ann` with all that a user can have, the group `staff`
/// that she is in, the role `ops`, the policy `use`, a provider; and what is there to be deleted.
const SCENE: &[&str] = &[
    "CreatePolicy PolicyName=use PolicyDocument={d} Tags.member.1.Key=t Tags.member.1.Value=v",
    "CreatePolicyVersion PolicyArn={p} PolicyDocument={d}",
    "CreatePolicy PolicyName=bare PolicyDocument={d}",
    "CreateUser UserName=ann PermissionsBoundary={a} Tags.member.1.Key=t Tags.member.1.Value=v",
    "CreateUser UserName=bare",
    "CreateGroup GroupName=staff",
    "CreateGroup GroupName=bare",
    "AddUserToGroup GroupName=staff UserName=ann",
    "CreateRole RoleName=ops AssumeRolePolicyDocument={t} PermissionsBoundary={a} \
     Tags.member.1.Key=t Tags.member.1.Value=v",
    "CreateRole RoleName=bare AssumeRolePolicyDocument={t}",
    "PutUserPolicy UserName=ann PolicyName=own PolicyDocument={d}",
    "PutGroupPolicy GroupName=staff PolicyName=own PolicyDocument={d}",
    "PutRolePolicy RoleName=ops PolicyName=own PolicyDocument={d}",
    "AttachUserPolicy UserName=ann PolicyArn={a}",
    "AttachGroupPolicy GroupName=staff PolicyArn={a}",
    "AttachRolePolicy RoleName=ops PolicyArn={a}",
    "CreateAccountAlias AccountAlias=the-alias",
    "CreateOpenIDConnectProvider Url=https://id.example.com ClientIDList.member.1=app \
     Tags.member.1.Key=t Tags.member.1.Value=v",
];

/// A sample request of each operation.
const SAMPLES: &[&str] = &[
    "AddClientIDToOpenIDConnectProvider OpenIDConnectProviderArn={o} ClientID=other",
    "AddUserToGroup GroupName=bare UserName=ann",
    "AttachGroupPolicy GroupName=bare PolicyArn={p}",
    "AttachRolePolicy RoleName=bare PolicyArn={p}",
    "AttachUserPolicy UserName=bare PolicyArn={p}",
    "CreateAccessKey UserName=bare",
    "CreateAccountAlias AccountAlias=another",
    "CreateGroup GroupName=new",
    "CreateOpenIDConnectProvider Url=https://another.example.com",
    "CreatePolicy PolicyName=new PolicyDocument={d}",
    "CreatePolicyVersion PolicyArn={p} PolicyDocument={d} SetAsDefault=true",
    "CreateRole RoleName=new AssumeRolePolicyDocument={t}",
    "CreateUser UserName=new",
    "DeleteAccessKey UserName=ann AccessKeyId={k}",
    "DeleteAccountAlias AccountAlias=the-alias",
    "DeleteGroup GroupName=bare",
    "DeleteGroupPolicy GroupName=staff PolicyName=own",
    "DeleteOpenIDConnectProvider OpenIDConnectProviderArn={o}",
    "DeletePolicy PolicyArn=arn:aws:iam::111122223333:policy/bare",
    "DeletePolicyVersion PolicyArn={p} VersionId=v2",
    "DeleteRole RoleName=bare",
    "DeleteRolePermissionsBoundary RoleName=ops",
    "DeleteRolePolicy RoleName=ops PolicyName=own",
    "DeleteUser UserName=bare",
    "DeleteUserPermissionsBoundary UserName=ann",
    "DeleteUserPolicy UserName=ann PolicyName=own",
    "DetachGroupPolicy GroupName=staff PolicyArn={a}",
    "DetachRolePolicy RoleName=ops PolicyArn={a}",
    "DetachUserPolicy UserName=ann PolicyArn={a}",
    "GetAccessKeyLastUsed AccessKeyId={k}",
    "GetAccountAuthorizationDetails",
    "GetAccountSummary",
    "GetContextKeysForCustomPolicy PolicyInputList.member.1={d}",
    "GetContextKeysForPrincipalPolicy PolicySourceArn=arn:aws:iam::111122223333:group/staff",
    "GetGroup GroupName=staff",
    "GetGroupPolicy GroupName=staff PolicyName=own",
    "GetOpenIDConnectProvider OpenIDConnectProviderArn={o}",
    "GetPolicy PolicyArn={p}",
    "GetPolicyVersion PolicyArn={p} VersionId=v1",
    "GetRole RoleName=ops",
    "GetRolePolicy RoleName=ops PolicyName=own",
    "GetUser UserName=ann",
    "GetUserPolicy UserName=ann PolicyName=own",
    "ListAccessKeys UserName=ann",
    "ListAccountAliases",
    "ListAttachedGroupPolicies GroupName=staff",
    "ListAttachedRolePolicies RoleName=ops",
    "ListAttachedUserPolicies UserName=ann",
    "ListEntitiesForPolicy PolicyArn={a}",
    "ListGroupPolicies GroupName=staff",
    "ListGroups",
    "ListGroupsForUser UserName=ann",
    "ListOpenIDConnectProviderTags OpenIDConnectProviderArn={o}",
    "ListOpenIDConnectProviders",
    "ListPolicies",
    "ListPolicyTags PolicyArn={p}",
    "ListPolicyVersions PolicyArn={p}",
    "ListRolePolicies RoleName=ops",
    "ListRoles",
    "ListRoleTags RoleName=ops",
    "ListUserPolicies UserName=ann",
    "ListUsers",
    "ListUserTags UserName=ann",
    "PutGroupPolicy GroupName=bare PolicyName=new PolicyDocument={d}",
    "PutRolePermissionsBoundary RoleName=bare PermissionsBoundary={p}",
    "PutRolePolicy RoleName=bare PolicyName=new PolicyDocument={d}",
    "PutUserPermissionsBoundary UserName=bare PermissionsBoundary={p}",
    "PutUserPolicy UserName=bare PolicyName=new PolicyDocument={d}",
    "RemoveClientIDFromOpenIDConnectProvider OpenIDConnectProviderArn={o} ClientID=app",
    "RemoveUserFromGroup GroupName=staff UserName=ann",
    "SetDefaultPolicyVersion PolicyArn={p} VersionId=v2",
    "SimulateCustomPolicy PolicyInputList.member.1={d} ActionNames.member.1=s3:GetObject",
    "SimulatePrincipalPolicy PolicySourceArn=arn:aws:iam::111122223333:user/ann \
     ActionNames.member.1=kms:Decrypt",
    "TagOpenIDConnectProvider OpenIDConnectProviderArn={o} Tags.member.1.Key=a Tags.member.1.Value=b",
    "TagPolicy PolicyArn={p} Tags.member.1.Key=a Tags.member.1.Value=b",
    "TagRole RoleName=ops Tags.member.1.Key=a Tags.member.1.Value=b",
    "TagUser UserName=ann Tags.member.1.Key=a Tags.member.1.Value=b",
    "UntagOpenIDConnectProvider OpenIDConnectProviderArn={o} TagKeys.member.1=t",
    "UntagPolicy PolicyArn={p} TagKeys.member.1=t",
    "UntagRole RoleName=ops TagKeys.member.1=t",
    "UntagUser UserName=ann TagKeys.member.1=t",
    "UpdateAccessKey UserName=ann AccessKeyId={k} Status=Inactive",
    "UpdateAssumeRolePolicy RoleName=ops PolicyDocument={t}",
    "UpdateGroup GroupName=staff NewGroupName=crew",
    "UpdateOpenIDConnectProviderThumbprint OpenIDConnectProviderArn={o} \
     ThumbprintList.member.1=0123456789012345678901234567890123456789",
    "UpdateRole RoleName=ops Description=new",
    "UpdateRoleDescription RoleName=ops Description=new",
    "UpdateUser UserName=ann NewUserName=anna",
];

fn iam(kit: &Kit, client: &Client, text: &str, access_key: &str) -> Answer {
    let (action, rest) = text.split_once(' ').unwrap_or((text, ""));
    kit.block_on(client.query("iam", action, &parameters(rest, access_key)))
}

/// The world of the scene; the access keys of `ann`, and of `joe`, who may nothing.
fn scene() -> (World, String, (String, String)) {
    let kit = Kit::new();
    let owner = kit.owner();
    SCENE.iter().for_each(|text| drop(iam(&kit, &owner, text, "").ok()));
    let ann = iam(&kit, &owner, "CreateAccessKey UserName=ann", "").ok().element("AccessKeyId");
    let _ = iam(&kit, &owner, "CreateUser UserName=joe", "").ok();
    let joe = iam(&kit, &owner, "CreateAccessKey UserName=joe", "").ok();
    let joe = (joe.element("AccessKeyId"), joe.element("SecretAccessKey"));
    drop(owner);
    (kit.stop(), ann, joe)
}

fn walk(mut each: impl FnMut(&'static Demands, &str, &World, &str, &dyn Fn(&Kit) -> Client)) {
    let (world, ann, (id, secret)) = scene();
    for &name in IamOperation::ALL {
        let sample = SAMPLES.iter().find(|text| text.split(' ').next() == Some(name.name()));
        let sample = sample.unwrap_or_else(|| panic!("no sample of {}", name.name()));
        let joe = |kit: &Kit| {
            let mut joe = kit.owner();
            (joe.access_key, joe.secret) = (id.clone(), secret.clone());
            joe
        };
        assert_eq!(iam_demands(name).name, name.name());
        assert_eq!(IamOperation::parse(name.name()), Some(name));
        each(iam_demands(name), sample, &world, &ann, &joe);
    }
    assert_eq!(SAMPLES.len(), IamOperation::ALL.len());
}

#[test]
fn each_is_served_and_changes_something_only_if_it_says_so() {
    walk(|demands, sample, world, ann, _| {
        let kit = world.snapshot().open().unwrap();
        let before = kit.world.contents();
        let answer = iam(&kit, &kit.owner(), sample, ann);
        assert!(answer.is_ok(), "{sample}: {}", answer.text());
        let changed = kit.world.contents() != before;
        assert_eq!(changed, demands.effect == Effect::Change, "{sample}");
        let records = kit.records_of(&answer);
        assert_eq!(records.len(), 1, "{sample}");
        assert_eq!(
            (records[0].service.as_str(), records[0].operation.as_str()),
            ("iam", demands.name)
        );
        assert_eq!(records[0].read_only, !changed, "{sample}");
        let secret = answer.element("SecretAccessKey");
        if !secret.is_empty() {
            let trail = kit.trail_bytes();
            assert!(!strongroom_testkit::contains(&trail, secret.as_bytes()));
            assert!(!strongroom_testkit::contains(&kit.world.bytes_at_rest(), secret.as_bytes()));
        }
    });
}

#[test]
fn nobody_is_served_who_has_not_signed() {
    walk(|_, sample, world, ann, joe| {
        let kit = world.snapshot().open().unwrap();
        let before = kit.world.store.entries();
        let mut liar = kit.owner();
        liar.secret.push('x');
        let mut nobody = kit.owner();
        nobody.access_key = "AKIANOBODYKNOWSTHIS1".to_owned();
        let mut tokened = joe(&kit);
        tokened.token = Some("token".to_owned());
        for (client, code) in [
            (liar, "SignatureDoesNotMatch"),
            (nobody, "InvalidClientTokenId"),
            (tokened, "InvalidClientTokenId"),
        ] {
            let answer = iam(&kit, &client, sample, ann);
            assert_eq!((answer.status, answer.element("Code").as_str()), (403, code), "{sample}");
        }
        assert_eq!(kit.world.store.entries(), before, "{sample}");
    });
}

/// Each operation takes its own permission, of whatever there is, and no other.
#[test]
fn each_takes_its_own_permission() {
    walk(|demands, sample, world, ann, joe| {
        let action = format!("iam:{}", demands.name);
        let kit = world.snapshot().open().unwrap();
        let before = kit.world.contents();
        let refused = iam(&kit, &joe(&kit), sample, ann);
        assert_eq!(
            (refused.status, refused.element("Code").as_str()),
            (403, "AccessDenied"),
            "{sample}"
        );
        let start = format!(
            "User: arn:aws:iam::111122223333:user/joe is not authorized to perform: {action} on resource: "
        );
        let end = format!("because no identity-based policy allows the {action} action");
        let message = refused.element("Message");
        assert!(message.starts_with(&start) && message.ends_with(&end), "{sample}: {message}");
        assert_eq!(kit.world.contents(), before, "{sample}");
        assert_eq!(
            kit.records_of(&refused)[0].error_code.as_deref(),
            Some("AccessDeniedException")
        );

        let give = |document: String| {
            let owner = kit.owner();
            let given = [("UserName", "joe"), ("PolicyName", "p"), ("PolicyDocument", &document)];
            let given: Parameters = given
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            let _ = kit.block_on(owner.query("iam", "PutUserPolicy", &given)).ok();
        };
        give(format!(
            r#"{{"Statement":{{"Effect":"Allow","NotAction":"{action}","Resource":"*"}}}}"#
        ));
        assert_eq!(iam(&kit, &joe(&kit), sample, ann).element("Code"), "AccessDenied", "{sample}");
        give(format!(r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#));
        let answer = iam(&kit, &joe(&kit), sample, ann);
        assert!(answer.is_ok(), "{sample}: {}", answer.text());
    });
}

#[test]
fn another_account_sees_nothing_of_this_one() {
    walk(|demands, sample, world, ann, _| {
        let kit = world.snapshot().open().unwrap();
        let of_first = |kit: &Kit| {
            let mut entries = kit.world.contents();
            entries.retain(|entry| strongroom_testkit::contains(&entry.key, b"/111122223333"));
            entries
        };
        let before = of_first(&kit);
        let answer = iam(&kit, &kit.stranger(), sample, ann);
        assert_eq!(of_first(&kit), before, "{sample}");
        let told = answer
            .text()
            .replace("111122223333:policy/use", "")
            .replace("111122223333:policy/bare", "");
        let told = told.replace("oidc-provider/id.example.com", "").replace(TRUST, "");
        for name in ["<UserName>ann", "<GroupName>staff", "<RoleName>ops", "the-alias"] {
            assert!(!told.contains(name) || !answer.is_ok(), "{} {sample}: {told}", demands.name);
        }
    });
}

#[test]
fn what_cannot_be_recorded_is_not_done() {
    walk(|demands, sample, world, ann, _| {
        let kit = world.snapshot().open().unwrap();
        let before = kit.world.contents();
        kit.world.faults.always(&[Port::Commit, Port::Append]);
        let answer = iam(&kit, &kit.owner(), sample, ann);
        kit.world.faults.heal();
        let found = (answer.status, answer.element("Code"));
        assert_eq!(found, (500, "InternalFailure".to_owned()), "{}", demands.name);
        assert!(answer.element("SecretAccessKey").is_empty());
        assert_eq!(kit.world.contents(), before, "{sample}");
    });
}
