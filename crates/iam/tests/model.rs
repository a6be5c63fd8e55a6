//! The fields of every operation that is served against the public API models, whose inputs
//! `iam_inputs.txt` and `sts_inputs.txt` hold. A test with a real client compares those with the
//! models themselves.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use strongroom_iam::{IamOperation, StsOperation, fields, iam_demands, sts_demands};
use strongroom_types::shape::{Field, Kind, Pattern, Shape, Visibility};

fn compare(all: &[(&str, &'static [Field])], model: &str) {
    let (mut text, mut shapes) = (String::new(), BTreeMap::new());
    for (name, fields) in all {
        writeln!(text, "operation {name}").unwrap();
        text.push_str(&members(fields));
        fields.iter().for_each(|field| collect(field.shape, &mut shapes));
    }
    for (name, kind) in shapes {
        writeln!(text, "shape {name} {kind}").unwrap();
    }
    for (ours, theirs) in text.lines().zip(model.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(text.lines().count(), model.lines().count());
}

#[test]
fn fields_are_those_of_the_models() {
    compare(fields::IAM, include_str!("iam_inputs.txt"));
    compare(fields::STS, include_str!("sts_inputs.txt"));
}

#[test]
fn rows_have_the_fields_of_their_operation() {
    let check = |all: &[(&str, &'static [Field])], name: &str, own: &'static [Field]| {
        let (_, fields) = all.iter().find(|(known, _)| *known == name).unwrap();
        assert_eq!(members(own), members(fields), "{name}");
    };
    for &name in IamOperation::ALL {
        check(fields::IAM, name.name(), iam_demands(name).fields);
    }
    for &name in StsOperation::ALL {
        check(fields::STS, name.name(), sts_demands(name).fields);
        assert_eq!(sts_demands(name).name, name.name());
    }
}

fn collect(shape: &'static Shape, shapes: &mut BTreeMap<&'static str, String>) {
    let kind = match &shape.kind {
        Kind::Text { min, max, pattern } => {
            format!("text {min}..{}{}", most(*max), matching(*pattern))
        }
        Kind::Secret { min, max, pattern } => {
            assert_eq!(shape.visibility, Visibility::Withheld, "{}", shape.model);
            format!("secret {min}..{}{}", most(*max), matching(*pattern))
        }
        Kind::Name(names) => {
            let mut names = names.to_vec();
            names.sort_unstable();
            format!("name {}", names.join(" "))
        }
        Kind::Integer { min, max } => format!("integer {min}..{max}"),
        Kind::Boolean => "boolean".to_owned(),
        Kind::List { member, min, max } => {
            collect(member, shapes);
            format!("list {min}..{} {}", most(*max), member.model)
        }
        Kind::Structure(fields) => {
            fields.iter().for_each(|field| collect(field.shape, shapes));
            format!("structure\n{}", members(fields).trim_end())
        }
        other => panic!("{other:?}"),
    };
    if let Some(other) = shapes.insert(shape.model, kind.clone()) {
        assert_eq!(other, kind, "{}", shape.model);
    }
}

fn most(max: usize) -> String {
    if max == usize::MAX { String::new() } else { max.to_string() }
}

fn members(fields: &[Field]) -> String {
    let line = |field: &Field| {
        let required = if field.required { " required" } else { "" };
        format!("  {} {}{required}\n", field.name, field.shape.model)
    };
    fields.iter().map(line).collect()
}

fn matching(pattern: Option<&Pattern>) -> String {
    pattern.map(|pattern| format!(" {}", pattern.text)).unwrap_or_default()
}
