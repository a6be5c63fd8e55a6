//! The patterns of the models, as functions that say what the regular expressions say. `\w` and `\d`
//! are those of ASCII.

use strongroom_types::Tag;
use strongroom_types::shape::Pattern;

pub(super) const ACCOUNT_ALIAS: Pattern = Pattern {
    text: "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
    matches: |text| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (3..=63).contains(&text.len())
            && text.chars().all(inner)
            && !text.contains("--")
            && !text.starts_with('-')
            && !text.ends_with('-')
    },
};

pub(super) const ANY_NAME: Pattern =
    Pattern { text: "[\\w+=,.@-]*", matches: |text| text.chars().all(name) };

pub(super) const ANY_WORD: Pattern =
    Pattern { text: "[\\w]*", matches: |text| text.chars().all(word) };

pub(super) const DESCRIPTION: Pattern = Pattern {
    text: "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*",
    matches: |text| {
        text.chars()
            .all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}'))
    },
};

pub(super) const DIGITS: Pattern =
    Pattern { text: "[\\d]*", matches: |text| text.chars().all(|c| c.is_ascii_digit()) };

pub(super) const DOCUMENT: Pattern = Pattern {
    text: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
    matches: |text| some(text, |c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')),
};

pub(super) const EXTERNAL_ID: Pattern = Pattern {
    text: "[\\w+=,.@:\\/-]*",
    matches: |text| text.chars().all(|c| name(c) || matches!(c, ':' | '/')),
};

pub(super) const LATIN: Pattern = Pattern {
    text: "[\\u0020-\\u00FF]+",
    matches: |text| some(text, |c| matches!(c, '\u{20}'..='\u{ff}')),
};

pub(super) const NAME: Pattern = Pattern { text: "[\\w+=,.@-]+", matches: |text| some(text, name) };

pub(super) const PATH: Pattern = Pattern {
    text: "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)",
    matches: |text| {
        let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        text == "/" || inner.is_some_and(|inner| some(inner, |c| c.is_ascii_graphic()))
    },
};

pub(super) const PATH_PREFIX: Pattern = Pattern {
    text: "\\u002F[\\u0021-\\u007F]*",
    matches: |text| {
        text.strip_prefix('/')
            .is_some_and(|rest| rest.chars().all(|c| matches!(c, '\u{21}'..='\u{7f}')))
    },
};

pub(super) const POLICY_PATH: Pattern = Pattern {
    text: "((/[A-Za-z0-9\\.,\\+@=_-]+)*)/",
    matches: |text| {
        let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        text == "/" || inner.is_some_and(|inner| inner.split('/').all(|part| some(part, name)))
    },
};

pub(super) const PRINTABLE: Pattern = Pattern {
    text: "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+",
    matches: |text| {
        some(text, |c| {
            matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{85}'
                | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        })
    },
};

pub(super) const SERIAL: Pattern = Pattern {
    text: "[\\w+=/:,.@-]*",
    matches: |text| text.chars().all(|c| name(c) || matches!(c, '/' | ':')),
};

pub(super) const TAG_KEY: Pattern =
    Pattern { text: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+", matches: |text| some(text, Tag::allows) };

pub(super) const TAG_VALUE: Pattern = Pattern {
    text: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*",
    matches: |text| text.chars().all(Tag::allows),
};

pub(super) const VERSION: Pattern = Pattern {
    text: "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?",
    matches: |text| {
        let Some(rest) = text.strip_prefix('v') else { return false };
        let (number, more) = rest.split_once('.').unwrap_or((rest, ""));
        !number.starts_with('0')
            && some(number, |c| c.is_ascii_digit())
            && more.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    },
};

pub(super) const WORD: Pattern = Pattern { text: "[\\w]+", matches: |text| some(text, word) };

/// A character class, one or more times.
fn some(text: &str, class: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(class)
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn name(c: char) -> bool {
    word(c) || matches!(c, '+' | '=' | ',' | '.' | '@' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pattern, texts that it matches, and texts that it does not.
    type Case = (&'static Pattern, &'static [&'static str], &'static [&'static str]);

    const CASES: &[Case] = &[
        (&ACCOUNT_ALIAS, &["abc", "a-b-1"], &["ab", "-ab", "ab-", "a--b", "A-b", "a_b"]),
        (&ANY_NAME, &["", "a+=,.@-_9"], &["a b", "a/b"]),
        (&ANY_WORD, &["", "aB_9"], &["a-b"]),
        (&DESCRIPTION, &["", "a \u{ff}\n"], &["\u{a0}", "\u{100}", "\u{7f}"]),
        (&DIGITS, &["", "123"], &["12a", "\u{661}"]),
        (&DOCUMENT, &["{\n}"], &["", "\u{100}", "\u{8}"]),
        (&EXTERNAL_ID, &["", "a:/b"], &["a b"]),
        (&LATIN, &["a \u{ff}"], &["", "\n"]),
        (&NAME, &["a+=,.@-_9"], &["", "a b", "a/b", "\u{e9}"]),
        (&PATH, &["/", "/a/", "/a/b!/", "///"], &["", "a/", "/a", "//", "/a b/"]),
        (&PATH_PREFIX, &["/", "/a", "/a/"], &["", "a", "/a b"]),
        (&POLICY_PATH, &["/", "/a/", "/a/b.c/"], &["", "//", "/a", "/a//b/", "/a!/"]),
        (&PRINTABLE, &["a\u{85}\u{e000}"], &["", "\u{7f}", "\u{1}"]),
        (&SERIAL, &["", "arn:aws:iam::1:mfa/a"], &["a b"]),
        (&TAG_KEY, &["a b:/=+-@._", "\u{e9}\u{4e00}\u{661}"], &["", "a#", "a\n", "a\t"]),
        (&TAG_VALUE, &["", "a b"], &["a,b"]),
        (&VERSION, &["v1", "v20.a-b", "v1."], &["", "1", "v0", "v01", "va", "v1.a b"]),
        (&WORD, &["AKIA_1"], &["", "a-b"]),
    ];

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, good, bad) in CASES {
            for text in *good {
                assert!((pattern.matches)(text), "{pattern:?} {text:?}");
            }
            for text in *bad {
                assert!(!(pattern.matches)(text), "{pattern:?} {text:?}");
            }
        }
    }
}
