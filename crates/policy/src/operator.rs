//! Names of condition operators.

/// A condition operator, its name taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    /// What the values are and how they are compared.
    pub(crate) family: Family,
    /// `…Not…`: holds when no value matches.
    pub(crate) negated: bool,
    /// `…IfExists`: holds when the request does not have the key.
    pub(crate) if_exists: bool,
    /// How many of the request's values must hold.
    pub(crate) quantifier: Quantifier,
}

/// How many of the request's values must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    /// There is but one.
    Single,
    /// `ForAllValues:`.
    All,
    /// `ForAnyValue:`.
    Any,
}

/// What the values are and how they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Comparison),
    Date(Comparison),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// How the request's value stands to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether it is true of `own` (the request's value) and one of `others` (the policy's, in
    /// ascending order).
    pub(crate) fn holds_of_any<T: Ord>(self, own: &T, others: &[T]) -> bool {
        match self {
            Self::Equal => others.binary_search(own).is_ok(),
            Self::Less => others.last().is_some_and(|most| own < most),
            Self::LessOrEqual => others.last().is_some_and(|most| own <= most),
            Self::Greater => others.first().is_some_and(|least| own > least),
            Self::GreaterOrEqual => others.first().is_some_and(|least| own >= least),
        }
    }
}

impl Operator {
    /// Parses a name, in any case. `Null` takes neither a set prefix nor `IfExists`: it decides
    /// about existence itself.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (quantifier, rest) = if let Some(rest) = name.strip_prefix("forallvalues:") {
            (Quantifier::All, rest)
        } else if let Some(rest) = name.strip_prefix("foranyvalue:") {
            (Quantifier::Any, rest)
        } else {
            (Quantifier::Single, name.as_str())
        };
        let (base, if_exists) = match rest.strip_suffix("ifexists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (family, negated) = base_operator(base)?;
        let plain = !if_exists && quantifier == Quantifier::Single;
        (family != Family::Null || plain).then_some(Self { family, negated, if_exists, quantifier })
    }
}

/// The family of a base name, and whether it is negated.
fn base_operator(name: &str) -> Option<(Family, bool)> {
    let positive = match name {
        "stringequals" => Family::StringEquals,
        "stringequalsignorecase" => Family::StringEqualsIgnoreCase,
        "stringlike" => Family::StringLike,
        "bool" => Family::Bool,
        "binaryequals" => Family::Binary,
        "ipaddress" => Family::Ip,
        "arnequals" | "arnlike" => Family::Arn,
        "null" => Family::Null,
        "stringnotequals" => return Some((Family::StringEquals, true)),
        "stringnotequalsignorecase" => return Some((Family::StringEqualsIgnoreCase, true)),
        "stringnotlike" => return Some((Family::StringLike, true)),
        "notipaddress" => return Some((Family::Ip, true)),
        "arnnotequals" | "arnnotlike" => return Some((Family::Arn, true)),
        _ => return ordered_operator(name),
    };
    Some((positive, false))
}

fn ordered_operator(name: &str) -> Option<(Family, bool)> {
    let (family, relation): (fn(Comparison) -> Family, _) = match name.strip_prefix("numeric") {
        Some(relation) => (Family::Numeric, relation),
        None => (Family::Date, name.strip_prefix("date")?),
    };
    let (comparison, negated) = match relation {
        "equals" => (Comparison::Equal, false),
        "notequals" => (Comparison::Equal, true),
        "lessthan" => (Comparison::Less, false),
        "lessthanequals" => (Comparison::LessOrEqual, false),
        "greaterthan" => (Comparison::Greater, false),
        "greaterthanequals" => (Comparison::GreaterOrEqual, false),
        _ => return None,
    };
    Some((family(comparison), negated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(
            Operator::parse("ForAnyValue:StringNotLikeIfExists"),
            Some(Operator {
                family: Family::StringLike,
                negated: true,
                if_exists: true,
                quantifier: Quantifier::Any
            })
        );
        assert_eq!(
            Operator::parse("dateLessThanEquals").map(|o| (o.family, o.negated)),
            Some((Family::Date(Comparison::LessOrEqual), false))
        );
    }

    #[test]
    fn other_names_are_refused() {
        for name in [
            "",
            "String",
            "StringEqual",
            "NullIfExists",
            "ForAllValues:Null",
            "ForAnyValue:",
            "ForAllValues:ForAnyValue:Bool",
            "BoolIfExistsIfExists",
            "NumericLike",
            "IfExists",
            " Bool",
        ] {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}
