//! Wildcard patterns: `*` is any run of characters, also none; `?` is exactly one character.
//!
//! **Time.** No input makes matching slow. A pattern is cut at its `*`s when it is compiled. The
//! first and the last piece are compared in place; each piece between is looked for from where
//! the one before ended, and nothing is looked at twice. A piece without `?` is found in a time
//! linear in the text and the piece; one with `?` by the bit-parallel automaton of Baeza-Yates and
//! Gonnet ("A new approach to text searching", 1992), at one step for each character of the text
//! and each 64 characters of the piece.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// A part of a pattern.
#[derive(Debug, Clone)]
pub(crate) enum Part<'a> {
    /// This text.
    Text(Cow<'a, str>),
    /// `?`: any one character.
    AnyOne,
    /// `*`: any run of characters.
    AnyRun,
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// Before the first `*`.
    head: Piece,
    /// From the first `*` on; `None` when there is none.
    rest: Option<Box<Rest>>,
}

#[derive(Debug)]
struct Rest {
    /// Between two `*`s each, in order, none of them empty.
    middle: Box<[Middle]>,
    /// After the last `*`.
    tail: Piece,
}

/// A piece of a pattern that has no `*`.
#[derive(Debug)]
enum Piece {
    /// Without `?`.
    Text(Box<str>),
    /// With `?`, which is `None`.
    Holed(Box<[Option<char>]>),
}

/// A piece that is looked for.
#[derive(Debug)]
enum Middle {
    Text(Box<str>),
    Holed(Search),
}

impl Pattern {
    /// Compiles `parts`.
    pub(crate) fn new<'a>(parts: impl IntoIterator<Item = Part<'a>>) -> Self {
        let mut pieces = Vec::new();
        let mut piece = Piece::default();
        for part in parts {
            match part {
                Part::Text(text) => piece = piece.with_text(&text),
                Part::AnyOne => piece = piece.with_hole(),
                Part::AnyRun => pieces.push(std::mem::take(&mut piece)),
            }
        }
        if pieces.is_empty() {
            return Self { head: piece, rest: None };
        }
        let mut pieces = pieces.into_iter();
        let head = pieces.next().unwrap_or_default();
        let middle = pieces.filter(|piece| !piece.is_empty()).map(Middle::new).collect();
        Self { head, rest: Some(Box::new(Rest { middle, tail: piece })) }
    }

    /// The only text that is of this pattern, if it has no wildcards.
    pub(crate) fn literal(&self) -> Option<&str> {
        match (&self.head, &self.rest) {
            (Piece::Text(text), None) => Some(text),
            _ => None,
        }
    }

    /// What every text of this pattern begins with.
    pub(crate) fn beginning(&self) -> &str {
        match &self.head {
            Piece::Text(text) => text,
            Piece::Holed(_) => "",
        }
    }

    /// Whether it is the pattern of several texts, one of which begins with `start`. What comes
    /// behind `start` is free, so it fits whatever the pattern has there.
    pub(crate) fn may_begin(&self, start: &str) -> bool {
        let head: Vec<Option<char>> = match &self.head {
            Piece::Text(text) => text.chars().map(Some).collect(),
            Piece::Holed(holed) => holed.to_vec(),
        };
        let fits = head.iter().zip(start.chars()).all(|(own, c)| own.is_none_or(|own| own == c));
        let open = self.rest.is_some();
        let ends_within = open || start.chars().count() <= head.len();
        fits && ends_within && (open || head.contains(&None))
    }

    /// Whether the whole of `text` is of this pattern.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.run(text, &mut |_| {})
    }

    /// [`Pattern::matches`], telling `step` of each so many units of work.
    fn run(&self, text: &str, step: &mut impl FnMut(usize)) -> bool {
        let Some(after) = self.head.strip_start(text) else { return false };
        let Some(rest) = &self.rest else { return after.is_empty() };
        let Some(mut between) = rest.tail.strip_end(after) else { return false };
        rest.middle.iter().all(|piece| match piece.find(between, step) {
            Some(end) => {
                between = between.get(end..).unwrap_or_default();
                true
            }
            None => false,
        })
    }
}

impl Default for Piece {
    fn default() -> Self {
        Self::Text(Box::default())
    }
}

impl Piece {
    fn with_text(self, text: &str) -> Self {
        match self {
            Self::Text(own) if own.is_empty() => Self::Text(text.into()),
            Self::Text(own) => Self::Text((String::from(own) + text).into()),
            Self::Holed(own) => {
                Self::Holed(own.into_iter().chain(text.chars().map(Some)).collect())
            }
        }
    }

