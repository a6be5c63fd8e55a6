//! A store in which users have the names of their groups, as the first versions wrote it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use strongroom_engine::ports::Store as _;
use strongroom_keys::identity::IdentityRecord;
use strongroom_testkit::Kit;

const USER: &str = "iu/111122223333/ann";

/// What IAM answers to the owner of the first account.
fn ask(kit: &Kit, action: &str, parameters: &[(&str, &str)]) -> String {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let given: Vec<(String, String)> = given.collect();
    kit.block_on(kit.owner().query("iam", action, &given)).ok().text()
}

#[test]
fn what_the_first_versions_wrote_is_rewritten() {
    let kit = Kit::new();
    let member = [("GroupName", "Ops"), ("UserName", "ann")];
    let _ = ask(&kit, "CreateUser", &[("UserName", "ann")]);
    let _ = ask(&kit, "CreateGroup", &[("GroupName", "Ops")]);
    let _ = ask(&kit, "AddUserToGroup", &member);
    let world = kit.stop();
    // Back to what it was: the name in the user's record and in the membership.
    let record: IdentityRecord = world.global(USER);
    let id = record.groups.first().unwrap().clone();
    world.put_global(USER, &IdentityRecord { groups: vec!["Ops".to_owned()], ..record });
    world.remove_record(format!("gn/111122223333/{id}").as_bytes());
    world.remove_record(format!("im/111122223333/{id}/ann").as_bytes());
    world.put_global("im/111122223333/ops/ann", &"ann".to_owned());
    let kit = world.open().unwrap();
    for _ in 0..2 {
        kit.block_on(kit.engine().know_groups_by_id()).unwrap();
    }
    let found = kit.block_on(kit.world.store.scan(b"im/", b"im0", 10)).unwrap();
    let keys: Vec<&[u8]> = found.iter().map(|entry| entry.key.as_slice()).collect();
    assert_eq!(keys, [format!("im/111122223333/{id}/ann").as_bytes()]);
    let groups = ask(&kit, "ListGroupsForUser", &[("UserName", "ann")]);
    assert!(groups.contains("<GroupName>Ops</GroupName>"), "{groups}");
    let _ = ask(&kit, "RemoveUserFromGroup", &member);
    let _ = ask(&kit, "DeleteGroup", &[("GroupName", "Ops")]);
}
