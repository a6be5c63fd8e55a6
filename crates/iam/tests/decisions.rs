//! What decisions about IAM and STS are told of a request.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use strongroom_testkit::{Answer, Client, Kit};

const POWER: &str = "arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser";
const READER: &str = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";

/// Calls `action` of `service`.
fn ask(
    kit: &Kit,
    client: &Client,
    service: &'static str,
    action: &str,
    members: &[(&str, &str)],
) -> Answer {
    let members: Vec<_> = members.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    kit.block_on(client.query(service, action, &members))
}

/// The owner calls `action` of IAM, and is served.
#[track_caller]
fn owner(kit: &Kit, action: &str, members: &[(&str, &str)]) -> Answer {
    ask(kit, &kit.owner(), "iam", action, members).ok()
}

/// A new user of the first account, whose own policy has this statement.
#[track_caller]
fn user(kit: &Kit, name: &str, statement: &str) -> Client {
    let _ = owner(kit, "CreateUser", &[("UserName", name)]);
    put_policy(kit, name, statement);
    let keys = owner(kit, "CreateAccessKey", &[("UserName", name)]);
    let mut client = kit.owner();
    client.access_key = keys.element("AccessKeyId");
    client.secret = keys.element("SecretAccessKey");
    client
}

#[track_caller]
fn put_policy(kit: &Kit, name: &str, statements: &str) {
    if statements.is_empty() {
        return;
    }
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let members = [("UserName", name), ("PolicyName", "own"), ("PolicyDocument", &document)];
    let _ = owner(kit, "PutUserPolicy", &members);
}

/// A statement that allows the action on everything, with a condition.
fn allow_if(action: &str, operator: &str, key: &str, value: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Action":"{action}","Resource":"*","Condition":{{"{operator}":{{"{key}":"{value}"}}}}}}"#
    )
}

fn allow(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
}

fn deny(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"Deny","Action":"{action}","Resource":"{resource}"}}"#)
}

#[track_caller]
fn denied(answer: &Answer) {
    assert_eq!(answer.element("Code"), "AccessDenied", "{}", answer.text());
}

/// A role of `client`'s account, by ARN, that the first account may assume.
#[track_caller]
fn role(kit: &Kit, client: &Client, name: &str) -> String {
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["sts:AssumeRole","sts:TagSession"]}}"#;
    let members = [("RoleName", name), ("AssumeRolePolicyDocument", trust)];
    ask(kit, client, "iam", "CreateRole", &members).ok().element("Arn")
}

fn assume(kit: &Kit, client: &Client, role: &str) -> Answer {
    ask(kit, client, "sts", "AssumeRole", &[("RoleArn", role), ("RoleSessionName", "test")])
}

#[test]
fn the_boundary_that_is_asked_for_is_asked_about() {
    let kit = Kit::new();
    let key = "iam:PermissionsBoundary";
    let joe = user(&kit, "joe", &allow_if("iam:Put*PermissionsBoundary", "ArnEquals", key, POWER));
    let _ = owner(&kit, "CreateUser", &[("UserName", "ann"), ("PermissionsBoundary", POWER)]);
    let put = |boundary| {
        let members = [("UserName", "ann"), ("PermissionsBoundary", boundary)];
        ask(&kit, &joe, "iam", "PutUserPermissionsBoundary", &members)
    };
    denied(&put(READER));
    let _ = put(POWER).ok();
    // What does not bring a boundary is asked about the one that is there.
    put_policy(&kit, "joe", &allow_if("iam:AttachUserPolicy", "ArnEquals", key, POWER));
    let attach = |name| {
        let members = [("UserName", name), ("PolicyArn", READER)];
        ask(&kit, &joe, "iam", "AttachUserPolicy", &members)
    };
    let _ = attach("ann").ok();
    denied(&attach("joe"));
}

#[test]
fn a_role_of_another_account_is_of_that_account() {
    let kit = Kit::new();
    let theirs = role(&kit, &kit.stranger(), "theirs");
    let key = "aws:ResourceAccount";
    let own = allow_if("sts:AssumeRole", "StringEquals", key, "111122223333");
    let joe = user(&kit, "joe", &own);
    denied(&assume(&kit, &joe, &theirs));
    put_policy(&kit, "joe", &allow_if("sts:AssumeRole", "StringEquals", key, "444455556666"));
    let _ = assume(&kit, &joe, &theirs).ok();
}

