//! The facts of one decision, each asked for once.

use crate::facts::{Fact, Facts};
use crate::template::Case;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

/// The facts of a request as they are found out in the course of a decision: however many
/// statements ask for a condition key, the request is asked for it once.
pub(crate) struct Known<'a> {
    facts: &'a dyn Facts,
    first: Place<'a>,
}

/// A place of a tree that only grows, so what is in it can be lent out: the node at depth `n` that
/// a key belongs to follows from bits `3n..3n + 3` of the key's hash.
type Place<'a> = OnceCell<Box<Node<'a>>>;

struct Node<'a> {
    key: Box<str>,
    value: Option<Value<'a>>,
    next: [Place<'a>; 8],
}

/// What is known of a condition key.
pub(crate) struct Value<'a> {
    pub(crate) fact: Fact<'a>,
    distinct: OnceCell<Vec<Cow<'a, str>>>,
    distinct_folded: OnceCell<Vec<Cow<'a, str>>>,
    address: OnceCell<Option<IpAddr>>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(facts: &'a dyn Facts) -> Self {
        Self { facts, first: OnceCell::new() }
    }

    /// The request itself.
    pub(crate) fn facts(&self) -> &'a dyn Facts {
        self.facts
    }

    /// What is known of `key`, in lower case. An empty list is as good as none.
    pub(crate) fn value(&self, key: &str) -> Option<&Value<'a>> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let mut hash = hasher.finish();
        let mut place = &self.first;
        loop {
            let node = place.get_or_init(|| Box::new(self.ask(key)));
            if *node.key == *key {
                return node.value.as_ref();
            }
            let [a, b, c, d, e, f, g, h] = &node.next;
            place = match hash % 8 {
                0 => a,
                1 => b,
                2 => c,
                3 => d,
                4 => e,
                5 => f,
                6 => g,
                _ => h,
            };
            hash /= 8;
        }
    }

    fn ask(&self, key: &str) -> Node<'a> {
        let fact = self.facts.fact(key).filter(|fact| *fact != Fact::Many(Vec::new()));
        let value = fact.map(|fact| Value {
            fact,
            distinct: OnceCell::new(),
            distinct_folded: OnceCell::new(),
            address: OnceCell::new(),
        });
        Node { key: key.into(), value, next: Default::default() }
    }
}

impl<'a> Value<'a> {
    /// The only value as an address, if it is one.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        *self.address.get_or_init(|| match &self.fact {
            Fact::One(value) => value.parse().ok(),
            Fact::Many(_) | Fact::Ambiguous(_) => None,
        })
    }

    /// The values, each once and in order; in lower case if case does not count.
    pub(crate) fn distinct(&self, case: Case) -> &[Cow<'a, str>] {
        let cell = match case {
            Case::Sensitive => &self.distinct,
            Case::Ignored => &self.distinct_folded,
        };
        cell.get_or_init(|| {
            let mut values: Vec<Cow<'a, str>> = match &self.fact {
                Fact::One(value) => vec![value.clone()],
                Fact::Many(values) | Fact::Ambiguous(values) => values.clone(),
            };
            if case == Case::Ignored {
                values.iter_mut().for_each(|value| *value = case.fold(value).into_owned().into());
            }
            values.sort_unstable();
            values.dedup();
            values
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Answers with the key, of those that end in an even digit.
    #[derive(Default)]
    struct Even(AtomicUsize);

    impl Facts for Even {
        fn fact(&self, key: &str) -> Option<Fact<'_>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let even = key.ends_with(['0', '2', '4', '6', '8']);
            even.then(|| Fact::One(key.to_owned().into()))
        }
    }

    #[test]
    fn each_key_is_asked_for_once() {
        let even = Even::default();
        let known = Known::new(&even);
        for _ in 0..3 {
            for number in 0..1_000 {
                let key = format!("aws:x{number}");
                let value = known.value(&key).map(|value| &value.fact);
                let expected = Fact::One(key.as_str().into());
                assert_eq!(value, (number % 2 == 0).then_some(&expected));
            }
        }
        assert_eq!(even.0.load(Ordering::Relaxed), 1_000);
    }
}
