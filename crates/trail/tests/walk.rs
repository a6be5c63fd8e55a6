//! The walk of CloudTrail's operations: every operation, whatever it is, through everything that must
//! hold of all. It is driven by the table; there is no list of exceptions, and none may be added.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_engine::demands::{Access, Demands, Effect};
use strongroom_testkit::{Answer, Client, Kit, Port, World};
use strongroom_trail::service::cloudtrail::{CloudTrailOperation, cloudtrail_demands};

const ARN: &str = "arn:aws:cloudtrail:eu-west-2:111122223333:trail/main";

/// A sample request of each operation, about the trail `main` that is there.
fn sample(name: CloudTrailOperation) -> Value {
    use CloudTrailOperation as N;
    match name {
        N::AddTags => json!({"ResourceId": ARN, "TagsList": [{"Key": "a", "Value": "b"}]}),
        N::CreateTrail => json!({"Name": "new", "S3BucketName": "another-bucket"}),
        N::DescribeTrails | N::ListPublicKeys | N::ListTrails | N::LookupEvents => json!({}),
        N::GetEventSelectors => json!({"TrailName": "main"}),
        N::ListTags => json!({"ResourceIdList": [ARN]}),
        N::PutEventSelectors => {
            json!({"TrailName": ARN, "EventSelectors": [{"ReadWriteType": "WriteOnly"}]})
        }
        N::RemoveTags => json!({"ResourceId": ARN, "TagsList": [{"Key": "t"}]}),
        N::UpdateTrail => json!({"Name": "main", "EnableLogFileValidation": true}),
        N::DeleteTrail | N::GetTrail | N::GetTrailStatus | N::StartLogging | N::StopLogging => {
            json!({"Name": "main"})
        }
    }
}

fn call(kit: &Kit, client: &Client, operation: &str, input: &Value) -> Answer {
    kit.block_on(client.cloudtrail(operation, input))
}

/// The owner puts the inline policy of the user `joe`.
fn give(kit: &Kit, document: &Value) {
    let document = document.to_string();
    let given = [("UserName", "joe"), ("PolicyName", "p"), ("PolicyDocument", &document)];
    let given: Vec<_> = given.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let _ = kit.block_on(kit.owner().query("iam", "PutUserPolicy", &given)).ok();
}

/// The world with the trail `main`; the access key of `joe`, who may nothing.
fn scene() -> (World, (String, String)) {
    let kit = Kit::new();
    let owner = kit.owner();
    let tags = json!([{"Key": "t", "Value": "v"}]);
    let input = json!({"Name": "main", "S3BucketName": "the-bucket", "TagsList": tags});
    let _ = call(&kit, &owner, "CreateTrail", &input).ok();
    let _ = call(&kit, &owner, "StartLogging", &json!({"Name": "main"})).ok();
    let user = [("UserName".to_owned(), "joe".to_owned())];
    let _ = kit.block_on(owner.query("iam", "CreateUser", &user)).ok();
    let joe = kit.block_on(owner.query("iam", "CreateAccessKey", &user)).ok();
    let joe = (joe.element("AccessKeyId"), joe.element("SecretAccessKey"));
    drop(owner);
    (kit.stop(), joe)
}