/// An account's users and roles are of the server's partition: who signs for a Region of another one
/// is named, and asks about what is named, as before.
#[test]
fn no_deny_is_left_behind_by_signing_for_another_partition() {
    let kit = Kit::new();
    let ops = role(&kit, &kit.owner(), "ops");
    let all = allow("*", "*");
    let mut joe = user(&kit, "joe", &format!("{all},{}", deny("*", &ops)));
    let delete = |joe: &Client| ask(&kit, joe, "iam", "DeleteRole", &[("RoleName", "ops")]);
    let itself = r#"{"Effect":"Deny","Action":"kms:ListKeys","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/joe"}}}"#;
    for region in ["eu-west-2", "cn-north-1", "us-gov-west-1"] {
        joe.region = region.parse().unwrap();
        put_policy(&kit, "joe", &format!("{all},{}", deny("*", &ops)));
        denied(&delete(&joe));
        denied(&assume(&kit, &joe, &ops));
        let caller = ask(&kit, &joe, "sts", "GetCallerIdentity", &[]).ok();
        assert_eq!(caller.element("Arn"), "arn:aws:iam::111122223333:user/joe");
        let list = |joe: &Client| kit.block_on(joe.call("ListKeys", &serde_json::json!({})));
        let _ = list(&joe).ok();
        put_policy(&kit, "joe", &format!("{all},{itself}"));
        assert_eq!(list(&joe).code(), "AccessDeniedException", "{region}");
    }
}

/// A key policy names the caller in whichever partition its ARNs are written.
#[test]
fn key_policies_of_other_partitions_hold() {
    let kit = Kit::new();
    let mut joe = user(&kit, "joe", &allow("kms:*", "*"));
    joe.region = "cn-north-1".parse().unwrap();
    let created = kit.block_on(joe.call("CreateKey", &serde_json::json!({}))).ok();
    let key = created.json()["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    assert!(created.text().contains("arn:aws-cn:kms:cn-north-1:"), "{}", created.text());
    let policy = |partition: &str| {
        let joe = format!("arn:{partition}:iam::111122223333:user/joe");
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"111122223333"}},"Action":"*","Resource":"*"}},{{"Effect":"Deny","Principal":{{"AWS":"{joe}"}},"Action":"kms:DescribeKey","Resource":"*"}}"#
        );
        format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
    };
    let on_key = serde_json::json!({ "KeyId": key });
    let _ = kit.block_on(joe.call("DescribeKey", &on_key)).ok();
    for partition in ["aws", "aws-cn"] {
        let put = serde_json::json!({ "KeyId": key, "PolicyName": "default", "Policy": policy(partition) });
        let _ = kit.block_on(joe.call("PutKeyPolicy", &put)).ok();
        let told = kit.block_on(joe.call("DescribeKey", &on_key));
        assert_eq!(told.code(), "AccessDeniedException", "{partition}: {}", told.text());
    }
}

/// What conditions are told of a policy's ARN is what is attached, to the letter.
#[test]
fn a_policy_has_one_arn() {
    let kit = Kit::new();
    let key = "iam:PolicyARN";
    let other = "arn:aws-cn:iam::aws:policy/AWSKeyManagementServicePowerUser";
    let condition = allow_if("iam:Attach*", "ArnNotEquals", key, POWER);
    let boundary = allow_if("iam:CreateUser", "ArnNotEquals", "iam:PermissionsBoundary", POWER);
    let joe = user(&kit, "joe", &format!("{condition},{boundary}"));
    for arn in [POWER, other, "arn:awsx:iam::aws:policy/AWSKeyManagementServicePowerUser"] {
        let members = [("UserName", "joe"), ("PolicyArn", arn)];
        let answer = ask(&kit, &joe, "iam", "AttachUserPolicy", &members);
        assert!(!answer.is_ok(), "{arn}");
        let members = [("UserName", "ann"), ("PermissionsBoundary", arn)];
        let answer = ask(&kit, &joe, "iam", "CreateUser", &members);
        assert!(!answer.is_ok(), "{arn}");
        let answer = ask(&kit, &kit.owner(), "iam", "GetPolicy", &[("PolicyArn", arn)]);
        assert_eq!(answer.is_ok(), arn == POWER, "{arn}");
    }
    let listed = owner(&kit, "ListAttachedUserPolicies", &[("UserName", "joe")]);
    assert!(!listed.text().contains("PowerUser"));
    // Nor has a role another one.
    let ops = role(&kit, &kit.owner(), "ops");
    put_policy(&kit, "joe", &allow("sts:AssumeRole", "*"));
    let _ = assume(&kit, &joe, &ops).ok();
    denied(&assume(&kit, &joe, &ops.replace("arn:aws:", "arn:aws-cn:")));
    // What is no role is refused in the words of STS, which are not those of IAM.
    let user = assume(&kit, &joe, &ops.replace(":role/", ":user/"));
    assert_eq!((user.status, user.element("Code").as_str()), (400, "ValidationError"));
    assert_eq!(user.element("Message"), "arn:aws:iam::111122223333:user/ops is invalid");
}

