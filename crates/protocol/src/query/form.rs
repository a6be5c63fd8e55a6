//! Forms: `Tags.member.1.Key=team` is a member of a structure in a list.

use std::borrow::Cow;
use std::collections::BTreeMap;
use strongroom_engine::wire::Node;

/// Parameters that belong to the protocol or the signature, not to the operation.
const RESERVED: [&str; 2] = ["Action", "Version"];
/// The most parameters of a form.
const MAX_PARAMETERS: usize = 1000;
/// The most parts of a parameter's name. Source: the API models; the deepest has seven.
const MAX_PARTS: usize = 12;

/// A decoded form. Of parameters that occur twice the first counts.
pub struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// The form has too many parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyParameters;

impl<'a> Form<'a> {
    /// Decodes a form. Invalid UTF-8 becomes U+FFFD, which no name or value that counts contains.
    ///
    /// # Errors
    /// [`TooManyParameters`] beyond 1,000.
    pub fn parse(form: &'a [u8]) -> Result<Self, TooManyParameters> {
        let pairs: Vec<_> = form_urlencoded::parse(form).take(MAX_PARAMETERS + 1).collect();
        if pairs.len() > MAX_PARAMETERS { Err(TooManyParameters) } else { Ok(Self(pairs)) }
    }

    /// The value of `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// The operation's own parameters, as structures and lists. A name that is too deep, or that is
    /// both a value and a structure, is left out, as names are that no operation knows.
    #[must_use]
    pub fn into_input(self) -> Node<'a> {
        let mut root = Branch::default();
        for (name, value) in self.0 {
            let is_own = !RESERVED.contains(&&*name) && !name.starts_with("X-Amz-");
            if is_own && name.split('.').count() <= MAX_PARTS {
                root.put(&name, value);
            }
        }
        root.into_node()
    }
}

/// What stands under one part of a name.
#[derive(Default)]
struct Branch<'a> {
    value: Option<Cow<'a, str>>,
    below: BTreeMap<String, Branch<'a>>,
}

impl<'a> Branch<'a> {
    fn put(&mut self, name: &str, value: Cow<'a, str>) {
        let mut branch = self;
        for part in name.split('.') {
            branch = branch.below.entry(part.to_owned()).or_default();
        }
        branch.value.get_or_insert(value);
    }

    fn into_node(mut self) -> Node<'a> {
        if let (Some(value), true) = (self.value, self.below.is_empty()) {
            return Node::Untyped(value);
        }
        if self.below.len() == 1
            && let Some(list) = self.below.remove("member")
        {
            return list.into_list();
        }
        let members = self.below.into_iter();
        Node::Object(members.map(|(name, below)| (name.into(), below.into_node())).collect())
    }

    /// By their numbers; what has none is left out.
    fn into_list(self) -> Node<'a> {
        let numbered = self.below.into_iter();
        let mut members: Vec<(u32, Branch<'a>)> =
            numbered.filter_map(|(number, below)| Some((number.parse().ok()?, below))).collect();
        members.sort_by_key(|(number, _)| *number);
        Node::List(members.into_iter().map(|(_, below)| below.into_node()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(form: &str) -> Node<'_> {
        Form::parse(form.as_bytes()).unwrap().into_input()
    }

    fn shown(node: &Node<'_>) -> String {
        match node {
            Node::Untyped(text) => format!("{text:?}"),
            Node::List(members) => {
                format!("[{}]", members.iter().map(shown).collect::<Vec<_>>().join(","))
            }
            Node::Object(members) => {
                let members = members.iter().map(|(name, node)| format!("{name}:{}", shown(node)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
            other => other.kind().to_owned(),
        }
    }

    #[test]
    fn names_become_structures_and_lists() {
        let form = "Action=X&Version=1&X-Amz-Date=2&A=1&T.member.2.Key=b&T.member.1.Key=a\
                    &T.member.1.Value=&N.member.10=j&N.member.9=i&E=&A=2";
        assert_eq!(
            shown(&input(form)),
            "{A:\"1\",E:\"\",N:[\"i\",\"j\"],T:[{Key:\"a\",Value:\"\"},{Key:\"b\"}]}"
        );
    }

    #[test]
    fn nonsense_is_harmless() {
        let deep = format!("{}=1", vec!["a"; 100_000].join("."));
        assert_eq!(shown(&input(&deep)), "{}");
        assert_eq!(shown(&input("T.member.x=1&T.member.99999999999=2")), "{T:[]}");
        assert_eq!(shown(&input("A=1&A.B=2")), "{A:{B:\"2\"}}");
        assert!(Form::parse("a&".repeat(1001).as_bytes()).is_err());
    }
}
