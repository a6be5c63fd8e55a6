//! The S3 view: what must hold of every operation, driven by the table, and what each answers.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use strongroom_engine::ports::archive::Objects;
use strongroom_testkit::{Client, Kit, Port, S3Answer, World, stranger};
use strongroom_trail::service::s3::{S3Operation, demands};
use strongroom_types::AccountId;

const SHARED: &str = "strongroom-trail";
const LOG: &str = "AWSLogs/111122223333/CloudTrail/eu-west-2/2026/11/22/a.json.gz";

/// A sample of each operation: name, method, target with `{b}` for the bucket, action, resource.
const SAMPLES: &[(&str, &str, &str, &str)] = &[
    ("GetBucketLocation", "GET", "/{b}?location", "s3:GetBucketLocation"),
    ("GetObject", "GET", "/{b}/AWSLogs/111122223333/x", "s3:GetObject"),
    ("HeadBucket", "HEAD", "/{b}", "s3:ListBucket"),
    ("HeadObject", "HEAD", "/{b}/AWSLogs/111122223333/x", "s3:GetObject"),
    ("ListObjects", "GET", "/{b}?prefix=AWSLogs/111122223333/", "s3:ListBucket"),
    ("ListObjectsV2", "GET", "/{b}?list-type=2&prefix=AWSLogs/111122223333/", "s3:ListBucket"),
];

fn put(world: &World, bucket: &str, key: &str, body: &[u8], metadata: &[(&str, &str)]) {
    let metadata: BTreeMap<String, String> =
        metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let put = world.objects.put(bucket, key, body, &metadata);
    let poll =
        std::pin::pin!(put).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(matches!(poll, std::task::Poll::Ready(Ok(()))));
}

/// A server with objects of two accounts in the bucket that is everybody's, and a bucket of the
/// first account's; the user `joe` of it may nothing.
fn scene() -> (Kit, Client) {
    let world = Kit::new().stop();
    world.give_bucket("own-bucket", AccountId::INITIAL);
    let signature = [("signature", "0a1b"), ("bad name", "x"), ("bad-value", "a\nb: c")];
    put(&world, SHARED, "AWSLogs/111122223333/x", b"0123456789", &signature);
    put(&world, SHARED, LOG, b"gz", &[]);
    put(&world, SHARED, "AWSLogs/444455556666/y", b"theirs", &[]);
    put(&world, "own-bucket", "AWSLogs/111122223333/x", b"own", &[]);
    put(&world, "own-bucket", "elsewhere/z", b"own", &[]);
    let kit = world.open().unwrap();
    let mut joe = kit.owner();
    let named = [("UserName".to_owned(), "joe".to_owned())];
    let _ = kit.block_on(joe.query("iam", "CreateUser", &named)).ok();
    let key = kit.block_on(joe.query("iam", "CreateAccessKey", &named)).ok();
    (joe.access_key, joe.secret) = (key.element("AccessKeyId"), key.element("SecretAccessKey"));
    (kit, joe)
}

fn give(kit: &Kit, document: &str) {
    let given = [("UserName", "joe"), ("PolicyName", "p"), ("PolicyDocument", document)];
    let given: Vec<(String, String)> =
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let _ = kit.block_on(kit.owner().query("iam", "PutUserPolicy", &given)).ok();
}

fn send(kit: &Kit, client: &Client, method: &str, target: &str) -> S3Answer {
    kit.block_on(client.s3(method, target, &[]))
}

fn get(kit: &Kit, target: &str) -> S3Answer {
    send(kit, &kit.owner(), "GET", target)
}

fn walk(mut each: impl FnMut(&'static str, &str, &str, &'static str)) {
    for &name in S3Operation::ALL {
        let sample = SAMPLES.iter().find(|sample| sample.0 == name.name());
        let (_, method, target, action) = sample.unwrap_or_else(|| panic!("{}", name.name()));
        assert_eq!(demands(name).name, name.name());
        each(name.name(), method, target, action);
    }
    assert_eq!(SAMPLES.len(), S3Operation::ALL.len());
}

#[test]
fn each_is_served_recorded_once_and_changes_nothing() {
    let (kit, _) = scene();
    walk(|name, method, target, _| {
        for bucket in [SHARED, "own-bucket"] {
            let before = kit.world.contents();
            let answer = send(&kit, &kit.owner(), method, &target.replace("{b}", bucket));
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            assert_eq!(kit.world.contents(), before, "{name}");
            let record = kit.world.trail().into_iter().find(|it| it.request == answer.request);
            let record = record.unwrap();
            assert_eq!((&*record.service, &*record.operation), ("s3", name));
            assert!(record.read_only && record.response.is_empty(), "{name}");
            let arn = format!("arn:aws:s3:::{bucket}");
            assert!(record.resources.contains(&arn), "{name}: {:?}", record.resources);
            assert!(answer.header("x-amz-request-id").is_some(), "{name}");
        }
    });
}