fn walk(mut each: impl FnMut(&'static Demands, &Value, Kit, Client)) {
    let (world, (id, secret)) = scene();
    for &name in CloudTrailOperation::ALL {
        assert_eq!(cloudtrail_demands(name).name, name.name());
        assert_eq!(CloudTrailOperation::parse(name.name()), Some(name));
        let kit = world.snapshot().open().unwrap();
        let mut joe = kit.owner();
        (joe.access_key, joe.secret) = (id.clone(), secret.clone());
        each(cloudtrail_demands(name), &sample(name), kit, joe);
    }
}

#[test]
fn each_is_served_and_changes_something_only_if_it_says_so() {
    walk(|demands, sample, kit, _| {
        let name = demands.name;
        let before = kit.world.contents();
        let answer = call(&kit, &kit.owner(), name, sample);
        assert!(answer.is_ok(), "{name}: {}", answer.text());
        assert!(answer.json().is_object(), "{name}");
        let changed = kit.world.contents() != before;
        assert_eq!(changed, demands.effect == Effect::Change, "{name}");
        let records = kit.records_of(&answer);
        assert_eq!(records.len(), 1, "{name}");
        let record = &records[0];
        assert_eq!((record.service.as_str(), record.operation.as_str()), ("cloudtrail", name));
        assert_eq!(record.read_only, !changed, "{name}");
        let on_trail = matches!(demands.access, Access::Trail(_));
        assert_eq!(!record.resources.is_empty(), on_trail, "{name}");
    });
}

#[test]
fn nobody_is_served_who_has_not_signed() {
    walk(|demands, sample, kit, mut tokened| {
        let before = kit.world.store.entries();
        let mut liar = kit.owner();
        liar.secret.push('x');
        let mut nobody = kit.owner();
        nobody.access_key = "AKIANOBODYKNOWSTHIS1".to_owned();
        tokened.token = Some("token".to_owned());
        for (client, code) in [
            (liar, "InvalidSignatureException"),
            (nobody, "UnrecognizedClientException"),
            (tokened, "UnrecognizedClientException"),
        ] {
            let answer = call(&kit, &client, demands.name, sample);
            assert_eq!((answer.status, answer.code().as_str()), (400, code), "{}", demands.name);
        }
        assert_eq!(kit.world.store.entries(), before, "{}", demands.name);
    });
}

/// Each operation takes its own permission, and no other; on the trail where there is one.
#[test]
fn each_takes_its_own_permission() {
    walk(|demands, sample, kit, joe| {
        let name = demands.name;
        let action = format!("cloudtrail:{name}");
        let before = kit.world.contents();
        let refused = call(&kit, &joe, name, sample);
        assert_eq!((refused.status, refused.code().as_str()), (400, "AccessDeniedException"));
        let new = ARN.replace("main", "new");
        let resource = match demands.access {
            Access::Trail(_) if name == "CreateTrail" => new.as_str(),
            Access::Trail(_) => ARN,
            _ => "*",
        };
        let message = format!(
            "User: arn:aws:iam::111122223333:user/joe is not authorized to perform: {action} on \
             resource: {resource} because no identity-based policy allows the {action} action"
        );
        assert_eq!(refused.message(), message);
        assert_eq!(kit.world.contents(), before, "{name}");
        let code = kit.records_of(&refused)[0].error_code.clone();
        assert_eq!(code.as_deref(), Some("AccessDeniedException"));

        give(
            &kit,
            &json!({"Statement": {"Effect": "Allow", "NotAction": action, "Resource": "*"}}),
        );
        assert_eq!(call(&kit, &joe, name, sample).code(), "AccessDeniedException", "{name}");
        let other = ARN.replace("main", "other");
        give(&kit, &json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": other}}));
        assert_eq!(call(&kit, &joe, name, sample).code(), "AccessDeniedException", "{name}");
        give(
            &kit,
            &json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}),
        );
        let answer = call(&kit, &joe, name, sample);
        assert!(answer.is_ok(), "{name}: {}", answer.text());
    });
}

/// By name it has its own trails, by ARN it is refused whether or not there is such a trail.
#[test]
fn another_account_sees_nothing_of_this_one() {
    walk(|demands, sample, kit, _| {
        let name = demands.name;
        let of_first = |kit: &Kit| {
            let mut entries = kit.world.contents();
            entries.retain(|entry| strongroom_testkit::contains(&entry.key, b"/111122223333"));
            entries
        };
        let before = of_first(&kit);
        let answer = call(&kit, &kit.stranger(), name, sample);
        let told = answer.text();
        assert!(!told.contains("the-bucket"), "{name}: {told}");
        let asked = sample.to_string();
        if asked.contains(ARN) {
            assert_eq!(answer.code(), "AccessDeniedException", "{name}: {told}");
            let absent: Value = serde_json::from_str(&asked.replace("trail/main", "trail/none"))
                .expect("a request");
            let other = call(&kit, &kit.stranger(), name, &absent);
            assert_eq!(told.replace("trail/main", "trail/none"), other.text(), "{name}");
        } else {
            assert!(!told.contains(ARN), "{name}: {told}");
        }
        assert_eq!(of_first(&kit), before, "{name}");
    });
}

#[test]
fn what_cannot_be_recorded_is_not_done() {
    walk(|demands, sample, kit, _| {
        let before = kit.world.contents();
        kit.world.faults.always(&[Port::Commit, Port::Append]);
        let answer = call(&kit, &kit.owner(), demands.name, sample);
        kit.world.faults.heal();
        let found = (answer.status, answer.code());
        assert_eq!(found, (500, "InternalFailure".to_owned()), "{}", demands.name);
        assert_eq!(kit.world.contents(), before, "{}", demands.name);
    });
}
