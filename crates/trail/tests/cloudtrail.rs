//! What the operations of CloudTrail do.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::archive::EventAttribute;
use strongroom_keys::{DeliveryRecord, TrailKeyRecord};
use strongroom_testkit::{Answer, Client, Kit, stranger};
use strongroom_types::Timestamp;

fn call(kit: &Kit, operation: &str, input: &Value) -> Answer {
    kit.block_on(kit.owner().cloudtrail(operation, input))
}

fn code(kit: &Kit, operation: &str, input: &Value) -> String {
    call(kit, operation, input).code()
}

/// A trail of the owner's, in the Region of the tests.
fn create(kit: &Kit, name: &str, more: &Value) -> Value {
    let mut input = json!({"Name": name, "S3BucketName": "the-bucket"});
    let members = more.as_object().expect("members").clone();
    input.as_object_mut().expect("members").extend(members);
    call(kit, "CreateTrail", &input).ok().json()
}

/// The owner in another Region.
fn elsewhere(kit: &Kit) -> Client {
    let mut client = kit.owner();
    client.region = "us-west-1".parse().unwrap();
    client
}

fn names(answer: &Value, list: &str) -> Vec<String> {
    let entries = answer[list].as_array().expect("a list").iter();
    entries.map(|entry| entry["Name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn a_trail_lives() {
    let kit = Kit::new();
    let made = create(&kit, "main", &json!({"S3KeyPrefix": "audit", "IsMultiRegionTrail": true}));
    let arn = "arn:aws:cloudtrail:eu-west-2:111122223333:trail/main";
    assert_eq!(made["TrailARN"], arn);
    assert_eq!(made["S3KeyPrefix"], "audit");
    assert_eq!(made["IncludeGlobalServiceEvents"], true);
    assert_eq!(made["LogFileValidationEnabled"], false);
    let status = |kit: &Kit| call(kit, "GetTrailStatus", &json!({"Name": arn})).ok().json();
    assert_eq!(status(&kit)["IsLogging"], false);
    assert_eq!(status(&kit)["TimeLoggingStarted"], "");
    let _ = call(&kit, "StartLogging", &json!({"Name": "main"})).ok();
    assert_eq!(status(&kit)["IsLogging"], true);
    assert_eq!(status(&kit)["StartLoggingTime"], 1_795_329_425.123);
    assert_eq!(status(&kit)["TimeLoggingStarted"], "2026-11-22T06:37:05Z");
    let _ = call(&kit, "StopLogging", &json!({"Name": arn})).ok();
    assert_eq!(status(&kit)["IsLogging"], false);
    let change = json!({"Name": "main", "S3KeyPrefix": "", "EnableLogFileValidation": true});
    let changed = call(&kit, "UpdateTrail", &change).ok().json();
    assert_eq!(changed.get("S3KeyPrefix"), None);
    assert_eq!(changed["LogFileValidationEnabled"], true);
    assert_eq!(changed["IsMultiRegionTrail"], true);
    let found = call(&kit, "GetTrail", &json!({"Name": "main"})).ok().json();
    assert_eq!(found["Trail"]["HomeRegion"], "eu-west-2");
    let _ = call(&kit, "DeleteTrail", &json!({"Name": "main"})).ok();
    let gone = call(&kit, "GetTrail", &json!({"Name": "main"}));
    assert_eq!(gone.code(), "TrailNotFoundException");
    assert_eq!(gone.message(), format!("Unknown trail: {arn} for the user: 111122223333"));
    assert!(gone.text().contains("\"Message\""));
}

#[test]
fn the_built_in_trail_is_everywhere_and_stays_as_it_is() {
    let kit = Kit::new();
    let arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/strongroom";
    for client in [kit.owner(), elsewhere(&kit)] {
        let list = kit.block_on(client.cloudtrail("DescribeTrails", &json!({}))).ok().json();
        let trail = &list["trailList"][0];
        assert_eq!(trail["TrailARN"], arn);
        assert_eq!(trail["S3BucketName"], "strongroom-trail");
        assert_eq!(trail["LogFileValidationEnabled"], true);
        assert_eq!(trail["HasCustomEventSelectors"], false);
        for name in ["strongroom", arn] {
            let input = json!({ "Name": name });
            let status = client.cloudtrail("GetTrailStatus", &input);
            assert_eq!(kit.block_on(status).ok().json()["IsLogging"], true);
        }
    }
    let theirs = kit.block_on(kit.stranger().cloudtrail("ListTrails", &json!({}))).ok().json();
    assert_eq!(theirs["Trails"][0]["TrailARN"], arn.replace("111122223333", "444455556666"));
    let selectors = call(&kit, "GetEventSelectors", &json!({"TrailName": arn})).ok().json();
    assert_eq!(
        selectors["EventSelectors"],
        json!([{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
                "ExcludeManagementEventSources": []}])
    );
    let mut home = kit.owner();
    home.region = "us-east-1".parse().unwrap();
    let tags = json!([{"Key": "a", "Value": "b"}]);
    for (operation, input) in [
        ("DeleteTrail", json!({"Name": "strongroom"})),
        ("StopLogging", json!({"Name": arn})),
        ("StartLogging", json!({"Name": arn})),
        ("UpdateTrail", json!({"Name": arn, "S3BucketName": "mine"})),
        ("PutEventSelectors", json!({"TrailName": arn, "EventSelectors": [{}]})),
        ("AddTags", json!({"ResourceId": arn, "TagsList": tags})),
        ("RemoveTags", json!({"ResourceId": arn, "TagsList": tags})),
    ] {
        let answer = kit.block_on(home.cloudtrail(operation, &input));
        assert_eq!(answer.code(), "OperationNotPermittedException", "{operation}");
        assert!(answer.message().contains("cannot be changed"), "{operation}");
    }
    let again = json!({"Name": "strongroom", "S3BucketName": "the-bucket"});
    assert_eq!(code(&kit, "CreateTrail", &again), "TrailAlreadyExistsException");
}

#[test]
fn what_is_not_there_or_not_served_is_refused() {
    let kit = Kit::new();
    let refused = |more: Value| {
        let mut input = json!({"Name": "main", "S3BucketName": "the-bucket"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        code(&kit, "CreateTrail", &input)
    };
    for (more, code) in [
        (json!({"Name": "ab"}), "InvalidTrailNameException"),
        (json!({"Name": "a..b"}), "InvalidTrailNameException"),
        (json!({"S3BucketName": "The Bucket"}), "InvalidS3BucketNameException"),
        (json!({"S3BucketName": "xn--bucket"}), "S3BucketDoesNotExistException"),
        (json!({"S3BucketName": "strongroom-trail"}), "InsufficientS3BucketPolicyException"),
        (json!({"S3KeyPrefix": "../up"}), "InvalidS3PrefixException"),
        (json!({"SnsTopicName": "topic"}), "UnsupportedOperationException"),
        (json!({"CloudWatchLogsLogGroupArn": "a"}), "UnsupportedOperationException"),
        (json!({"CloudWatchLogsRoleArn": "a"}), "UnsupportedOperationException"),
        (json!({"KmsKeyId": "alias/a"}), "UnsupportedOperationException"),
        (json!({"IsOrganizationTrail": true}), "UnsupportedOperationException"),
        (json!({"RecursiveLogging": true}), "UnsupportedOperationException"),
        (json!({"TagsList": [{"Key": "aws:x"}]}), "InvalidTagParameterException"),
        (json!({"TagsList": [{"Key": "x"}, {"Key": "x"}]}), "InvalidTagParameterException"),
        (
            json!({"IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false}),
            "InvalidParameterCombinationException",
        ),
    ] {
        assert_eq!(refused(more.clone()), code, "{more}");
    }
    let many: Vec<Value> = (0..51).map(|n| json!({"Key": n.to_string()})).collect();
    assert_eq!(refused(json!({"TagsList": many})), "TagsLimitExceededException");
    assert_eq!(refused(json!({"SnsTopicName": "", "IsOrganizationTrail": false})), "");
    assert_eq!(refused(json!({})), "TrailAlreadyExistsException");
    for (operation, input, code_) in [
        ("GetTrail", json!({"Name": "arn:aws:kms:x"}), "CloudTrailARNInvalidException"),
        ("GetTrail", json!({"Name": "none"}), "TrailNotFoundException"),
        ("StartLogging", json!({"Name": "none"}), "TrailNotFoundException"),
        ("DescribeTrails", json!({"trailNameList": ["-"]}), "InvalidTrailNameException"),
        (
            "UpdateTrail",
            json!({"Name": "main", "IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false}),
            "InvalidParameterCombinationException",
        ),
        ("UpdateTrail", json!({"Name": "main", "KmsKeyId": "k"}), "UnsupportedOperationException"),
    ] {
        assert_eq!(code(&kit, operation, &input), code_, "{operation} {input}");
    }
}

#[test]
fn a_bucket_is_whose_it_was_first() {
    let kit = Kit::new();
    create(&kit, "main", &json!({}));
    create(&kit, "other", &json!({}));
    let input = json!({"Name": "theirs", "S3BucketName": "the-bucket"});
    let refused = kit.block_on(kit.stranger().cloudtrail("CreateTrail", &input));
    assert_eq!(refused.code(), "InsufficientS3BucketPolicyException");
    let input = json!({"Name": "theirs", "S3BucketName": "their-bucket"});
    let _ = kit.block_on(kit.stranger().cloudtrail("CreateTrail", &input)).ok();
    let input = json!({"Name": "main", "S3BucketName": "their-bucket"});
    assert_eq!(code(&kit, "UpdateTrail", &input), "InsufficientS3BucketPolicyException");
    for name in ["main", "other"] {
        let _ = call(&kit, "DeleteTrail", &json!({"Name": name})).ok();
    }
    // It stays theirs when their trails are gone: what was delivered is there.
    let input = json!({"Name": "theirs2", "S3BucketName": "the-bucket"});
    let refused = kit.block_on(kit.stranger().cloudtrail("CreateTrail", &input));
    assert_eq!(refused.code(), "InsufficientS3BucketPolicyException");
}

#[test]
fn a_bucket_that_the_operator_gives_is_that_accounts() {
    let kit = Kit::new();
    let given = [("the-bucket".to_owned(), Some(stranger()))].into();
    assert_eq!(kit.block_on(kit.engine().reserve_buckets(&given)).unwrap(), []);
    let input = json!({"Name": "main", "S3BucketName": "the-bucket"});
    assert_eq!(code(&kit, "CreateTrail", &input), "InsufficientS3BucketPolicyException");
    let _ = kit.block_on(kit.stranger().cloudtrail("CreateTrail", &input)).ok();
}

#[test]
fn five_trails_show_in_a_region() {
    let kit = Kit::new();
    for n in 0..5 {
        create(&kit, &format!("trail-{n}"), &json!({}));
    }
    let sixth = json!({"Name": "sixth", "S3BucketName": "the-bucket"});
    let refused = call(&kit, "CreateTrail", &sixth);
    assert_eq!(refused.code(), "MaximumNumberOfTrailsExceededException");
    assert_eq!(refused.message(), "User: 111122223333 already has 5 trails in eu-west-2.");
    let _ = kit.block_on(elsewhere(&kit).cloudtrail("CreateTrail", &sixth)).ok();
    let _ = call(&kit, "DeleteTrail", &json!({"Name": "trail-0"})).ok();
    let _ = call(&kit, "CreateTrail", &sixth).ok();
}

#[test]
fn trails_of_all_regions_show_elsewhere_and_change_at_home() {
    let kit = Kit::new();
    let wide = create(&kit, "wide", &json!({"IsMultiRegionTrail": true}))["TrailARN"].clone();
    let local = create(&kit, "local", &json!({}))["TrailARN"].clone();
    let away = elsewhere(&kit);
    let ask = |operation: &str, input: &Value| kit.block_on(away.cloudtrail(operation, input));
    let list = |input: &Value| names(&ask("DescribeTrails", input).ok().json(), "trailList");
    assert_eq!(list(&json!({})), ["strongroom", "wide"]);
    assert_eq!(list(&json!({"includeShadowTrails": false})), [""; 0]);
    assert_eq!(list(&json!({"trailNameList": ["wide", "strongroom"]})), ["strongroom"]);
    assert_eq!(list(&json!({"trailNameList": [wide, local]})), ["local", "wide"]);
    assert_eq!(
        names(&ask("ListTrails", &json!({})).ok().json(), "Trails"),
        ["strongroom", "local", "wide"]
    );
    assert_eq!(ask("GetTrail", &json!({"Name": "wide"})).code(), "TrailNotFoundException");
    assert!(ask("GetTrail", &json!({"Name": wide})).is_ok());
    for name in [&json!("wide"), &wide, &local] {
        let refused = ask("StopLogging", &json!({"Name": name}));
        assert_eq!(refused.code(), "InvalidHomeRegionException", "{name}");
    }
    assert_eq!(ask("StopLogging", &json!({"Name": "local"})).code(), "TrailNotFoundException");
    let taken = json!({"Name": "wide", "S3BucketName": "the-bucket"});
    assert_eq!(ask("CreateTrail", &taken).code(), "TrailAlreadyExistsException");
    let _ = ask("CreateTrail", &json!({"Name": "local", "S3BucketName": "the-bucket"})).ok();
    let widened = json!({"Name": "local", "IsMultiRegionTrail": true});
    assert_eq!(code(&kit, "UpdateTrail", &widened), "TrailAlreadyExistsException");
}

#[test]
fn selectors_are_kept_and_shown_as_they_were_put() {
    let kit = Kit::new();
    create(&kit, "main", &json!({}));
    let put = |kind: &str, selectors: Value| {
        call(&kit, "PutEventSelectors", &json!({"TrailName": "main", kind: selectors}))
    };
    let shown = || call(&kit, "GetEventSelectors", &json!({"TrailName": "main"})).ok().json();
    let custom = || {
        let found = call(&kit, "GetTrail", &json!({"Name": "main"})).ok().json();
        found["Trail"]["HasCustomEventSelectors"].as_bool().unwrap()
    };
    assert!(!custom());
    let basic = json!([{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true,
        "DataResources": [], "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]);
    assert_eq!(put("EventSelectors", basic.clone()).ok().json()["EventSelectors"], basic);
    assert_eq!(shown()["EventSelectors"], basic);
    assert!(custom());
    let advanced = json!([{"Name": "writes", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "readOnly", "Equals": ["false"]},
        {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
    ]}]);
    let _ = put("AdvancedEventSelectors", advanced.clone()).ok();
    assert_eq!(shown()["AdvancedEventSelectors"], advanced);
    assert_eq!(shown().get("EventSelectors"), None);
    let _ = put("EventSelectors", json!([{}])).ok();
    assert!(!custom());
}

#[test]
fn selectors_that_select_nothing_here_are_refused() {
    let kit = Kit::new();
    create(&kit, "main", &json!({}));
    let put = |kind: &str, selectors: Value| {
        call(&kit, "PutEventSelectors", &json!({"TrailName": "main", kind: selectors}))
    };
    for (kind, selectors, code) in [
        ("EventSelectors", json!([]), "InvalidEventSelectorsException"),
        ("EventSelectors", json!([{}, {}, {}, {}, {}, {}]), "InvalidEventSelectorsException"),
        ("EventSelectors", json!([{"ReadWriteType": "Some"}]), "InvalidEventSelectorsException"),
        (
            "EventSelectors",
            json!([{"IncludeManagementEvents": false}]),
            "InvalidEventSelectorsException",
        ),
        (
            "EventSelectors",
            json!([{"ExcludeManagementEventSources": ["iam.amazonaws.com"]}]),
            "InvalidEventSelectorsException",
        ),
        (
            "EventSelectors",
            json!([{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}]),
            "UnsupportedOperationException",
        ),
        (
            "AdvancedEventSelectors",
            json!([{"FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}]),
            "InvalidEventSelectorsException",
        ),
        (
            "AdvancedEventSelectors",
            json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]),
            "UnsupportedOperationException",
        ),
        (
            "AdvancedEventSelectors",
            json!([{"FieldSelectors": [{"Field": "eventCategory", "NotEquals": ["Data"]}]}]),
            "InvalidEventSelectorsException",
        ),
        (
            "AdvancedEventSelectors",
            json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]},
                                       {"Field": "eventName", "Equals": ["Encrypt"]}]}]),
            "UnsupportedOperationException",
        ),
    ] {
        assert_eq!(put(kind, selectors.clone()).code(), code, "{selectors}");
    }
    let advanced = json!([{"FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]}]}]);
    let both = json!({"TrailName": "main", "EventSelectors": [{}],
        "AdvancedEventSelectors": advanced});
    assert_eq!(code(&kit, "PutEventSelectors", &both), "InvalidEventSelectorsException");
    let neither = json!({"TrailName": "main"});
    assert_eq!(code(&kit, "PutEventSelectors", &neither), "InvalidEventSelectorsException");
}

#[test]
fn trails_have_tags() {
    let kit = Kit::new();
    let arn = create(&kit, "main", &json!({"TagsList": [{"Key": "a", "Value": "1"}]}))["TrailARN"]
        .clone();
    let add = json!({"ResourceId": arn, "TagsList": [{"Key": "b"}, {"Key": "a", "Value": "2"}]});
    let _ = call(&kit, "AddTags", &add).ok();
    let list = || call(&kit, "ListTags", &json!({"ResourceIdList": [arn]})).ok().json();
    assert_eq!(
        list()["ResourceTagList"],
        json!([{"ResourceId": arn, "TagsList": [
            {"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]}])
    );
    let remove = json!({"ResourceId": arn, "TagsList": [{"Key": "a"}, {"Key": "none"}]});
    let _ = call(&kit, "RemoveTags", &remove).ok();
    assert_eq!(list()["ResourceTagList"][0]["TagsList"], json!([{"Key": "b", "Value": ""}]));
    let none = arn.as_str().unwrap().replace("main", "none");
    let channel = "arn:aws:cloudtrail:eu-west-2:111122223333:channel/main";
    let theirs = none.replace("111122223333", "444455556666");
    for (input, code_) in [
        (json!([none]), "ResourceNotFoundException"),
        (json!([channel]), "ResourceTypeNotSupportedException"),
        (json!(["main"]), "CloudTrailARNInvalidException"),
        (json!([arn, theirs]), "CloudTrailARNInvalidException"),
        (json!(vec![arn.clone(); 21]), "CloudTrailARNInvalidException"),
    ] {
        assert_eq!(code(&kit, "ListTags", &json!({"ResourceIdList": input})), code_, "{input}");
    }
    // Who asks about no trail takes the permission all the same.
    let about_none = json!({"ResourceIdList": []});
    assert_eq!(call(&kit, "ListTags", &about_none).ok().json()["ResourceTagList"], json!([]));
    let may_not = r#"{"Statement":{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}}"#;
    let user = kit.user_of(&kit.owner(), "user", may_not);
    let refused = kit.block_on(user.cloudtrail("ListTags", &about_none));
    assert_eq!(refused.code(), "AccessDeniedException");
    let bad = json!({"ResourceIdList": [arn], "NextToken": "AAAA"});
    assert_eq!(code(&kit, "ListTags", &bad), "InvalidTokenException");
}

#[test]
fn policies_see_the_tags_of_a_request() {
    let kit = Kit::new();
    let user = [("UserName".to_owned(), "joe".to_owned())];
    let _ = kit.block_on(kit.owner().query("iam", "CreateUser", &user)).ok();
    let made = kit.block_on(kit.owner().query("iam", "CreateAccessKey", &user)).ok();
    let mut joe = kit.owner();
    (joe.access_key, joe.secret) = (made.element("AccessKeyId"), made.element("SecretAccessKey"));
    let give = |statements: Value| {
        let document = json!({ "Statement": statements }).to_string();
        let given = [("UserName", "joe"), ("PolicyName", "p"), ("PolicyDocument", &document)];
        let given: Vec<_> = given.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let _ = kit.block_on(kit.owner().query("iam", "PutUserPolicy", &given)).ok();
    };
    let condition = json!({"StringEquals": {"aws:RequestTag/team": "blue"}});
    give(json!([
        {"Effect": "Allow", "Action": "cloudtrail:CreateTrail", "Resource": "*"},
        {"Effect": "Allow", "Action": "cloudtrail:AddTags", "Resource": "*", "Condition": condition},
    ]));
    let create = |name: &str, team: &str| {
        let tags = json!([{"Key": "team", "Value": team}]);
        let input = json!({"Name": name, "S3BucketName": "the-bucket", "TagsList": tags});
        kit.block_on(joe.cloudtrail("CreateTrail", &input)).code()
    };
    assert_eq!(create("first", "red"), "AccessDeniedException");
    assert_eq!(create("first", "blue"), "");
    // Without tags the other permission is not asked for.
    give(json!({"Effect": "Allow", "Action": "cloudtrail:CreateTrail", "Resource": "*"}));
    assert_eq!(create("second", "blue"), "AccessDeniedException");
    let bare = json!({"Name": "second", "S3BucketName": "the-bucket"});
    assert_eq!(kit.block_on(joe.cloudtrail("CreateTrail", &bare)).code(), "");
}

#[test]
fn there_are_no_keys_before_the_first_digest() {
    let kit = Kit::new();
    let keys = call(&kit, "ListPublicKeys", &json!({})).ok().json();
    assert_eq!(keys["PublicKeyList"], json!([]));
    let turned = json!({"StartTime": 2, "EndTime": 1});
    assert_eq!(code(&kit, "ListPublicKeys", &turned), "InvalidTimeRangeException");
}

#[test]
fn the_keys_of_the_region_are_told_with_their_times() {
    let kit = Kit::new();
    let world = kit.stop();
    let day = |days| Timestamp::from_millis(1_795_329_425_123).plus_days(days);
    let key = |public: &[u8], created, retired| TrailKeyRecord {
        region: strongroom_testkit::region(),
        public: public.to_vec(),
        private: SecretBytes::new(b"never told".to_vec()),
        created,
        retired,
    };
    world.put_global("tk/eu-west-2/00000001", &key(b"first", day(-20), Some(day(-10))));
    world.put_global("tk/eu-west-2/00000002", &key(b"second", day(-10), None));
    world.put_global("tk/us-west-1/00000001", &key(b"elsewhere", day(-20), None));
    let kit = world.open().unwrap();
    let list = |from: Option<i64>, to: Option<i64>| {
        let time = |days: Option<i64>| days.map(|days| day(days).seconds());
        let answer =
            call(&kit, "ListPublicKeys", &json!({"StartTime": time(from), "EndTime": time(to)}));
        assert!(!answer.text().contains(&strongroom_testkit::base64(b"never told")));
        let keys = answer.ok().json()["PublicKeyList"].as_array().expect("a list").clone();
        keys.iter().map(|key| key["Fingerprint"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // MD5 of what stands for the keys.
    let (first, second) = ("8b04d5e3775d298e78455efc5ca404d5", "a9f0e61a137d86aa9db53465e0801612");
    assert_eq!(list(None, None), [second]);
    assert_eq!(list(Some(-30), None), [first, second]);
    assert_eq!(list(Some(-30), Some(-15)), [first]);
    assert_eq!(list(Some(-30), Some(-25)), [""; 0]);
    let all = call(&kit, "ListPublicKeys", &json!({})).ok().json();
    let key = &all["PublicKeyList"][0];
    assert_eq!(key["Value"], strongroom_testkit::base64(b"second"));
    assert_eq!(key["ValidityStartTime"], day(-10).millis() as f64 / 1000.0);
    assert_eq!(key["ValidityEndTime"], day(365).millis() as f64 / 1000.0);
}

#[test]
fn the_status_tells_of_the_delivery_of_the_region() {
    let kit = Kit::new();
    create(&kit, "main", &json!({"IsMultiRegionTrail": true}));
    let world = kit.stop();
    let delivery = DeliveryRecord {
        delivered: Some(1_795_329_000_000),
        digested: Some(1_795_328_000_000),
        failure: Some("/srv/strongroom: no space".to_owned()),
        ..DeliveryRecord::default()
    };
    world.put_global("td/111122223333/eu-west-2/us-east-1/strongroom", &delivery);
    world.put_global("td/111122223333/us-west-1/eu-west-2/main", &delivery);
    let kit = world.open().unwrap();
    let status = |client: Client, name: &str| {
        let answer = kit.block_on(client.cloudtrail("GetTrailStatus", &json!({"Name": name})));
        assert!(!answer.text().contains("/srv"), "{}", answer.text());
        answer.ok().json()
    };
    let main = "arn:aws:cloudtrail:eu-west-2:111122223333:trail/main";
    for told in [status(kit.owner(), "strongroom"), status(elsewhere(&kit), main)] {
        assert_eq!(told["LatestDeliveryTime"], 1_795_329_000.0);
        assert_eq!(told["LatestDigestDeliveryTime"], 1_795_328_000.0);
        assert_eq!(told["LatestDeliveryError"], "InternalError");
        assert_eq!(told["LatestDeliveryAttemptTime"], "2026-11-22T06:30:00Z");
    }
    for told in [status(elsewhere(&kit), "strongroom"), status(kit.owner(), main)] {
        assert_eq!(told.get("LatestDeliveryTime"), None);
        assert_eq!(told["LatestDeliveryAttemptTime"], "");
    }
}

fn record(n: u32) -> String {
    let arn = "arn:aws:kms:eu-west-2:111122223333:key/k";
    json!({"eventID": format!("id-{n}"), "eventName": "Encrypt", "readOnly": true,
        "eventTime": "2026-11-22T06:37:05Z", "eventSource": "kms.amazonaws.com",
        "userIdentity": {"type": "IAMUser", "userName": "ann", "accessKeyId": "AKIA1"},
        "resources": [{"ARN": arn, "accountId": "111122223333", "type": "AWS::KMS::Key"}]})
    .to_string()
}

#[test]
fn events_are_looked_up_page_by_page() {
    let kit = Kit::new();
    (0..3).for_each(|n| kit.world.history.add(&record(n)));
    let attributes = json!([{"AttributeKey": "EventName", "AttributeValue": "Encrypt"}]);
    let first = json!({"LookupAttributes": attributes, "MaxResults": 2});
    let page = call(&kit, "LookupEvents", &first).ok().json();
    let event = &page["Events"][0];
    assert_eq!(
        (&event["EventId"], &event["ReadOnly"], &event["Username"], &event["AccessKeyId"]),
        (&json!("id-2"), &json!("true"), &json!("ann"), &json!("AKIA1"))
    );
    assert_eq!(event["EventTime"], 1_795_329_425.0);
    assert_eq!(event["Resources"][0]["ResourceType"], "AWS::KMS::Key");
    assert_eq!(event["CloudTrailEvent"], record(2));
    let token = page["NextToken"].clone();
    kit.world.clock.set(kit.engine().now().plus_days(1));
    let next = json!({"LookupAttributes": attributes, "MaxResults": 2, "NextToken": token});
    let page = call(&kit, "LookupEvents", &next).ok().json();
    assert_eq!(page["Events"].as_array().unwrap().len(), 1);
    assert_eq!(page.get("NextToken"), None);
    let queries = kit.world.history.queries();
    assert_eq!(queries[0].attribute, Some((EventAttribute::EventName, "Encrypt".to_owned())));
    assert_eq!(queries[0].to.millis() - queries[0].from.millis(), 90 * Timestamp::DAY);
    // The second page is of the first one's times.
    assert_eq!((queries[0].from, queries[0].to), (queries[1].from, queries[1].to));
    assert_eq!(queries[1].after.as_ref().map(|place| place.event), Some(1));
    for other in [
        json!({"MaxResults": 2, "NextToken": token}),
        json!({"LookupAttributes": attributes, "NextToken": token, "StartTime": 5}),
        json!({"NextToken": "AAAA"}),
    ] {
        assert_eq!(code(&kit, "LookupEvents", &other), "InvalidNextTokenException", "{other}");
    }
    let theirs = kit.block_on(kit.stranger().cloudtrail("LookupEvents", &next));
    assert_eq!(theirs.code(), "InvalidNextTokenException");
}

#[test]
fn what_cannot_be_looked_up_is_refused() {
    let kit = Kit::new();
    let attribute = json!({"AttributeKey": "EventName", "AttributeValue": "Encrypt"});
    for (input, code_, message) in [
        (
            json!({"MaxResults": 51}),
            "InvalidMaxResultsException",
            "A max results value of 51 is invalid. Specify max results between 1 and 50.",
        ),
        (
            json!({"LookupAttributes": [attribute, attribute]}),
            "InvalidLookupAttributesException",
            "You can specify only one lookup attribute.",
        ),
        (
            json!({"LookupAttributes": [{"AttributeKey": "Mood", "AttributeValue": "good"}]}),
            "InvalidLookupAttributesException",
            "Lookup attribute key is not valid.",
        ),
        (
            json!({"StartTime": 2, "EndTime": 1}),
            "InvalidTimeRangeException",
            "The start time must not be after the end time.",
        ),
        (
            json!({"EventCategory": "other"}),
            "InvalidEventCategoryException",
            "Event category other is invalid. Valid values are: insight",
        ),
    ] {
        let answer = call(&kit, "LookupEvents", &input);
        assert_eq!((answer.code().as_str(), answer.message().as_str()), (code_, message));
    }
    kit.world.history.add(&record(1));
    let insights = call(&kit, "LookupEvents", &json!({"EventCategory": "insight"})).ok().json();
    assert_eq!(insights["Events"], json!([]));
}