#[test]
fn nobody_is_served_who_has_not_signed() {
    let (kit, joe) = scene();
    walk(|name, method, target, _| {
        let target = target.replace("{b}", SHARED);
        let mut liar = kit.owner();
        liar.secret.push('x');
        let mut nobody = kit.owner();
        nobody.access_key = "AKIANOBODYKNOWSTHIS1".to_owned();
        let mut tokened = joe.clone();
        tokened.token = Some("token".to_owned());
        for (client, code) in [
            (liar, "SignatureDoesNotMatch"),
            (nobody, "InvalidAccessKeyId"),
            (tokened, "InvalidAccessKeyId"),
        ] {
            let answer = send(&kit, &client, method, &target);
            assert_eq!((answer.status, &*answer.code()), (403, code), "{name}");
        }
    });
}

/// Each takes its own permission on its own resource, and no other.
#[test]
fn each_takes_its_own_permission() {
    let (kit, joe) = scene();
    walk(|name, method, target, action| {
        let target = target.replace("{b}", SHARED);
        let resource = match action {
            "s3:GetObject" => "arn:aws:s3:::strongroom-trail/AWSLogs/111122223333/x",
            _ => "arn:aws:s3:::strongroom-trail",
        };
        give(&kit, r#"{"Statement":{"Effect":"Deny","Action":"kms:*","Resource":"*"}}"#);
        let refused = send(&kit, &joe, method, &target);
        assert_eq!(refused.status, 403, "{name}");
        if method == "GET" {
            assert_eq!(refused.code(), "AccessDenied");
            let message = format!(
                "User: arn:aws:iam::111122223333:user/joe is not authorized to perform: {action} \
                 on resource: &quot;{resource}&quot; because no identity-based policy allows the \
                 {action} action"
            );
            assert_eq!(refused.elements("Message"), [message]);
        } else {
            assert_eq!(refused.body, b"", "{name}");
        }
        for other in [
            format!(
                r#"{{"Statement":{{"Effect":"Allow","NotAction":"{action}","Resource":"*"}}}}"#
            ),
            format!(
                r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","NotResource":"{resource}"}}}}"#
            ),
        ] {
            give(&kit, &other);
            assert_eq!(send(&kit, &joe, method, &target).status, 403, "{name} {other}");
        }
        give(
            &kit,
            &format!(
                r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}}}"#
            ),
        );
        assert_eq!(send(&kit, &joe, method, &target).status, 200, "{name}");
    });
}

#[test]
fn what_cannot_be_recorded_or_read_is_not_answered() {
    let (kit, _) = scene();
    walk(|name, method, target, _| {
        let target = target.replace("{b}", SHARED);
        kit.world.faults.always(&[Port::Commit, Port::Append]);
        let answer = send(&kit, &kit.owner(), method, &target);
        kit.world.faults.heal();
        assert_eq!((answer.status, &*answer.code()), (500, "InternalError"), "{name}");
    });
    let (kit, _) = scene();
    walk(|name, method, target, action| {
        if name == "HeadBucket" || action == "s3:GetBucketLocation" {
            return;
        }
        kit.world.faults.always(&Port::OBJECTS);
        let answer = send(&kit, &kit.owner(), method, &target.replace("{b}", SHARED));
        kit.world.faults.heal();
        assert_eq!(answer.status, 500, "{name}");
        assert!(kit.world.incidents.all().iter().any(|it| it.contains("failed on cue")));
    });
}

