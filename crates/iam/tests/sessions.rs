//! Temporary credentials: what they may be made with, and what ends them.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use strongroom_crypto::SecretBytes;
use strongroom_keys::identity::{SessionOwner, SessionRecord};
use strongroom_testkit::{Answer, Client, Kit, Port, World};
use strongroom_types::Timestamp;

const READER: &str = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";

fn sts(kit: &Kit, client: &Client, action: &str, members: &[(String, String)]) -> Answer {
    kit.block_on(client.query("sts", action, members))
}

fn members(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

fn who(kit: &Kit, client: &Client) -> Answer {
    sts(kit, client, "GetCallerIdentity", &[])
}

/// `client` with other credentials.
fn with(client: &Client, access_key: String, secret: String, token: Option<String>) -> Client {
    let mut other = client.clone();
    (other.access_key, other.secret, other.token) = (access_key, secret, token);
    other
}

/// `client` with the temporary credentials of `answer`.
fn with_session(client: &Client, answer: &Answer) -> Client {
    let token = Some(answer.element("SessionToken"));
    with(client, answer.element("AccessKeyId"), answer.element("SecretAccessKey"), token)
}

/// A user who may do everything, and a role that it may assume.
fn joe(kit: &Kit) -> Client {
    kit.create_principal("arn:aws:iam::111122223333:role/ops");
    let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    kit.user_of(&kit.owner(), "joe", all)
}

/// The operations that take session policies, with what they need besides.
fn limited() -> [(&'static str, Vec<(String, String)>); 2] {
    let role = "arn:aws:iam::111122223333:role/ops";
    [
        ("AssumeRole", members(&[("RoleArn", role), ("RoleSessionName", "test")])),
        ("GetFederationToken", members(&[("Name", "sam")])),
    ]
}

/// A session must not be without the limit that its request meant it to have.
#[test]
fn a_session_policy_without_arn_is_refused() {
    let kit = Kit::new();
    let joe = joe(&kit);
    for (action, needed) in limited() {
        let with = |more: &[(&str, &str)]| {
            sts(&kit, &joe, action, &[needed.clone(), members(more)].concat())
        };
        for bad in ["PolicyArns.member.1", "PolicyArns.member.1.Arn", "PolicyArns.member.1.other"] {
            let refused = with(&[(bad, READER)]);
            assert_eq!(refused.element("Code"), "ValidationError", "{action} {bad}");
        }
        let refused = with(&[("PolicyArns.member.1.arn", READER), ("PolicyArns.member.2.x", "")]);
        assert_eq!(refused.element("Code"), "ValidationError", "{action}");
        assert!(refused.element("Message").contains("'policyArns.2.member.arn'"), "{action}");
        let _ = with(&[("PolicyArns.member.1.arn", READER)]).ok();
    }
}

/// Source: STS API Reference, `AssumeRole`: 10 managed policies, 2,048 characters in all.
#[test]
fn session_policies_are_bounded() {
    let kit = Kit::new();
    let joe = joe(&kit);
    let policy = |length: usize| {
        let start = r#"{"Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}"#;
        format!("{start}{}", " ".repeat(length - start.len()))
    };
    for (action, needed) in limited() {
        let with = |policy: Option<String>, arns: usize| {
            let mut all = needed.clone();
            all.extend(policy.map(|text| ("Policy".to_owned(), text)));
            let name = |n: usize| format!("PolicyArns.member.{n}.arn");
            all.extend((1..=arns).map(|n| (name(n), READER.to_owned())));
            sts(&kit, &joe, action, &all)
        };
        let _ = with(None, 10).ok();
        let refused = with(None, 11);
        assert_eq!(refused.element("Code"), "ValidationError", "{action}");
        let told = "Member must have length less than or equal to 10";
        assert!(refused.element("Message").contains(told), "{}", refused.text());
        let _ = with(Some(policy(2048)), 0).ok();
        let _ = with(Some(policy(2048 - READER.len())), 1).ok();
        for refused in [with(Some(policy(2049)), 0), with(Some(policy(2049 - READER.len())), 1)] {
            assert_eq!(refused.element("Code"), "ValidationError", "{action}");
        }
    }
}

/// What there is no room for in a token: tags, where policies are short.
#[test]
fn tags_are_bounded_by_the_token() {
    let kit = Kit::new();
    let joe = joe(&kit);
    let with = |count: usize| {
        let mut all = members(&[("Name", "sam")]);
        for n in 1..=count {
            let key = format!("{n:02}{}", "k".repeat(126));
            all.push((format!("Tags.member.{n}.Key"), key));
            all.push((format!("Tags.member.{n}.Value"), "v".repeat(256)));
        }
        sts(&kit, &joe, "GetFederationToken", &all)
    };
    let _ = with(16).ok();
    assert_eq!(with(17).element("Code"), "PackedPolicyTooLarge");
}

fn reset(kit: &Kit, id: &str) -> Client {
    let root = kit.owner();
    let secret = format!("secret of {id}");
    let bytes = SecretBytes::new(secret.clone().into_bytes());
    let done = kit.engine().reset_access_key(root.account, root.region, id, bytes);
    kit.block_on(done).unwrap();
    with(&root, id.to_owned(), secret, None)
}

fn sessions_of(kit: &Kit, root: &Client) -> [Client; 2] {
    let own = sts(kit, root, "GetSessionToken", &[]).ok();
    let federated = sts(kit, root, "GetFederationToken", &members(&[("Name", "fay")])).ok();
    [with_session(root, &own), with_session(root, &federated)]
}

/// What a session of the root user rests on is the access key that made it, not the time.
#[test]
fn a_root_session_ends_with_the_access_key_that_made_it() {
    let kit = Kit::new();
    let before = sessions_of(&kit, &kit.owner());
    let second = reset(&kit, "AKIATESTKITOWNER0002");
    // In the same second: the clock stands still.
    let after = sessions_of(&kit, &second);
    for client in &before {
        assert_eq!(who(&kit, client).element("Code"), "InvalidClientTokenId");
    }
    for client in &after {
        let _ = who(&kit, client).ok();
    }
    // However late a session was made: as by a request that was begun before the reset.
    kit.world.clock.advance_days(-1);
    let third = reset(&kit, "AKIATESTKITOWNER0003");
    kit.world.clock.advance_days(1);
    for client in &after {
        assert_eq!(who(&kit, client).element("Code"), "InvalidClientTokenId");
    }
    let _ = who(&kit, &third).ok();
}

/// Of before accounts had a list of their root user's access keys, and tokens said which made them.
#[test]
fn a_reset_ends_what_is_of_before() {
    let kit = Kit::new();
    let root = kit.owner();
    let token = |kit: &Kit| {
        let now = kit.engine().now();
        let record = SessionRecord {
            access_key: "ASIATESTKITOWNER0001".to_owned(),
            secret: SecretBytes::new(b"secret".to_vec()),
            issued: Timestamp::from_millis(now.seconds() * 1000),
            expires: now.plus_days(1),
            account: kit.owner().account,
            owner: SessionOwner::Root,
            policy: None,
            policies: Vec::new(),
            tags: Vec::new(),
            transitive: Vec::new(),
            source_identity: None,
            provider: None,
            padding: Vec::new(),
            root_key: None,
        };
        let token = Some(kit.world.session_token(&record));
        with(&kit.owner(), record.access_key, "secret".to_owned(), token)
    };
    let _ = who(&kit, &token(&kit)).ok();
    let (account, first) = (root.account, root.access_key.clone());
    drop(root);
    let world = kit.stop();
    world.remove_record(format!("rk/{account}").as_bytes());
    let kit = world.open().unwrap();
    let before = token(&kit);
    let _ = who(&kit, &before).ok();
    let second = reset(&kit, "AKIATESTKITOWNER0002");
    assert_eq!(who(&kit, &kit.owner()).element("Code"), "InvalidClientTokenId");
    assert_eq!(kit.owner().access_key, first);
    assert_eq!(who(&kit, &before).element("Code"), "InvalidClientTokenId");
    let _ = who(&kit, &second).ok();
    kit.world.clock.advance_days(1);
    let _ = who(&kit, &token(&kit)).ok();
}

/// The account's root user cannot get between a reset and its commit, nor make it long.
#[test]
fn a_reset_depends_on_nothing_that_requests_change() {
    let kit = World::default().open_with_threads(4).unwrap();
    let root = kit.owner();
    for n in 0..40 {
        let name = format!("user-{n}");
        let _ = kit.user_of(
            &root,
            &name,
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        );
    }
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut busy = Vec::new();
    for worker in 0..6 {
        let (stop, root) = (stop.clone(), root.clone());
        busy.push(kit.spawn(async move {
            let mut turn = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) && turn < 3000 {
                let alias = format!("alias-{worker}-{turn}");
                let _ = root.iam("CreateAccountAlias", &[("AccountAlias", &alias)]).await;
                turn += 1;
            }
        }));
    }
    kit.world.faults.heal();
    let mut newest = None;
    for n in 2..10 {
        newest = Some(reset(&kit, &format!("AKIATESTKITOWNER000{n}")));
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for task in busy {
        kit.block_on(task).unwrap();
    }
    let _ = who(&kit, &newest.unwrap()).ok();
    assert_eq!(who(&kit, &kit.owner()).element("Code"), "InvalidClientTokenId");
    // Nothing is walked.
    kit.world.faults.heal();
    let _ = reset(&kit, "AKIATESTKITOWNER0010");
    assert_eq!(kit.world.faults.calls(&[Port::Scan]), 0);
}

/// Source: Service Authorization Reference, IAM: GetAccessKeyLastUsed is on a user.
#[test]
fn the_last_use_of_an_access_key_is_asked_of_its_user() {
    let kit = Kit::new();
    let reads = |resource: &str, condition: &str| {
        format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"iam:GetAccessKeyLastUsed","Resource":"{resource}"{condition}}}}}"#
        )
    };
    let ann = "arn:aws:iam::111122223333:user/ann";
    let joe = kit.user_of(&kit.owner(), "joe", &reads(ann, ""));
    let of_ann = kit.user_of(&kit.owner(), "ann", &reads("*", ""));
    let of_bob = kit.user_of(&kit.owner(), "bob", &reads("*", ""));
    let theirs = kit.user_of(&kit.stranger(), "ann", &reads("*", ""));
    let ask = |who: &Client, id: &str| {
        kit.block_on(who.iam("GetAccessKeyLastUsed", &[("AccessKeyId", id)]))
    };
    assert_eq!(ask(&joe, &of_ann.access_key).ok().element("UserName"), "ann");
    assert_eq!(ask(&joe, &of_bob.access_key).element("Code"), "AccessDenied");
    // What is no key of the account is asked of `*`, there or not.
    for id in [theirs.access_key.as_str(), "AKIANOBODYHASTHISKEY", &kit.owner().access_key] {
        assert_eq!(ask(&joe, id).element("Code"), "AccessDenied", "{id}");
        assert_eq!(ask(&of_bob, id).element("Code"), "NoSuchEntity", "{id}");
    }
    // By its tags.
    let tag = [("UserName", "bob"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    let _ = kit.block_on(kit.owner().iam("TagUser", &tag)).ok();
    let tagged = r#","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}"#;
    let eve = kit.user_of(&kit.owner(), "eve", &reads("*", tagged));
    assert_eq!(ask(&eve, &of_bob.access_key).ok().element("UserName"), "bob");
    assert_eq!(ask(&eve, &of_ann.access_key).element("Code"), "AccessDenied");
}