    fn with_hole(self) -> Self {
        let (text, holed) = match self {
            Self::Text(own) => (own, Box::default()),
            Self::Holed(own) => (Box::default(), own),
        };
        let before = holed.into_iter().chain(text.chars().map(Some));
        Self::Holed(before.chain([None]).collect())
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// What follows this in `text`, if that begins with this.
    fn strip_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            // The first byte settles most comparisons without a call.
            Self::Text(own) => match (own.as_bytes().first(), text.as_bytes().first()) {
                (None, _) => Some(text),
                (own_first, first) if own_first != first => None,
                _ => text.strip_prefix(&**own),
            },
            Self::Holed(own) => {
                let mut chars = text.chars();
                let same = own.iter().all(|own| accepts(*own, chars.next()));
                same.then_some(chars.as_str())
            }
        }
    }

    /// What is before this in `text`, if that ends with this.
    fn strip_end<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Text(own) => match (own.as_bytes().last(), text.as_bytes().last()) {
                (None, _) => Some(text),
                (own_last, last) if own_last != last => None,
                _ => text.strip_suffix(&**own),
            },
            Self::Holed(own) => {
                let mut chars = text.chars();
                let same = own.iter().rev().all(|own| accepts(*own, chars.next_back()));
                same.then_some(chars.as_str())
            }
        }
    }
}

fn accepts(own: Option<char>, c: Option<char>) -> bool {
    c.is_some() && (own.is_none() || own == c)
}

impl Middle {
    fn new(piece: Piece) -> Self {
        match piece {
            Piece::Text(text) => Self::Text(text),
            Piece::Holed(holed) => Self::Holed(Search::new(&holed)),
        }
    }

    /// The end of the first occurrence in `text`.
    fn find(&self, text: &str, step: &mut impl FnMut(usize)) -> Option<usize> {
        match self {
            Self::Text(own) => {
                let at = memchr::memmem::find(text.as_bytes(), own.as_bytes());
                let end = at.map(|at| at + own.len());
                step(end.unwrap_or(text.len()));
                end
            }
            Self::Holed(search) => search.find(text, step),
        }
    }
}

/// An automaton that finds one piece, of at least one position.
///
/// Position `n` of the piece is bit `n % 64` of word `n / 64`.
#[derive(Debug)]
struct Search {
    /// The positions that any character fits. Its length is the number of words.
    any: Box<[u64]>,
    /// The positions of each character of the piece: words that are not 0, by character and number
    /// of the word.
    own: Box<[(char, usize, u64)]>,
    /// The bit of the last position, in the last word.
    last: u64,
}

impl Search {
    fn new(piece: &[Option<char>]) -> Self {
        let mut any = vec![0; piece.len().div_ceil(64)].into_boxed_slice();
        let mut own: BTreeMap<(char, usize), u64> = BTreeMap::new();
        let mut last = 1;
        for (at, position) in piece.iter().enumerate() {
            let (word, bit) = (at / 64, 1_u64 << (at % 64));
            last = bit;
            match position {
                Some(c) => *own.entry((*c, word)).or_default() |= bit,
                None => any.get_mut(word).into_iter().for_each(|bits| *bits |= bit),
            }
        }
        let own = own.into_iter().map(|((c, word), bits)| (c, word, bits)).collect();
        Self { any, own, last }
    }

    /// The words of `c`.
    fn of(&self, c: char) -> impl Iterator<Item = (usize, u64)> {
        let from = self.own.partition_point(|(own, ..)| *own < c);
        let words = self.own.get(from..).unwrap_or_default().iter();
        words.take_while(move |(own, ..)| *own == c).map(|(_, word, bits)| (*word, *bits))
    }