#[test]
fn an_account_sees_what_is_its_own() {
    let (kit, _) = scene();
    let other = kit.stranger();
    walk(|name, method, target, _| {
        let own = send(&kit, &other, method, &target.replace("{b}", "own-bucket"));
        assert_eq!(own.status, 403, "{name}");
        assert!(!own.text().contains("111122223333"), "{}", own.text());
        let none = send(&kit, &other, method, &target.replace("{b}", "no-such-bucket"));
        assert_eq!(none.status, 404, "{name}");
        let shared = send(&kit, &other, method, &target.replace("{b}", SHARED));
        let is_about_objects = target.contains("111122223333");
        assert_eq!(shared.status, if is_about_objects { 403 } else { 200 }, "{name}");
    });
    for prefix in ["", "AWSLogs/", "AWSLogs/111122223333", "AWSLogs/444455556666", "awslogs/"] {
        let answer = get(&kit, &format!("/{SHARED}?prefix={prefix}"));
        assert_eq!((answer.status, &*answer.code()), (403, "AccessDenied"), "{prefix}");
        assert_eq!(answer.elements("Message"), ["Access Denied"]);
    }
    let beyond = get(&kit, "/strongroom-trail?prefix=AWSLogs/111122223333/&marker=AWSLogs/0");
    assert_eq!(beyond.elements("Key"), [LOG, "AWSLogs/111122223333/x"]);
    let theirs = send(&kit, &other, "GET", "/strongroom-trail/AWSLogs/444455556666/y");
    assert_eq!((theirs.status, &*theirs.text()), (200, "theirs"));
    assert_eq!(stranger(), other.account);
    let all = get(&kit, "/own-bucket");
    assert_eq!(all.elements("Key"), ["AWSLogs/111122223333/x", "elsewhere/z"]);
}

/// What the operator's configuration names is nobody's by being the first to make a trail to it,
/// and shows each account its own only, also when the server's own trail delivers elsewhere.
#[test]
fn a_bucket_that_the_operator_names_shows_an_account_its_own_only() {
    let (kit, _) = scene();
    let named = |account| [("own-bucket".to_owned(), account), ("old-bucket".to_owned(), None)];
    let named = |account| named(account).into_iter().collect::<BTreeMap<_, _>>();
    let reserve = |account| kit.block_on(kit.engine().reserve_buckets(&named(account))).unwrap();
    let keys = ["AWSLogs/111122223333/x", "p/AWSLogs/111122223333/x", "AWSLogs/444455556666/y"];
    for key in keys {
        put(&kit.world, "own-bucket", key, b"x", &[]);
        put(&kit.world, "old-bucket", key, b"x", &[]);
    }
    let status = |target: &str| get(&kit, target).status;
    assert_eq!(status("/own-bucket/elsewhere/z"), 200);
    assert_eq!(status("/old-bucket?location"), 404);
    assert_eq!(reserve(Some(AccountId::INITIAL)), []);
    let before = kit.world.contents();
    assert_eq!(reserve(Some(AccountId::INITIAL)), []);
    assert_eq!(kit.world.contents(), before);
    let held = reserve(Some(stranger()));
    assert_eq!((held.len(), &*held[0].name, held[0].owner), (1, "own-bucket", AccountId::INITIAL));
    for (target, code) in [
        ("/own-bucket/elsewhere/z", 403),
        ("/own-bucket", 403),
        ("/own-bucket?prefix=p/", 403),
        ("/own-bucket?prefix=p/AWSLogs/111122223333/", 200),
        ("/own-bucket/p/AWSLogs/111122223333/x", 200),
        ("/own-bucket/AWSLogs/444455556666/y", 403),
        ("/old-bucket?location", 200),
        ("/old-bucket/AWSLogs/111122223333/x", 200),
        ("/old-bucket/AWSLogs/444455556666/y", 403),
        ("/old-bucket/p/AWSLogs/111122223333/x", 403),
        ("/old-bucket?prefix=AWSLogs/", 403),
    ] {
        assert_eq!(status(target), code, "{target}");
    }
    let theirs = send(&kit, &kit.stranger(), "GET", "/old-bucket/AWSLogs/444455556666/y");
    assert_eq!(theirs.status, 200);
    for client in [kit.owner(), kit.stranger()] {
        for bucket in ["old-bucket", SHARED] {
            let input = serde_json::json!({"Name": "thief", "S3BucketName": bucket});
            let refused = kit.block_on(client.cloudtrail("CreateTrail", &input));
            assert_eq!(refused.code(), "InsufficientS3BucketPolicyException", "{bucket}");
        }
    }
}

