//! Event selectors: what a request says, what a trail keeps, what answers show.
//!
//! Source: AWS CloudTrail API Reference, EventSelector, AdvancedEventSelector,
//! AdvancedFieldSelector.

use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{Refusal, SelectorDefect, TrailRefusal};
use strongroom_engine::reply::{Out, Reply};
use strongroom_keys::EventSelector;

/// The most basic selectors of a trail.
const MAX_SELECTORS: usize = 5;
/// The most values of all advanced selectors of a trail.
const MAX_VALUES: usize = 500;
/// The services whose management events can be left out.
const EXCLUDABLE: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];
/// The operators of advanced selectors.
const OPERATORS: [&str; 6] =
    ["Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"];

/// The selectors that a request brings, of one kind.
pub(super) fn take(values: &mut Values) -> Result<Vec<EventSelector>, Refusal> {
    let given = (values.take("EventSelectors"), values.take("AdvancedEventSelectors"));
    let selectors: Vec<Values> = match given {
        (Some(basic), None) => return many(basic, MAX_SELECTORS, basic_selector),
        (None, Some(advanced)) => advanced,
        _ => return Err(defect(SelectorDefect::Kinds)),
    };
    many(selectors, MAX_VALUES, advanced_selector)
}

fn many(
    given: Vec<Values>,
    most: usize,
    one: fn(Values) -> Result<EventSelector, Refusal>,
) -> Result<Vec<EventSelector>, Refusal> {
    match given.len() {
        count if (1..=most).contains(&count) => given.into_iter().map(one).collect(),
        _ => Err(defect(SelectorDefect::Count)),
    }
}

fn basic_selector(mut given: Values) -> Result<EventSelector, Refusal> {
    let kind = given.take::<String>("ReadWriteType");
    let kind = kind.as_deref().unwrap_or("All");
    if given.take::<Vec<Values>>("DataResources").is_some_and(|data| !data.is_empty()) {
        return Err(unserved("DataResources"));
    }
    if given.take("IncludeManagementEvents") == Some(false) {
        return Err(defect(SelectorDefect::Nothing));
    }
    let excluded: Vec<String> = given.take("ExcludeManagementEventSources").unwrap_or_default();
    Ok(EventSelector {
        reads: kind != "WriteOnly",
        writes: kind != "ReadOnly",
        management: true,
        excluded_sources: excludable(excluded, "ExcludeManagementEventSources")?,
        advanced: None,
    })
}

/// Refuses sources that cannot be left out.
fn excludable(sources: Vec<String>, member: &'static str) -> Result<Vec<String>, Refusal> {
    match sources.iter().find(|source| !EXCLUDABLE.contains(&source.as_str())) {
        Some(other) => Err(defect(SelectorDefect::Value(other.clone(), member))),
        None => Ok(sources),
    }
}

fn advanced_selector(mut given: Values) -> Result<EventSelector, Refusal> {
    let name = given.take("Name").unwrap_or_default();
    let fields: Vec<Values> = given.need("FieldSelectors")?;
    let mut selector = EventSelector { advanced: Some(name), ..EventSelector::all() };
    let mut seen: Vec<&'static str> = Vec::new();
    for field in fields {
        let field = apply(field, &mut selector)?;
        if seen.contains(&field) {
            return Err(defect(SelectorDefect::Field(field)));
        }
        seen.push(field);
    }
    match seen.contains(&"eventCategory") {
        true => Ok(selector),
        false => Err(defect(SelectorDefect::Field("eventCategory"))),
    }
}

