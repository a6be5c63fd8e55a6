//! What `strongroom policy` is given.

use super::{asker, grants};
use std::path::Path;
use strongroom_types::{AccountId, KeyArn, KeyId};

/// A file of grants, and texts of the command line.
pub fn policy_inputs(text: &str) {
    let region = "us-east-1".parse().expect("a Region");
    let key = KeyArn { region, account: AccountId::INITIAL, key: KeyId::from_random([7; 16]) };
    let mut read = Vec::new();
    if grants::parse(text, Path::new("grants.json"), &key, &mut read).is_ok() {
        for grant in &read {
            let _ = (grant.terms(), grant.view());
        }
    }
    let (Ok(principal), Ok(on)) = (asker::principal(text), asker::On::parse("*")) else { return };
    let (action, _) = asker::action("kms:CreateKey", &on).expect("an action");
    let _ = asker::given(&[text.to_owned()], &principal, action, &on);
}