/// Who renames needs the permission on both ARNs; the tags are those that are there.
#[test]
fn renaming_takes_the_permission_on_both_names() {
    let kit = Kit::new();
    for (action, kind, name, new) in [
        ("UpdateUser", "user", "UserName", "NewUserName"),
        ("UpdateGroup", "group", "GroupName", "NewGroupName"),
    ] {
        let create = format!("Create{}", action.trim_start_matches("Update"));
        let _ = owner(&kit, &create, &[(name, "old"), ("Path", "/dev/")]);
        let joe = user(&kit, &format!("joe-{kind}"), "");
        let may = |resources: &[&str]| {
            let each = resources.iter().map(|resource| {
                allow(
                    &format!("iam:{action}"),
                    &format!("arn:aws:iam::111122223333:{kind}{resource}"),
                )
            });
            let statements: Vec<_> = each.collect();
            put_policy(&kit, &format!("joe-{kind}"), &statements.join(","));
        };
        let rename = |members: &[(&str, &str)]| {
            let members = [&[(name, "old")], members].concat();
            ask(&kit, &joe, "iam", action, &members)
        };
        may(&["/dev/*"]);
        denied(&rename(&[("NewPath", "/admin/")]));
        denied(&rename(&[("NewPath", "/admin/"), (new, "boss")]));
        may(&["/dev/old"]);
        denied(&rename(&[(new, "other")]));
        let _ = rename(&[("NewPath", "/dev/"), (new, "old")]).ok();
        may(&["/admin/*"]);
        denied(&rename(&[("NewPath", "/admin/")]));
        may(&["/dev/old", "/admin/boss"]);
        let _ = rename(&[("NewPath", "/admin/"), (new, "boss")]).ok();
        let got = owner(&kit, &action.replace("Update", "Get"), &[(name, "boss")]);
        assert_eq!(got.element("Arn"), format!("arn:aws:iam::111122223333:{kind}/admin/boss"));
    }
    let tag = [("UserName", "boss"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    let _ = owner(&kit, "TagUser", &tag);
    let joe =
        user(&kit, "joe", &allow_if("iam:UpdateUser", "StringEquals", "aws:ResourceTag/team", "a"));
    let rename = [("UserName", "boss"), ("NewUserName", "chief")];
    let _ = ask(&kit, &joe, "iam", "UpdateUser", &rename).ok();
}

/// A service, its operation, the action that tags, and the members of a request.
type Case<'a> = (&'static str, &'a str, &'a str, &'a [(&'a str, &'a str)]);

/// Tags that a request brings take the permission to tag.
#[test]
fn tags_take_their_own_permission() {
    let kit = Kit::new();
    let joe = user(&kit, "joe", "");
    let trust = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}"#;
    let document = r#"{"Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}"#;
    let cases: [Case; 5] = [
        ("iam", "CreateUser", "iam:TagUser", &[("UserName", "new")]),
        (
            "iam",
            "CreateRole",
            "iam:TagRole",
            &[("RoleName", "new"), ("AssumeRolePolicyDocument", trust)],
        ),
        (
            "iam",
            "CreatePolicy",
            "iam:TagPolicy",
            &[("PolicyName", "new"), ("PolicyDocument", document)],
        ),
        (
            "iam",
            "CreateOpenIDConnectProvider",
            "iam:TagOpenIDConnectProvider",
            &[("Url", "https://id.example.com")],
        ),
        ("sts", "GetFederationToken", "sts:TagSession", &[("Name", "fay")]),
    ];
    for (service, action, tagging, members) in cases {
        let tags = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
        let tagged = [members, &tags].concat();
        let create = allow(&format!("{service}:{action}"), "*");
        put_policy(&kit, "joe", &create);
        denied(&ask(&kit, &joe, service, action, &tagged));
        let with = |value| {
            let tag = allow_if(tagging, "StringEquals", "aws:RequestTag/team", value);
            put_policy(&kit, "joe", &format!("{create},{tag}"));
            ask(&kit, &joe, service, action, &tagged)
        };
        denied(&with("red"));
        let _ = with("blue").ok();
    }
    put_policy(&kit, "joe", &allow("iam:CreateUser", "*"));
    let _ = ask(&kit, &joe, "iam", "CreateUser", &[("UserName", "untagged")]).ok();
}

/// `client` with the temporary credentials of `answer`.
fn with_session(client: &Client, answer: &Answer) -> Client {
    let mut client = client.clone();
    client.access_key = answer.element("AccessKeyId");
    client.secret = answer.element("SecretAccessKey");
    client.token = Some(answer.element("SessionToken"));
    client
}

/// Source: IAM User Guide, "Compare AWS STS credentials".
#[test]
fn temporary_credentials_call_little_of_sts() {
    let kit = Kit::new();
    let ops = role(&kit, &kit.owner(), "ops");
    let joe = user(&kit, "joe", &allow("*", "*"));
    let policy = format!(r#"{{"Statement":{}}}"#, allow("*", "*"));
    let own = ask(&kit, &joe, "sts", "GetSessionToken", &[]).ok();
    let own = with_session(&joe, &own);
    let members = [("Name", "fay"), ("Policy", policy.as_str())];
    let federated = ask(&kit, &joe, "sts", "GetFederationToken", &members).ok();
    let federated = with_session(&joe, &federated);
    for (client, assumes) in [(&own, true), (&federated, false)] {
        let _ = ask(&kit, client, "sts", "GetCallerIdentity", &[]).ok();
        let assumed = assume(&kit, client, &ops);
        assert_eq!(assumed.is_ok(), assumes, "{}", assumed.text());
        if !assumes {
            denied(&assumed);
        }
        denied(&ask(&kit, client, "sts", "GetFederationToken", &members));
        denied(&ask(&kit, client, "sts", "GetSessionToken", &[]));
        let key = [("AccessKeyId", joe.access_key.as_str())];
        denied(&ask(&kit, client, "sts", "GetAccessKeyInfo", &key));
    }
}

/// Another access key of the root user ends what was made with the one before.
#[test]
fn a_reset_ends_the_sessions_of_the_root_user() {
    let kit = Kit::new();
    let root = kit.owner();
    let sessions = |root: &Client| {
        let own = ask(&kit, root, "sts", "GetSessionToken", &[]).ok();
        let federated = ask(&kit, root, "sts", "GetFederationToken", &[("Name", "fay")]).ok();
        [with_session(root, &own), with_session(root, &federated)]
    };
    let who = |client: &Client| ask(&kit, client, "sts", "GetCallerIdentity", &[]);
    let before = sessions(&root);
    before.iter().for_each(|client| drop(who(client).ok()));
    let (id, secret) = ("AKIATESTKITOWNER0002", "another-secret-access-key");
    let bytes = strongroom_crypto::SecretBytes::new(secret.as_bytes().to_vec());
    let reset = kit.engine().reset_access_key(root.account, root.region, id, bytes);
    kit.block_on(reset).unwrap();
    for client in before.iter().chain([&root]) {
        assert_eq!(who(client).element("Code"), "InvalidClientTokenId");
    }
    kit.world.clock.advance_days(1);
    let mut root = root.clone();
    (root.access_key, root.secret) = (id.to_owned(), secret.to_owned());
    sessions(&root).iter().for_each(|client| drop(who(client).ok()));
}

/// A role with this trust policy and a tag, by ARN.
#[track_caller]
fn trusting(kit: &Kit, client: &Client, name: &str, statements: &str) -> String {
    let trust = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    let members = [("RoleName", name), ("AssumeRolePolicyDocument", trust.as_str())];
    ask(kit, client, "iam", "CreateRole", &[members, tag].concat()).ok().element("Arn")
}

/// Whether another account has a role is told to nobody who may not assume it.
#[test]
fn a_role_of_another_account_looks_as_if_it_were_not_there() {
    let kit = Kit::new();
    let theirs = kit.stranger();
    let trust = |effect: &str, account: &str| {
        format!(
            r#"{{"Effect":"{effect}","Principal":{{"AWS":"{account}"}},"Action":"sts:AssumeRole"}}"#
        )
    };
    let (open, closed) = (trust("Allow", "111122223333"), trust("Allow", "444455556666"));
    let denying = format!("{open},{}", trust("Deny", "111122223333"));
    let roles = [("open", open), ("closed", closed), ("denying", denying)];
    let roles = roles.map(|(name, text)| trusting(&kit, &theirs, name, &text));
    let joe = user(&kit, "joe", "");
    let any = allow("sts:AssumeRole", "*");
    let tagged = allow_if("sts:AssumeRole", "StringEquals", "aws:ResourceTag/team", "red");
    let denied_tag = any.replace("Allow", "Deny").replace(
        r#""Resource""#,
        r#""Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}},"Resource""#,
    );
    let with_tags = [("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")];
    for (statements, opens) in [
        (allow("kms:*", "*"), false),
        (any.clone(), true),
        (tagged, false),
        (format!("{any},{}", deny("sts:*", "*")), false),
        (format!("{any},{denied_tag}"), false),
    ] {
        put_policy(&kit, "joe", &statements);
        for tags in [&[][..], &with_tags] {
            let told = |arn: &str| {
                let members = [("RoleArn", arn), ("RoleSessionName", "test")];
                let answer = ask(&kit, &joe, "sts", "AssumeRole", &[&members, tags].concat());
                denied(&answer);
                answer.element("Message").replace(arn.rsplit('/').next().unwrap(), "…")
            };
            let missing = told("arn:aws:iam::444455556666:role/missing");
            for role in roles.iter().filter(|role| !opens || !role.ends_with("open")) {
                assert_eq!(told(role), missing, "{statements}");
            }
        }
    }
    put_policy(&kit, "joe", &any);
    let _ = assume(&kit, &joe, &roles[0]).ok();
}

/// In whichever alphabet a tag's key is written, its case does not tell it from another.
#[test]
fn a_tag_that_is_handed_down_cannot_be_replaced_by_another_case() {
    let kit = Kit::new();
    let ops = role(&kit, &kit.owner(), "ops");
    let joe = user(&kit, "joe", &allow("sts:*", "*"));
    let policy = format!(r#"{{"Statement":{}}}"#, allow("sts:*", "*"));
    let members = [("RoleName", "ops"), ("PolicyName", "own"), ("PolicyDocument", &policy)];
    let _ = owner(&kit, "PutRolePolicy", &members);
    let members = [("RoleArn", ops.as_str()), ("RoleSessionName", "test")];
    let tag = |key| [("Tags.member.1.Key", key), ("Tags.member.1.Value", "blue")];
    // What is handed down is found by any case of its key.
    let handed = [&members[..], &tag("Équipe"), &[("TransitiveTagKeys.member.1", "ÉQUIPE")]];
    let first = ask(&kit, &joe, "sts", "AssumeRole", &handed.concat()).ok();
    let first = with_session(&joe, &first);
    let again = |key| ask(&kit, &first, "sts", "AssumeRole", &[&members[..], &tag(key)].concat());
    let refused = again("éQUIPE");
    assert!(refused.text().contains("conflicts with a transitive tag key"), "{}", refused.text());
    let _ = again("other").ok();
}

/// What `action` tells of the use of the role `ops`: when and where.
fn last_use_of_ops(kit: &Kit, action: &str) -> Option<(String, String)> {
    let members = [("RoleName", "ops")];
    let answer = owner(kit, action, if action == "GetRole" { &members } else { &[] });
    let used = answer.text().contains("LastUsedDate");
    used.then(|| (answer.element("LastUsedDate"), answer.element("Region")))
}

#[test]
fn the_last_use_of_a_role_is_that_of_its_sessions() {
    let mut kit = Kit::new();
    let ops = role(&kit, &kit.owner(), "ops");
    let _ = role(&kit, &kit.owner(), "idle");
    let joe = user(&kit, "joe", &allow("sts:*", "*"));
    let session = with_session(&joe, &assume(&kit, &joe, &ops).ok());
    for action in ["GetRole", "GetAccountAuthorizationDetails"] {
        assert_eq!(last_use_of_ops(&kit, action), None, "{action}");
    }
    // Whether it is served does not count.
    denied(&ask(&kit, &session, "iam", "ListUsers", &[]));
    let used = last_use_of_ops(&kit, "GetRole");
    assert_eq!(used.as_ref().map(|(_, region)| region.as_str()), Some(joe.region.as_str()));
    assert_eq!(kit.block_on(kit.engine().write_last_uses()), Ok(0));
    drop((joe, session));
    kit = kit.restart();
    for action in ["GetRole", "GetAccountAuthorizationDetails"] {
        assert_eq!(last_use_of_ops(&kit, action), used, "{action}");
    }
    kit.world.clock.advance_days(400);
    assert!(last_use_of_ops(&kit, "GetRole").is_some());
    kit.world.clock.advance_days(1);
    assert_eq!(last_use_of_ops(&kit, "GetRole"), None);
    let noted = |kit: &Kit| kit.world.contents().iter().any(|entry| entry.key.starts_with(b"lr/"));
    assert!(noted(&kit));
    let _ = owner(&kit, "DeleteRole", &[("RoleName", "ops")]);
    assert!(!noted(&kit));
}

/// However many members a group has, another name for it changes nothing of theirs.
#[test]
fn a_group_is_renamed_without_its_members() {
    let kit = Kit::new();
    let _ = owner(&kit, "CreateGroup", &[("GroupName", "old")]);
    let joe = user(&kit, "joe", "");
    for name in ["joe", "ann", "bob"] {
        if name != "joe" {
            let _ = owner(&kit, "CreateUser", &[("UserName", name)]);
        }
        let _ = owner(&kit, "AddUserToGroup", &[("GroupName", "old"), ("UserName", name)]);
    }
    let policy = format!(r#"{{"Statement":{}}}"#, allow("iam:ListUsers", "*"));
    let members = [("GroupName", "old"), ("PolicyName", "own"), ("PolicyDocument", &policy)];
    let _ = owner(&kit, "PutGroupPolicy", &members);
    let list = |kit: &Kit| ask(kit, &joe, "iam", "ListUsers", &[]);
    let _ = list(&kit).ok();
    let of_members = |kit: &Kit| {
        let mut contents = kit.world.contents();
        contents.retain(|entry| entry.key.starts_with(b"iu/") || entry.key.starts_with(b"im/"));
        contents.into_iter().map(|entry| (entry.key, entry.found.version)).collect::<Vec<_>>()
    };
    let before = of_members(&kit);
    assert_eq!(before.len(), 6);
    for (from, to) in [("old", "new"), ("new", "NEW")] {
        let rename = [("GroupName", from), ("NewGroupName", to)];
        let _ = owner(&kit, "UpdateGroup", &rename);
        assert_eq!(of_members(&kit), before);
        let _ = list(&kit).ok();
    }
    let groups = owner(&kit, "ListGroupsForUser", &[("UserName", "ann")]);
    assert_eq!(groups.element("GroupName"), "NEW");
    let group = owner(&kit, "GetGroup", &[("GroupName", "new")]);
    assert_eq!(group.text().matches("<UserName>").count(), 3);
    let details = owner(&kit, "GetAccountAuthorizationDetails", &[]);
    assert!(details.text().contains("<GroupList><member>NEW</member></GroupList>"));
    let rename = [("UserName", "ann"), ("NewUserName", "eve")];
    let _ = owner(&kit, "UpdateUser", &rename);
    for name in ["joe", "eve", "bob"] {
        let _ = owner(&kit, "RemoveUserFromGroup", &[("GroupName", "new"), ("UserName", name)]);
    }
    denied(&list(&kit));
    let _ = owner(&kit, "DeleteGroupPolicy", &[("GroupName", "new"), ("PolicyName", "own")]);
    let _ = owner(&kit, "DeleteGroup", &[("GroupName", "new")]);
    assert!(of_members(&kit).iter().all(|(key, _)| !key.starts_with(b"im/")));
    assert!(kit.world.contents().iter().all(|entry| !entry.key.starts_with(b"gn/")));
}
