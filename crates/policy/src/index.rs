//! Which statements of a policy may apply to a question, found without walking the others.
//!
//! A statement applies only to callers that it names, to resources and to actions that begin as
//! one of its patterns does. So it stands in three tables: under digests of the names, and under
//! hashes of the beginnings. What a question finds in all three are candidates, which are then
//! compared as they would be without an index. Digests and hashes that are equal by chance, or
//! because somebody has sought such, make a candidate more and change no answer.

use crate::principal::{NamedPrincipal, Principals, digests_of};
use crate::question::Inquiry;
use crate::statement::{Effect, Statement};
use strongroom_types::Principal;

/// Principals, actions and resources that a policy must have for an index to pay.
const WORTH_IT: usize = 32;
/// Statements that are rather compared than sought for once more.
const FEW: u32 = 2;
/// The longest beginning that counts, in bytes.
const MAX_BEGINNING: usize = 1024;

/// The index of a policy.
#[derive(Debug)]
pub(crate) struct Index {
    allows: Chosen,
    denies: Chosen,
    principals: Table,
    resources: Beginnings,
    actions: Beginnings,
}

impl Index {
    /// Indexes `statements`; a few are compared as fast without, and take no memory for it.
    pub(crate) fn new(statements: &[Statement]) -> Option<Box<Self>> {
        let (mut principals, mut resources, mut actions) = (Vec::new(), Vec::new(), Vec::new());
        let (mut allows, mut denies) =
            (Chosen::none(statements.len()), Chosen::none(statements.len()));
        for (at, statement) in statements.iter().enumerate() {
            let number = u16::try_from(at).ok()?;
            let digests = statement.principals.as_ref().map(Principals::digests);
            // Who is not named by a principal counts as named by `*`.
            let digests = digests.unwrap_or_else(|| vec![NamedPrincipal::Everyone.digest()]);
            principals.extend(digests.into_iter().map(|digest| (digest, number)));
            resources.extend(statement.beginnings_of_resources().into_iter().map(|b| (b, number)));
            actions.extend(statement.beginnings_of_actions().into_iter().map(|b| (b, number)));
            match statement.effect {
                Effect::Allow => allows.add(at),
                Effect::Deny => denies.add(at),
            }
        }
        (principals.len() + resources.len() + actions.len() > WORTH_IT).then(|| {
            Box::new(Self {
                allows,
                denies,
                principals: Table::new(principals),
                resources: Beginnings::new(&resources),
                actions: Beginnings::new(&actions),
            })
        })
    }

    /// The statements of `effect` that may apply to the question; with `to_caller`, those of them
    /// that may name the caller.
    pub(crate) fn candidates(
        &self,
        inquiry: &Inquiry<'_>,
        effect: Effect,
        to_caller: bool,
    ) -> Chosen {
        let mut left = match effect {
            Effect::Allow => self.allows.clone(),
            Effect::Deny => self.denies.clone(),
        };
        if left.count() == 0 {
            return left;
        }
        let traits = inquiry.traits();
        if to_caller && left.count() > FEW {
            left.keep(|found| {
                traits.principals.iter().for_each(|digest| self.principals.find(*digest, found));
            });
        }
        // What the ARN of a key that is to be made begins with is not all of it.
        if left.count() > FEW && inquiry.beginning().is_none() {
            left.keep(|found| self.resources.find(&traits.resource, found));
        }
        if left.count() > FEW {
            left.keep(|found| self.actions.find(&traits.action, found));
        }
        left
    }
}

/// What of a question an index is asked for.
#[derive(Debug)]
pub(crate) struct Traits {
    /// Digests of the names of the caller.
    principals: Vec<u32>,
    /// Hashes of the beginnings of the last part of the resource's ARN, by length.
    resource: Vec<u32>,
    /// Hashes of the beginnings of the action, by length.
    action: Vec<u32>,
}

impl Traits {
    /// Those of a question about `action`, in lower case, on a resource of whose ARN `resource` is
    /// the last part.
    pub(crate) fn new(action: &str, resource: &str, caller: &Principal) -> Self {
        Self {
            principals: digests_of(caller),
            resource: hashes(resource).collect(),
            action: hashes(action).collect(),
        }
    }
}

