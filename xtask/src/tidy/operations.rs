//! An operation of KMS or CloudTrail is found from its name alone: a file under the service's
//! `operations/`, a row of its table, and a heading in `docs/operations/`; none of the three without
//! the others.
//!
//! The files are `<family>/<operation>.rs`, or `<operation>.rs` where a service has one family; what
//! they share stands beside them and implements no operation.

use super::Finding;
use crate::rust_source;
use crate::tree::{File, Tree};
use std::collections::BTreeSet;

/// A service whose operations are mapped.
struct Service {
    name: &'static str,
    files: &'static str,
    table: &'static str,
    has_families: bool,
    /// What a file may be named for.
    operations: &'static [&'static str],
}

const SERVICES: &[Service] = &[
    Service {
        name: "KMS",
        files: "crates/kms/src/operations/",
        table: "crates/kms/src/table.rs",
        has_families: true,
        operations: KMS,
    },
    Service {
        name: "CloudTrail",
        files: "crates/trail/src/service/cloudtrail/operations/",
        table: "crates/trail/src/service/cloudtrail/table.rs",
        has_families: false,
        operations: CLOUDTRAIL,
    },
];

const MANUAL: &str = "docs/operations/";

/// The operations of CloudTrail that are served.
const CLOUDTRAIL: &[&str] = &[
    "AddTags",
    "CreateTrail",
    "DeleteTrail",
    "DescribeTrails",
    "GetEventSelectors",
    "GetTrail",
    "GetTrailStatus",
    "ListPublicKeys",
    "ListTags",
    "ListTrails",
    "LookupEvents",
    "PutEventSelectors",
    "RemoveTags",
    "StartLogging",
    "StopLogging",
    "UpdateTrail",
];

/// The operations of KMS's public API model, version 2014-11-01.
const KMS: &[&str] = &[
    "CancelKeyDeletion",
    "ConnectCustomKeyStore",
    "CreateAlias",
    "CreateCustomKeyStore",
    "CreateGrant",
    "CreateKey",
    "Decapsulate",
    "Decrypt",
    "DeleteAlias",
    "DeleteCustomKeyStore",
    "DeleteImportedKeyMaterial",
    "DeriveSharedSecret",
    "DescribeCustomKeyStores",
    "DescribeKey",
    "DisableKey",
    "DisableKeyRotation",
    "DisconnectCustomKeyStore",
    "EnableKey",
    "EnableKeyRotation",
    "Encapsulate",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GenerateRandom",
    "GetKeyLastUsage",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "GetParametersForImport",
    "GetPublicKey",
    "ImportKeyMaterial",
    "ListAliases",
    "ListGrants",
    "ListKeyPolicies",
    "ListKeyRotations",
    "ListKeys",
    "ListResourceTags",
    "ListRetirableGrants",
    "PutKeyPolicy",
    "ReEncrypt",
    "ReplicateKey",
    "RetireGrant",
    "RevokeGrant",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
    "Sign",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateCustomKeyStore",
    "UpdateKeyDescription",
    "UpdatePrimaryRegion",
    "Verify",
    "VerifyMac",
];

/// Operations that lack their file, row or heading, and files that are no operation.
pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    SERVICES.iter().flat_map(|service| service.findings(tree)).collect()
}

