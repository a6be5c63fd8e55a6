//! Wildcard patterns: `*` is any run of characters, also none; `?` is exactly one character.
//!
//! **Time.** No input makes matching slow. A pattern is cut at its `*`s when it is compiled. The
//! first and the last piece are compared in place; each piece between is looked for from where
//! the one before ended, by the bit-parallel automaton of Baeza-Yates and Gonnet ("A new approach
//! to text searching", 1992). Every character of the text is drawn once and costs one step for
//! each 64 characters of the piece; there is no backtracking.

use std::collections::BTreeMap;

/// One position of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// This character.
    Char(char),
    /// `?`: any one character.
    AnyOne,
    /// `*`: any run of characters.
    AnyRun,
}

impl Token {
    fn accepts(self, c: char) -> bool {
        match self {
            Self::Char(own) => own == c,
            Self::AnyOne => true,
            Self::AnyRun => false,
        }
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// Before the first `*`.
    head: Box<[Token]>,
    /// From the first `*` on; `None` when there is none.
    rest: Option<Rest>,
}

#[derive(Debug)]
struct Rest {
    /// Between two `*`s each, in order.
    middle: Box<[Search]>,
    /// After the last `*`.
    tail: Box<[Token]>,
}

impl Pattern {
    /// Compiles `tokens`.
    pub(crate) fn new(tokens: &[Token]) -> Self {
        let mut pieces = tokens.split(|token| *token == Token::AnyRun);
        let head = pieces.next().unwrap_or_default().into();
        let rest = pieces.next_back().map(|tail| Rest {
            middle: pieces.filter(|piece| !piece.is_empty()).map(Search::new).collect(),
            tail: tail.into(),
        });
        Self { head, rest }
    }

    /// Whether the whole of `chars` is of this pattern.
    pub(crate) fn matches(&self, chars: impl DoubleEndedIterator<Item = char>) -> bool {
        self.run(chars, &mut || {})
    }

    /// Whether it is the pattern of several texts, one of which begins with `start`. What comes
    /// behind `start` is free, so it fits whatever the pattern has there.
    pub(crate) fn may_begin(&self, start: &str) -> bool {
        let mut chars = start.chars();
        let fits = self.head.iter().zip(&mut chars).all(|(token, c)| token.accepts(c));
        let open = self.rest.is_some();
        let ends_within = open || start.chars().count() <= self.head.len();
        fits && ends_within && (open || self.head.contains(&Token::AnyOne))
    }

    /// [`Pattern::matches`], telling `step` of each unit of work.
    fn run(
        &self,
        mut chars: impl DoubleEndedIterator<Item = char>,
        step: &mut impl FnMut(),
    ) -> bool {
        let mut same = |token: &Token, c: Option<char>| {
            step();
            c.is_some_and(|c| token.accepts(c))
        };
        if !self.head.iter().all(|token| same(token, chars.next())) {
            return false;
        }
        let Some(rest) = &self.rest else { return chars.next().is_none() };
        rest.tail.iter().rev().all(|token| same(token, chars.next_back()))
            && rest.middle.iter().all(|piece| piece.consume(&mut chars, step))
    }
}

/// An automaton that finds one piece, of at least one position, none of them `*`.
///
/// Position `n` of the piece is bit `n % 64` of word `n / 64`.
#[derive(Debug)]
struct Search {
    /// The positions that any character fits. Its length is the number of words.
    any: Box<[u64]>,
    /// For each character of the piece, the words it occurs in, ascending, with its positions.
    own: BTreeMap<char, Vec<(usize, u64)>>,
    /// The bit of the last position, in the last word.
    last: u64,
}

impl Search {
    fn new(piece: &[Token]) -> Self {
        let mut any = vec![0; piece.len().div_ceil(64)].into_boxed_slice();
        let mut own: BTreeMap<char, Vec<(usize, u64)>> = BTreeMap::new();
        let mut last = 1;
        for (at, token) in piece.iter().enumerate() {
            let (word, bit) = (at / 64, 1_u64 << (at % 64));
            last = bit;
            let Token::Char(c) = token else {
                any.get_mut(word).into_iter().for_each(|bits| *bits |= bit);
                continue;
            };
            let words = own.entry(*c).or_default();
            match words.last_mut() {
                Some((same, bits)) if *same == word => *bits |= bit,
                _ => words.push((word, bit)),
            }
        }
        Self { any, own, last }
    }

    /// Draws from `chars` to the end of the first occurrence; `false` when there is none.
    fn consume(&self, chars: &mut impl Iterator<Item = char>, step: &mut impl FnMut()) -> bool {
        // Bit `n` of the state says that the positions up to `n` fit the characters just drawn.
        let mut state = vec![0_u64; self.any.len()];
        for c in chars {
            let mut own = self.own.get(&c).into_iter().flatten().peekable();
            let mut carry = 1;
            for (at, (word, any)) in state.iter_mut().zip(&self.any).enumerate() {
                step();
                let fits =
                    own.next_if(|(word, _)| *word == at).map_or(*any, |(_, bits)| any | bits);
                let shifted = (*word << 1) | carry;
                carry = *word >> 63;
                *word = shifted & fits;
            }
            if state.last().is_some_and(|word| word & self.last != 0) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(pattern: &str) -> Vec<Token> {
        let token = |c| match c {
            '*' => Token::AnyRun,
            '?' => Token::AnyOne,
            c => Token::Char(c),
        };
        pattern.chars().map(token).collect()
    }

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(&tokens(pattern)).matches(text.chars())
    }

    /// Slow and obvious: what the two wildcards mean.
    fn plainly_matches(pattern: &[Token], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((Token::AnyRun, pattern_rest)), rest) => {
                plainly_matches(pattern_rest, text)
                    || rest.is_some_and(|(_, text)| plainly_matches(pattern, text))
            }
            (Some((Token::AnyOne, pattern)), Some((_, text))) => plainly_matches(pattern, text),
            (Some((Token::Char(a), pattern)), Some((b, text))) => {
                a == b && plainly_matches(pattern, text)
            }
            (Some(_), None) => false,
        }
    }

    fn steps(pattern: &str, text: &str) -> (bool, usize) {
        let mut steps = 0;
        let matched = Pattern::new(&tokens(pattern)).run(text.chars(), &mut || steps += 1);
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
    fn patterns_of_several_texts_with_one_beginning() {
        for (pattern, expected) in [
            ("*", true),
            ("key/*", true),
            ("key/mrk-*", true),
            ("key/mrk-1*2?", true),
            ("k*z", true),
            ("key/mr?-1234", true),
            ("key/mrk-1234", false),
            ("key/mr", false),
            ("key/m?", false),
            ("key/1*", false),
            ("alias/*", false),
        ] {
            let may = Pattern::new(&tokens(pattern)).may_begin("key/mrk-");
            assert_eq!(may, expected, "{pattern}");
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
        let (matched, steps) = steps(&format!("*{}b*", "a".repeat(999)), &text);
        assert!(!matched);
        assert_eq!(steps, text.len() * 1_000_usize.div_ceil(64));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn agrees_with_the_plain_meaning(pattern in "[abé*?]{0,12}", text in "[abé]{0,14}") {
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches(&pattern, &text), plainly_matches(&tokens(&pattern), &chars));
        }

        #[test]
        fn agrees_on_long_pieces(piece in "[ab?]{60,70}", text in "[ab]{60,80}") {
            let chars: Vec<char> = text.chars().collect();
            let pattern = format!("*{piece}*");
            prop_assert_eq!(matches(&pattern, &text), plainly_matches(&tokens(&pattern), &chars));
        }
    }
}