/// Narrows the selector by one field, whose name it returns.
fn apply(mut given: Values, selector: &mut EventSelector) -> Result<&'static str, Refusal> {
    let field: String = given.need("Field")?;
    let mut conditions = Vec::new();
    for operator in OPERATORS {
        if let Some(values) = given.take::<Vec<String>>(operator) {
            conditions.push((operator, values));
        }
    }
    let (operator, values) = match <[_; 1]>::try_from(conditions) {
        Ok([only]) => only,
        Err(_) => return Err(wrong_operator("", &field)),
    };
    match (field.as_str(), operator) {
        ("eventCategory", "Equals") => category(&values),
        ("readOnly", "Equals") => {
            (selector.reads, selector.writes) = read_only(&values)?;
            Ok("readOnly")
        }
        ("eventSource", "NotEquals") => {
            selector.excluded_sources = excludable(values, "eventSource")?;
            Ok("eventSource")
        }
        ("eventCategory" | "readOnly" | "eventSource", other) => Err(wrong_operator(other, &field)),
        _ => Err(unserved(&format!("The field {field} of advanced event selectors"))),
    }
}

fn category(values: &[String]) -> Result<&'static str, Refusal> {
    match values {
        [only] if only == "Management" => Ok("eventCategory"),
        [only] if ["Data", "NetworkActivity", "Insight"].contains(&only.as_str()) => {
            Err(unserved(&format!("The event category {only}")))
        }
        other => Err(defect(SelectorDefect::Value(other.join(", "), "eventCategory"))),
    }
}

/// Whether reads are taken, and writes.
fn read_only(values: &[String]) -> Result<(bool, bool), Refusal> {
    match values {
        [only] if only == "true" => Ok((true, false)),
        [only] if only == "false" => Ok((false, true)),
        other => Err(defect(SelectorDefect::Value(other.join(", "), "readOnly"))),
    }
}

fn defect(defect: SelectorDefect) -> Refusal {
    Refusal::Trail(TrailRefusal::Selectors(defect))
}

fn wrong_operator(operator: &str, field: &str) -> Refusal {
    defect(SelectorDefect::Operator(operator.to_owned(), field.to_owned()))
}

fn unserved(what: &str) -> Refusal {
    Refusal::Trail(TrailRefusal::Unserved(what.to_owned()))
}

/// Whether a trail takes anything but all management events.
pub(super) fn are_custom(selectors: &[EventSelector]) -> bool {
    !selectors.is_empty() && selectors != [EventSelector::all()]
}

/// Adds the selectors to an answer, under the name of their kind.
pub(super) fn show(reply: Reply, selectors: &[EventSelector]) -> Reply {
    let all = [EventSelector::all()];
    let selectors = if selectors.is_empty() { &all } else { selectors };
    match selectors.iter().any(|selector| selector.advanced.is_some()) {
        true => reply.with("AdvancedEventSelectors", list(selectors, advanced)),
        false => reply.with("EventSelectors", list(selectors, basic)),
    }
}

fn list(selectors: &[EventSelector], one: fn(&EventSelector) -> Reply) -> Out {
    selectors.iter().map(|selector| Out::from(one(selector))).collect()
}

fn basic(selector: &EventSelector) -> Reply {
    let kind = match (selector.reads, selector.writes) {
        (true, false) => "ReadOnly",
        (false, true) => "WriteOnly",
        _ => "All",
    };
    Reply::empty()
        .with("ReadWriteType", kind)
        .with("IncludeManagementEvents", selector.management)
        .with("DataResources", Out::List(Vec::new()))
        .with("ExcludeManagementEventSources", texts(&selector.excluded_sources))
}

fn advanced(selector: &EventSelector) -> Reply {
    let field = |name: &'static str, operator: &'static str, values: &[String]| {
        Out::from(Reply::empty().with("Field", name).with(operator, texts(values)))
    };
    let mut fields = vec![field("eventCategory", "Equals", &["Management".to_owned()])];
    if selector.reads != selector.writes {
        fields.push(field("readOnly", "Equals", &[selector.reads.to_string()]));
    }
    if !selector.excluded_sources.is_empty() {
        fields.push(field("eventSource", "NotEquals", &selector.excluded_sources));
    }
    let name = selector.advanced.clone().filter(|name| !name.is_empty());
    Reply::empty().with_some("Name", name).with("FieldSelectors", Out::List(fields))
}

fn texts(texts: &[String]) -> Out {
    texts.iter().map(|text| Out::from(text.clone())).collect()
}
