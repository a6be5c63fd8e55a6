//! The fields of every operation that is served against the public API model, whose inputs
//! `cloudtrail_inputs.txt` holds. A test with a real client compares those with the model itself.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use strongroom_trail::service::cloudtrail::{CloudTrailOperation, cloudtrail_demands, fields};
use strongroom_types::shape::{Field, Kind, Pattern, Shape};

#[test]
fn fields_are_those_of_the_model() {
    let (mut text, mut shapes) = (String::new(), BTreeMap::new());
    for (name, fields) in fields::ALL {
        writeln!(text, "operation {name}").unwrap();
        text.push_str(&members(fields));
        fields.iter().for_each(|field| collect(field.shape, &mut shapes));
    }
    for (name, kind) in shapes {
        writeln!(text, "shape {name} {kind}").unwrap();
    }
    let model = include_str!("cloudtrail_inputs.txt");
    for (ours, theirs) in text.lines().zip(model.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(text.lines().count(), model.lines().count());
}

#[test]
fn rows_have_the_fields_of_their_operation() {
    for &name in CloudTrailOperation::ALL {
        let (_, fields) = fields::ALL.iter().find(|(known, _)| *known == name.name()).unwrap();
        assert_eq!(members(cloudtrail_demands(name).fields), members(fields), "{}", name.name());
    }
}

fn collect(shape: &'static Shape, shapes: &mut BTreeMap<&'static str, String>) {
    let kind = match &shape.kind {
        Kind::Text { min, max, pattern } => {
            format!("text {min}..{}{}", most(*max), matching(*pattern))
        }
        Kind::Name(names) => {
            let mut names = names.to_vec();
            names.sort_unstable();
            format!("name {}", names.join(" "))
        }
        Kind::Integer { min, max } => format!("integer {min}..{max}"),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Time => "timestamp".to_owned(),
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