/// The hashes of the beginnings of `text`, the empty one first: FNV-1a, which goes on from each to
/// the next.
fn hashes(text: &str) -> impl Iterator<Item = u32> {
    let grow = |hash: &mut u32, byte: u8| {
        *hash = (*hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        Some(*hash)
    };
    let bytes = text.bytes().take(MAX_BEGINNING);
    [EMPTY].into_iter().chain(bytes.scan(EMPTY, grow))
}

/// The hash of the empty text.
const EMPTY: u32 = 0x811c_9dc5;

/// Statements by what a text begins with.
#[derive(Debug)]
struct Beginnings {
    /// The lengths that there are, each once, in bytes.
    lengths: Box<[u16]>,
    hashes: Table,
}

impl Beginnings {
    fn new(entries: &[(&str, u16)]) -> Self {
        let length = |text: &str| u16::try_from(text.len().min(MAX_BEGINNING)).unwrap_or_default();
        let mut lengths: Vec<u16> = entries.iter().map(|(text, _)| length(text)).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let hashed =
            entries.iter().map(|(text, number)| (hashes(text).last().unwrap_or(EMPTY), *number));
        Self { lengths: lengths.into(), hashes: Table::new(hashed.collect()) }
    }

    /// Adds the statements under the beginnings that have these hashes to `found`.
    fn find(&self, hashes: &[u32], found: &mut Chosen) {
        let of_length = |length: &u16| hashes.get(usize::from(*length));
        self.lengths.iter().map_while(of_length).for_each(|hash| self.hashes.find(*hash, found));
    }
}

/// Statements by a number that stands for something they have.
#[derive(Debug)]
struct Table {
    /// In ascending order, those of several statements several times.
    keys: Box<[u32]>,
    /// The statement of each.
    statements: Box<[u16]>,
}

impl Table {
    fn new(mut entries: Vec<(u32, u16)>) -> Self {
        entries.sort_unstable();
        entries.dedup();
        let (keys, statements): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        Self { keys: keys.into(), statements: statements.into() }
    }

    /// Adds the statements under `key` to `found`.
    fn find(&self, key: u32, found: &mut Chosen) {
        let from = self.keys.partition_point(|own| *own < key);
        let keys = self.keys.iter().skip(from);
        let same = keys.zip(self.statements.iter().skip(from)).take_while(|(own, _)| **own == key);
        same.for_each(|(_, number)| found.add(usize::from(*number)));
    }
}

/// Statements of a policy, by their index.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    /// Bit `n` is statement `n`.
    first: u64,
    /// The next 64 each; nothing for most policies, so that nothing is allocated.
    more: Vec<u64>,
}

impl Chosen {
    /// None of so many statements.
    fn none(count: usize) -> Self {
        Self { first: 0, more: vec![0; count.div_ceil(64).saturating_sub(1)] }
    }

    /// All of so many statements.
    pub(crate) fn all(count: usize) -> Self {
        let mut all = Self::none(count);
        (0..count).for_each(|at| all.add(at));
        all
    }

    fn add(&mut self, at: usize) {
        let word = match at / 64 {
            0 => Some(&mut self.first),
            word => self.more.get_mut(word - 1),
        };
        word.into_iter().for_each(|word| *word |= 1 << (at % 64));
    }

    fn count(&self) -> u32 {
        self.first.count_ones() + self.more.iter().map(|word| word.count_ones()).sum::<u32>()
    }

    /// Keeps those that `find` adds, too, to none.
    fn keep(&mut self, find: impl FnOnce(&mut Self)) {
        let mut found = Self { first: 0, more: vec![0; self.more.len()] };
        find(&mut found);
        self.first &= found.first;
        self.more.iter_mut().zip(found.more).for_each(|(own, other)| *own &= other);
    }

    /// Their indices, in ascending order.
    pub(crate) fn into_indices(self) -> impl Iterator<Item = usize> {
        let words = [self.first].into_iter().chain(self.more).enumerate();
        words.filter(|(_, word)| *word != 0).flat_map(|(number, mut left)| {
            std::iter::from_fn(move || {
                let bit = usize::try_from(left.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
                left &= left.wrapping_sub(1);
                Some(number * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_statements_come_in_order() {
        for count in [0, 1, 64, 65, 200] {
            let all: Vec<usize> = Chosen::all(count).into_indices().collect();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
        let mut some = Chosen::all(200);
        some.keep(|found| [199, 3, 64, 63, 500].into_iter().for_each(|at| found.add(at)));
        assert_eq!(some.count(), 4);
        assert_eq!(some.into_indices().collect::<Vec<_>>(), [3, 63, 64, 199]);
    }

    #[test]
    fn beginnings_of_a_text_are_found() {
        let long = "x".repeat(2 * MAX_BEGINNING);
        let entries = [
            ("", 0),
            ("key/", 1),
            ("key/1", 2),
            ("key/2", 3),
            ("key/1234", 4),
            (&long, 5),
            ("key/1", 6),
        ];
        let beginnings = Beginnings::new(&entries);
        let find = |text: &str| {
            let mut found = Chosen::none(entries.len());
            beginnings.find(&hashes(text).collect::<Vec<_>>(), &mut found);
            found.into_indices().collect::<Vec<_>>()
        };
        assert_eq!(find(""), [0]);
        assert_eq!(find("key"), [0]);
        assert_eq!(find("key/123"), [0, 1, 2, 6]);
        assert_eq!(find("key/12345"), [0, 1, 2, 4, 6]);
        // What is beyond the longest that counts is left to the comparison.
        assert_eq!(find(&format!("{long}y")), [0, 5]);
    }
}
