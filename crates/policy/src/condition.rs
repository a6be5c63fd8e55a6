//! Conditions: one operator over one key.
//!
//! Source: IAM User Guide, "Condition operators" and "Conditions with multiple context keys or
//! values".

use crate::arn_pattern::{Arn, ArnPattern};
use crate::date;
use crate::decimal::Decimal;
use crate::facts::Fact;
use crate::json::Json;
use crate::known::{Known, Value};
use crate::malformed::{Malformed, Problem};
use crate::network::Network;
use crate::operator::{Comparison, Family, Operator, Quantifier};
use crate::statement::Effect;
use crate::template::{Case, Syntax, Template, pieces};
use crate::texts::Texts;
use std::net::IpAddr;

/// One compiled condition. Those of a statement must all hold.
#[derive(Debug)]
pub(crate) struct Condition {
    /// In lower case.
    key: Box<str>,
    /// The key as it is written.
    name: Box<str>,
    operator: Operator,
    /// The condition matches a value when any of these does.
    values: Values,
}

/// The values in the policy, by what they are compared as.
#[derive(Debug)]
enum Values {
    Texts(Texts),
    /// In ascending order.
    Numbers(Comparison, Box<[Decimal]>),
    /// Milliseconds since the epoch, in ascending order.
    Dates(Comparison, Box<[i64]>),
    /// In ascending order.
    Bytes(Box<[Box<[u8]>]>),
    Networks(Box<[Network]>),
    Arns(Box<[ArnPattern]>),
    /// Whether the key shall be absent.
    Absence(Box<[bool]>),
}

/// Compiles the element `Condition`: operators, in them keys, in them values.
pub(crate) fn parse(element: &Json, variables: bool) -> Result<Box<[Condition]>, Malformed> {
    let mut conditions = Vec::new();
    for (name, keys) in element.members()? {
        let operator = Operator::parse(name);
        let operator = operator.ok_or_else(|| Malformed::from(Problem::Operator).within(name))?;
        for (key, values) in keys.members().map_err(|e| e.within(name))? {
            let condition = Condition::parse(operator, key, values, variables);
            conditions.push(condition.map_err(|e| e.within(key).within(name))?);
        }
    }
    Ok(conditions.into())
}

impl Condition {
    fn parse(
        operator: Operator,
        key: &str,
        values: &Json,
        variables: bool,
    ) -> Result<Self, Malformed> {
        // A service, or the URL of an identity provider without its scheme.
        let in_vendor = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
        let vendor = key
            .split_once(':')
            .filter(|(vendor, name)| !name.is_empty() && vendor.bytes().all(in_vendor));
        if vendor.is_none_or(|(vendor, _)| vendor.is_empty()) {
            return Err(Problem::ConditionKey.into());
        }
        let values = Values::parse(operator.family, values, variables)?;
        Ok(Self { key: key.to_lowercase().into(), name: key.into(), operator, values })
    }

    /// Whether it asks `ForAllValues` of one pair of the encryption context, or of one tag: it then
    /// holds of every request without that.
    pub(crate) fn is_overly_permissive(&self) -> bool {
        let is_one = |prefix| self.key.starts_with(prefix);
        self.operator.quantifier == Quantifier::All
            && (is_one("kms:encryptioncontext:") || is_one("aws:requesttag/"))
    }

    /// The condition key, in lower case.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Tells `note` of each key that it asks for, as it is written.
    pub(crate) fn keys(&self, note: &mut dyn FnMut(&str)) {
        note(&self.name);
        match &self.values {
            Values::Texts(texts) => texts.variables(note),
            Values::Arns(arns) => arns.iter().for_each(|arn| arn.variables(note)),
            _ => {}
        }
    }

    /// Whether it is true of the request, for a statement of this effect.
    pub(crate) fn holds(&self, known: &Known<'_>, effect: Effect) -> bool {
        let value = known.value(&self.key);
        if let Values::Absence(wanted) = &self.values {
            return wanted.contains(&value.is_none());
        }
        let Some(value) = value else { return self.holds_without_key(self.operator.quantifier) };
        // What is asked of several values: each of them or one, or, for a negated operator, none
        // of them or not each.
        let every = || match self.operator.negated {
            false => self.values.all_match(value, known),
            true => !self.values.any_matches(value, known),
        };
        let some = || match self.operator.negated {
            false => self.values.any_matches(value, known),
            true => !self.values.all_match(value, known),
        };
        match (&value.fact, self.operator.quantifier) {
            (Fact::One(_), _) => some(),
            (Fact::Ambiguous(_), _) if effect == Effect::Deny => some(),
            (Fact::Ambiguous(_), _) => every(),
            // Several values and one expected: not decidable, so neither true nor its negation.
            (Fact::Many(_), Quantifier::Single) => false,
            (Fact::Many(_), Quantifier::All) => every(),
            (Fact::Many(_), Quantifier::Any) => some(),
        }
    }

    fn holds_without_key(&self, quantifier: Quantifier) -> bool {
        self.operator.if_exists
            || match quantifier {
                Quantifier::Single => self.operator.negated,
                Quantifier::All => true,
                Quantifier::Any => false,
            }
    }
}