    /// The end of the first occurrence in `text`.
    fn find(&self, text: &str, step: &mut impl FnMut(usize)) -> Option<usize> {
        // Bit `n` of the state says that the positions up to `n` fit the characters just read.
        let (mut one, mut more) = ([0_u64; 1], Vec::new());
        let state = match self.any.len() {
            1 => one.as_mut_slice(),
            words => {
                more.resize(words, 0);
                more.as_mut_slice()
            }
        };
        for (at, c) in text.char_indices() {
            let mut own = self.of(c).peekable();
            let mut carry = 1;
            step(state.len());
            for (number, (word, any)) in state.iter_mut().zip(&self.any).enumerate() {
                let fits = own.next_if(|(word, _)| *word == number);
                let fits = fits.map_or(*any, |(_, bits)| any | bits);
                let shifted = (*word << 1) | carry;
                carry = *word >> 63;
                *word = shifted & fits;
            }
            if state.last().is_some_and(|word| word & self.last != 0) {
                return Some(at + c.len_utf8());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compiled(pattern: &str) -> Pattern {
        let part = |c: char| match c {
            '*' => Part::AnyRun,
            '?' => Part::AnyOne,
            c => Part::Text(c.to_string().into()),
        };
        Pattern::new(pattern.chars().map(part))
    }

    fn matches(pattern: &str, text: &str) -> bool {
        compiled(pattern).matches(text)
    }

    /// Slow and obvious: what the two wildcards mean.
    fn plainly_matches(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some(('*', pattern_rest)), rest) => {
                plainly_matches(pattern_rest, text)
                    || rest.is_some_and(|(_, text)| plainly_matches(pattern, text))
            }
            (Some(('?', pattern)), Some((_, text))) => plainly_matches(pattern, text),
            (Some((a, pattern)), Some((b, text))) => a == b && plainly_matches(pattern, text),
            (Some(_), None) => false,
        }
    }

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    fn steps(pattern: &str, text: &str) -> (bool, usize) {
        let mut steps = 0;
        let matched = compiled(pattern).run(text, &mut |count| steps += count);
        (matched, steps)
    }

    #[test]
    fn runs_and_single_characters() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("**", "abc", true),
            ("?", "", false),
            ("?", "é", true),
            ("a*", "a", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*ab*ab*", "abab", true),
            ("*ab*ab*", "aab b", false),
            ("*a?c*", "xxabcxx", true),
            ("*a?a?b*", "aaaaab", true),
            ("key/*-?", "key/12-3", true),
            ("key/*-?", "key/12-", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn what_texts_of_a_pattern_have_in_common() {
        for (pattern, beginning, literal) in [
            ("", "", Some("")),
            ("ab", "ab", Some("ab")),
            ("ab*", "ab", None),
            ("*ab", "", None),
            ("ab?c", "", None),
        ] {
            let compiled = compiled(pattern);
            assert_eq!(compiled.beginning(), beginning, "{pattern}");
            assert_eq!(compiled.literal(), literal, "{pattern}");
        }
    }

    #[test]
    fn pieces_longer_than_a_machine_word_are_found() {
        let needle = "abcdefg?".repeat(25);
        let text = format!("xx{}yy", "abcdefgh".repeat(25));
        assert!(matches(&format!("*{needle}*"), &text));
        assert!(!matches(&format!("*{needle}z*"), &text));
        assert!(!matches(&format!("*{needle}*"), text.get(..150).unwrap()));
    }

    #[test]
    fn a_wildcard_bomb_costs_one_step_for_each_character_of_the_text() {
        for length in [100, 1_000, 10_000] {
            let text = "a".repeat(length);
            for bomb in [
                format!("{}b", "*a".repeat(40)),
                format!("{}b*", "a*".repeat(40)),
                format!("*{}b*", "a".repeat(63)),
                format!("*{}b*", "?".repeat(63)),
                format!("{}b", "*?a".repeat(40)),
                format!("{}?b*", "a*".repeat(40)),
            ] {
                let (matched, steps) = steps(&bomb, &text);
                assert!(!matched, "{bomb}");
                assert!(steps <= length + bomb.len(), "{bomb}: {steps} steps for {length}");
            }
        }
    }

    #[test]
    fn a_long_piece_costs_one_step_more_for_each_64_characters() {
        let text = "a".repeat(10_000);
        let (matched, steps) = steps(&format!("*?{}b*", "a".repeat(998)), &text);
        assert!(!matched);
        assert_eq!(steps, text.len() * 1_000_usize.div_ceil(64));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn agrees_with_the_plain_meaning(pattern in "[abé*?]{0,12}", text in "[abé]{0,14}") {
            let expected = plainly_matches(&chars(&pattern), &chars(&text));
            prop_assert_eq!(matches(&pattern, &text), expected);
        }

        #[test]
        fn agrees_on_long_pieces(piece in "[ab?]{60,70}", text in "[ab]{60,80}") {
            let pattern = format!("*{piece}*");
            let expected = plainly_matches(&chars(&pattern), &chars(&text));
            prop_assert_eq!(matches(&pattern, &text), expected);
        }
    }
}
