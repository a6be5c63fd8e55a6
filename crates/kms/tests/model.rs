//! The fields of every operation against the public API model, whose inputs `model_inputs.txt`
//! holds. A test with a real client compares that file with the model itself.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use strongroom_kms::{OperationName, demands, fields};
use strongroom_types::shape::{Field, Kind, Pattern, Shape, Visibility};

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
    let model = include_str!("model_inputs.txt");
    for (ours, theirs) in text.lines().zip(model.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(text.lines().count(), model.lines().count());
}

#[test]
fn rows_have_the_fields_of_their_operation() {
    for &name in OperationName::ALL {
        let (_, fields) = fields::ALL.iter().find(|(known, _)| *known == name.name()).unwrap();
        assert_eq!(members(demands(name).fields), members(fields), "{}", name.name());
    }
}

/// Adds `shape` and what it is made of, by the names of the model. Bytes and secret texts must be
/// withheld; a name must mean one thing.
fn collect(shape: &'static Shape, shapes: &mut BTreeMap<&'static str, String>) {
    let kind = match &shape.kind {
        Kind::Text { min, max, pattern } => format!("text {min}..{max}{}", matching(*pattern)),
        Kind::Secret { min, max, pattern } => format!("secret {min}..{max}{}", matching(*pattern)),
        Kind::Name(names) => {
            let mut names = names.to_vec();
            names.sort_unstable();
            format!("name {}", names.join(" "))
        }
        Kind::Blob { min, max } => format!("blob {min}..{max}"),
        Kind::Integer { min, max } => format!("integer {min}..{max}"),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Time => "timestamp".to_owned(),
        Kind::List { member, min, max } => {
            collect(member, shapes);
            let max = if *max == usize::MAX { String::new() } else { max.to_string() };
            format!("list {min}..{max} {}", member.model)
        }
        Kind::Map => "map".to_owned(),
        Kind::Structure(fields) => {
            fields.iter().for_each(|field| collect(field.shape, shapes));
            format!("structure\n{}", members(fields).trim_end())
        }
    };
    if matches!(shape.kind, Kind::Blob { .. } | Kind::Secret { .. }) {
        assert_eq!(shape.visibility, Visibility::Withheld, "{}", shape.model);
    }
    if let Some(other) = shapes.insert(shape.model, kind.clone()) {
        assert_eq!(other, kind, "{}", shape.model);
    }
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