impl Service {
    fn findings(&self, tree: &Tree) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut files = BTreeSet::new();
        for file in tree.under(self.files, "rs").filter(|file| self.is_operation(tree, file)) {
            match self.operations.iter().find(|name| snake_case(name) == file.stem()) {
                Some(name) => drop(files.insert(*name)),
                None => {
                    let text = format!("named for no operation of {}", self.name);
                    found.push(Finding::new(&file.path, 0, text));
                }
            }
        }
        let (rows, headings) = (self.rows(tree), self.headings(tree));
        let all: BTreeSet<_> = files.iter().chain(&rows).chain(&headings).copied().collect();
        for name in all {
            let mut lacks = |has: bool, place: &str, what: &str| {
                if !has {
                    found.push(Finding::new(place, 0, format!("{name}: {what}")));
                }
            };
            lacks(files.contains(name), self.files, "no file of its own");
            lacks(rows.contains(name), self.table, "no row");
            lacks(headings.contains(name), MANUAL, "no heading");
        }
        found
    }

    /// Whether a file is one operation: it neither gathers them, nor helps them, nor holds tests.
    fn is_operation(&self, tree: &Tree, file: &File) -> bool {
        let in_family = file.path.strip_prefix(self.files).is_some_and(|rest| rest.contains('/'));
        let directory = format!("{}/", file.path.trim_end_matches(".rs"));
        let gathers = file.stem() == "mod" || tree.under(&directory, "rs").next().is_some();
        let is_helper = !file.text.contains("impl Operation for ");
        in_family == self.has_families && !gathers && !is_helper && file.stem() != "tests"
    }

    /// The operations that the table's code names.
    fn rows(&self, tree: &Tree) -> BTreeSet<&'static str> {
        let Some(table) = tree.file(self.table) else { return BTreeSet::new() };
        let code = rust_source::without_tests(rust_source::blank(&table.text));
        rust_source::words(&code).iter().filter_map(|(word, _)| self.known(word)).collect()
    }

    /// The operations that the manual has a heading for, of any depth.
    fn headings(&self, tree: &Tree) -> BTreeSet<&'static str> {
        let lines = tree.under(MANUAL, "md").flat_map(|file| file.text.lines());
        let titles = lines.filter(|line| line.starts_with('#'));
        let names = titles.map(|line| line.trim_start_matches('#').trim().trim_matches('`'));
        names.filter_map(|name| self.known(name)).collect()
    }

    fn known(&self, word: &str) -> Option<&'static str> {
        self.operations.iter().find(|name| **name == word).copied()
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "impl Operation for CreateKey {}";
    const FILE: (&str, &str) = ("crates/kms/src/operations/keys/create_key.rs", CODE);
    const FAMILY: (&str, &str) = ("crates/kms/src/operations/keys.rs", "");
    const ROW: (&str, &str) =
        (SERVICES[0].table, "// Encrypt\nfn demands() { CreateKey => row(\"Decrypt\") }");
    const HEADING: (&str, &str) =
        ("docs/operations/keys.md", "# Keys\n\n## CreateKey\n\nEncrypt\n");

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        findings(&Tree::of(files)).into_iter().map(|f| f.to_string()).collect()
    }

    #[test]
    fn file_row_and_heading_belong_together() {
        assert!(found(&[FILE, FAMILY, ROW, HEADING]).is_empty());
        assert_eq!(found(&[FILE, ROW]), ["docs/operations/: CreateKey: no heading"]);
        assert_eq!(found(&[FILE, HEADING]), ["crates/kms/src/table.rs: CreateKey: no row"]);
        assert_eq!(
            found(&[ROW, HEADING]),
            ["crates/kms/src/operations/: CreateKey: no file of its own"]
        );
    }

    #[test]
    fn a_service_may_have_one_family() {
        let code = "impl Operation for ListTags {}";
        let file = (&*format!("{}list_tags.rs", SERVICES[1].files), code);
        let row = (SERVICES[1].table, "ListTags");
        let heading = ("docs/operations/cloudtrail.md", "## ListTags\n");
        assert!(found(&[file, row, heading]).is_empty());
        assert_eq!(found(&[file, row]), ["docs/operations/: ListTags: no heading"]);
    }

    #[test]
    fn a_file_is_named_for_an_operation() {
        let odd = ("crates/kms/src/operations/keys/helpers.rs", CODE);
        assert_eq!(found(&[odd]), [format!("{}: named for no operation of KMS", odd.0)]);
        assert!(found(&[("crates/kms/src/operations/keys/helpers.rs", "")]).is_empty());
        assert!(found(&[("crates/kms/src/operations/page.rs", "")]).is_empty());
        assert_eq!(snake_case("ReEncrypt"), "re_encrypt");
        assert_eq!(KMS.len(), 56);
    }
}