#[test]
fn what_is_not_there_is_told_to_those_who_may_list() {
    let (kit, joe) = scene();
    let missing = "/strongroom-trail/AWSLogs/111122223333/no";
    let answer = get(&kit, missing);
    assert_eq!((answer.status, &*answer.code()), (404, "NoSuchKey"));
    assert_eq!(answer.elements("Key"), ["AWSLogs/111122223333/no"]);
    assert_eq!(answer.elements("RequestId").len() + answer.elements("HostId").len(), 2);
    give(&kit, r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#);
    let answer = send(&kit, &joe, "GET", missing);
    assert_eq!((answer.status, &*answer.code()), (403, "AccessDenied"));
    assert!(
        answer
            .text()
            .contains("s3:ListBucket on resource: &quot;arn:aws:s3:::strongroom-trail&quot;")
    );
}

#[test]
fn conditions_see_prefix_delimiter_and_number_of_keys() {
    let (kit, joe) = scene();
    let under = |condition: &str, query: &str| {
        give(
            &kit,
            &format!(
                r#"{{"Statement":{{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{condition}}}}}"#
            ),
        );
        let target = format!("/strongroom-trail?prefix=AWSLogs/111122223333/{query}");
        send(&kit, &joe, "GET", &target).status
    };
    for (condition, query, status) in [
        (r#"{"StringLike":{"s3:prefix":"AWSLogs/111122223333/*"}}"#, "", 200),
        (r#"{"StringLike":{"s3:prefix":"AWSLogs/111122223333/CloudTrail/*"}}"#, "", 403),
        (r#"{"StringEquals":{"s3:delimiter":"/"}}"#, "&delimiter=/", 200),
        (r#"{"StringEquals":{"s3:delimiter":"/"}}"#, "", 403),
        (r#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#, "&max-keys=10", 200),
        (r#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#, "&max-keys=11&list-type=2", 403),
        (r#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#, "", 403),
    ] {
        assert_eq!(under(condition, query), status, "{condition} {query}");
    }
}

#[test]
fn an_object_is_answered_with_what_is_told_of_it() {
    let (kit, _) = scene();
    let target = "/strongroom-trail/AWSLogs/111122223333/x";
    let whole = get(&kit, target);
    let tag = "\"781e5e245d69b566979b86e28d23f2c7\"";
    assert_eq!(
        (whole.status, &*whole.text(), whole.header("etag")),
        (200, "0123456789", Some(tag))
    );
    assert_eq!(whole.header("x-amz-meta-signature"), Some("0a1b"));
    // What HTTP has no room for is left out, and becomes no other header.
    assert!(whole.headers.iter().all(|(name, value)| !name.contains(' ') && !value.contains('\n')));
    assert_eq!(whole.header("last-modified"), Some("Sun, 22 Nov 2026 06:37:05 GMT"));
    assert_eq!(
        (whole.content_type, whole.header("accept-ranges")),
        ("binary/octet-stream", Some("bytes"))
    );
    let with = |headers: &[(&str, &str)]| kit.block_on(kit.owner().s3("GET", target, headers));
    let part = with(&[("range", "bytes=2-4")]);
    assert_eq!(
        (part.status, &*part.text(), part.header("content-range")),
        (206, "234", Some("bytes 2-4/10"))
    );
    let none = with(&[("range", "bytes=10-")]);
    assert_eq!((none.status, &*none.code()), (416, "InvalidRange"));
    assert_eq!(none.elements("ActualObjectSize"), ["10"]);
    let known = with(&[("if-none-match", tag)]);
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, Some(tag)));
    assert_eq!(with(&[("if-none-match", "\"other\""), ("if-match", tag)]).status, 200);
    assert_eq!(with(&[("if-match", "\"other\"")]).status, 412);
    let log = get(&kit, &format!("/{SHARED}/{LOG}"));
    assert_eq!(
        (log.content_type, log.header("content-encoding")),
        ("application/json", Some("gzip"))
    );
}

#[test]
fn listings_have_pages_and_groups() {
    let world = Kit::new().stop();
    let below = "AWSLogs/111122223333/";
    let keys: Vec<String> =
        (0..5).flat_map(|day| (0..3).map(move |n| format!("{below}d{day}/f{n}"))).collect();
    keys.iter().for_each(|key| put(&world, SHARED, key, b"", &[]));
    put(&world, SHARED, &format!("{below}a=b+c"), b"", &[]);
    put(&world, SHARED, &format!("{below}d2-x"), b"", &[]);
    let kit = world.open().unwrap();
    let first = get(&kit, &format!("/{SHARED}?prefix={below}d&max-keys=4"));
    assert_eq!(first.elements("Key"), keys[..4]);
    assert_eq!(
        (first.elements("IsTruncated"), first.elements("NextMarker")),
        (vec!["true".to_owned()], vec![])
    );
    assert_eq!(first.elements("MaxKeys"), ["4"]);
    // Version 2, page by page.
    let (mut seen, mut token) = (Vec::new(), String::new());
    for _ in 0..9 {
        let page = get(&kit, &format!("/{SHARED}?list-type=2&prefix={below}d&max-keys=4{token}"));
        seen.extend(page.elements("Key"));
        assert_eq!(page.elements("KeyCount"), [page.elements("Key").len().to_string()]);
        match page.elements("NextContinuationToken").pop() {
            Some(next) => token = format!("&continuation-token={next}"),
            None => break,
        }
    }
    let mut expected: Vec<String> = keys.clone();
    expected.push(format!("{below}d2-x"));
    expected.sort();
    assert_eq!(seen, expected);
    // Groups, in one page and page by page.
    let groups: Vec<String> = (0..5).map(|day| format!("{below}d{day}/")).collect();
    let grouped = get(&kit, &format!("/{SHARED}?prefix={below}&delimiter=/"));
    let of = |answer: &S3Answer| {
        answer
            .text()
            .split("<CommonPrefixes>")
            .skip(1)
            .map(|it| it.split_once("<Prefix>").unwrap().1.split_once('<').unwrap().0.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&grouped), groups);
    assert_eq!(grouped.elements("Key"), [format!("{below}a=b+c"), format!("{below}d2-x")]);
    let (mut seen, mut marker) = (Vec::new(), String::new());
    for _ in 0..9 {
        let page = get(&kit, &format!("/{SHARED}?prefix={below}&delimiter=/&max-keys=2{marker}"));
        seen.extend(of(&page).into_iter().chain(page.elements("Key")));
        match page.elements("NextMarker").pop() {
            Some(next) => marker = format!("&marker={next}").replace('+', "%2B"),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen.len(), 7);
    seen.dedup();
    assert_eq!(seen.len(), 7);
    let encoded = get(&kit, &format!("/{SHARED}?prefix={below}a&encoding-type=url"));
    assert_eq!(encoded.elements("Key"), [format!("{below}a%3Db%2Bc")]);
    assert_eq!(
        get(&kit, &format!("/{SHARED}?prefix={below}&max-keys=0")).elements("IsTruncated"),
        ["false"]
    );
}

#[test]
fn hostile_requests_are_refused_in_s3s_words() {
    let (kit, _) = scene();
    let long = format!("/{SHARED}/AWSLogs/111122223333/{}", "a".repeat(1024));
    for (method, target, status, code) in [
        ("GET", "/strongroom-trail/AWSLogs/111122223333/../444455556666/y", 404, "NoSuchKey"),
        ("GET", "/strongroom-trail/AWSLogs/111122223333/%2e%2e/444455556666/y", 404, "NoSuchKey"),
        ("GET", "/strongroom-trail/AWSLogs/111122223333/x%00", 404, "NoSuchKey"),
        ("GET", "/strongroom-trail/AWSLogs/111122223333/x.metadata", 404, "NoSuchKey"),
        ("GET", "/strongroom-trail/AWSLogs/111122223333/%ff", 400, "InvalidURI"),
        ("GET", "/strongroom-trail/../x", 403, "AccessDenied"),
        ("GET", "/strongroom-trail?prefix=%ff", 400, "InvalidURI"),
        ("GET", &long, 400, "KeyTooLongError"),
        ("GET", "/..", 400, "InvalidBucketName"),
        ("GET", "/%2e%2e/store.db", 400, "InvalidBucketName"),
        ("GET", "//strongroom-trail", 400, "InvalidBucketName"),
        ("GET", "/Strongroom", 400, "InvalidBucketName"),
        ("GET", "/strongroom-trail?acl", 501, "NotImplemented"),
        ("PUT", "/strongroom-trail/AWSLogs/111122223333/x", 405, "MethodNotAllowed"),
        ("DELETE", "/strongroom-trail/AWSLogs/111122223333/x", 405, "MethodNotAllowed"),
        (
            "GET",
            "/strongroom-trail?prefix=AWSLogs/111122223333/&max-keys=-1",
            400,
            "InvalidArgument",
        ),
        (
            "GET",
            "/strongroom-trail?prefix=AWSLogs/111122223333/&max-keys=2147483648",
            400,
            "InvalidArgument",
        ),
        (
            "GET",
            "/strongroom-trail?prefix=AWSLogs/111122223333/&max-keys=x",
            400,
            "InvalidArgument",
        ),
        (
            "GET",
            "/strongroom-trail?prefix=AWSLogs/111122223333/&encoding-type=xml",
            400,
            "InvalidArgument",
        ),
        ("GET", "/strongroom-trail?list-type=2&continuation-token=AWSLogs", 400, "InvalidArgument"),
    ] {
        let answer = send(&kit, &kit.owner(), method, target);
        assert_eq!((answer.status, &*answer.code()), (status, code), "{method} {target}");
        assert!(!answer.text().contains("theirs"));
    }
}