impl Values {
    fn parse(family: Family, json: &Json, variables: bool) -> Result<Self, Malformed> {
        let text = |wildcards, case| {
            each(json, move |text| {
                let pieces = pieces(text, Syntax { wildcards, variables })?;
                Ok(Template::new(&pieces, case))
            })
            .map(|templates| Self::Texts(Texts::new(templates, case)))
        };
        match family {
            Family::StringEquals => text(false, Case::Sensitive),
            Family::StringEqualsIgnoreCase => text(false, Case::Ignored),
            Family::StringLike => text(true, Case::Sensitive),
            Family::Bool => {
                let is_open = |text: &str| variables && text.starts_with("${");
                each(json, |text| if is_open(text) { Ok(true) } else { boolean(text) })?;
                text(false, Case::Ignored)
            }
            Family::Numeric(comparison) => {
                each(json, |text| Decimal::parse(text).ok_or(Problem::ConditionValue))
                    .map(|values| Self::Numbers(comparison, sorted(values)))
            }
            Family::Date(comparison) => {
                each(json, |text| date::parse(text).ok_or(Problem::ConditionValue))
                    .map(|values| Self::Dates(comparison, sorted(values)))
            }
            Family::Binary => each(json, bytes).map(|values| Self::Bytes(sorted(values))),
            Family::Ip => each(json, |text| Network::parse(text).ok_or(Problem::ConditionValue))
                .map(Self::Networks),
            Family::Arn => {
                each(json, |text| ArnPattern::condition(text, variables)).map(Self::Arns)
            }
            Family::Null => each(json, boolean).map(Self::Absence),
        }
    }

    /// Whether each of the request's values, of which there is one at least, matches one of these.
    fn all_match(&self, value: &Value<'_>, known: &Known<'_>) -> bool {
        match (self, &value.fact) {
            (_, Fact::One(own)) => self.match_single(own, value, known),
            (Self::Texts(texts), _) => texts.hold_all(value.distinct(texts.case()), known),
            _ => value.distinct(Case::Sensitive).iter().all(|own| self.match_one(own, known)),
        }
    }

    /// Whether one of the request's values matches one of these.
    fn any_matches(&self, value: &Value<'_>, known: &Known<'_>) -> bool {
        match (self, &value.fact) {
            (_, Fact::One(own)) => self.match_single(own, value, known),
            (Self::Texts(texts), _) => texts.hold_any(value.distinct(texts.case()), known),
            _ => value.distinct(Case::Sensitive).iter().any(|own| self.match_one(own, known)),
        }
    }

    /// [`Values::match_one`] for the only value there is, which is read as an address once.
    fn match_single(&self, own: &str, value: &Value<'_>, known: &Known<'_>) -> bool {
        match self {
            Self::Networks(networks) => value
                .address()
                .is_some_and(|address| networks.iter().any(|network| network.contains(address))),
            _ => self.match_one(own, known),
        }
    }

    /// Whether `value` of the request matches at least one of these. What cannot be read as the
    /// operator's kind, and what hangs on a variable without value, matches none.
    fn match_one(&self, value: &str, known: &Known<'_>) -> bool {
        match self {
            Self::Texts(texts) => texts.hold(&texts.case().fold(value), known),
            Self::Arns(arns) => Arn::new(value)
                .is_some_and(|arn| arns.iter().any(|a| a.matches(&arn, known) == Some(true))),
            Self::Numbers(comparison, numbers) => {
                Decimal::parse(value).is_some_and(|own| comparison.holds_of_any(&own, numbers))
            }
            Self::Dates(comparison, dates) => {
                date::parse(value).is_some_and(|own| comparison.holds_of_any(&own, dates))
            }
            Self::Bytes(all) => {
                all.binary_search_by(|bytes| (**bytes).cmp(value.as_bytes())).is_ok()
            }
            Self::Networks(networks) => value
                .parse::<IpAddr>()
                .is_ok_and(|address| networks.iter().any(|network| network.contains(address))),
            Self::Absence(wanted) => wanted.contains(&false),
        }
    }
}

fn sorted<T: Ord>(mut values: Box<[T]>) -> Box<[T]> {
    values.sort_unstable();
    values
}

/// What `read` makes of a value or of each of a list; numbers and truth values may stand without
/// quotation marks.
fn each<T>(json: &Json, read: impl Fn(&str) -> Result<T, Problem>) -> Result<Box<[T]>, Malformed> {
    json.each(|value| {
        let value = match value {
            Json::Text(text) | Json::Number(text) => text,
            Json::Bool(true) => "true",
            Json::Bool(false) => "false",
            Json::Null | Json::List(_) | Json::Object(_) => return Err(Problem::NotValues.into()),
        };
        Ok(read(value)?)
    })
}

fn boolean(text: &str) -> Result<bool, Problem> {
    if text.eq_ignore_ascii_case("true") {
        return Ok(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false).ok_or(Problem::ConditionValue)
}

fn bytes(text: &str) -> Result<Box<[u8]>, Problem> {
    let decoded = base64_simd::STANDARD.decode_to_vec(text);
    decoded.map(Into::into).map_err(|_| Problem::ConditionValue)
}
