//! The patterns of the model, as functions that say what the regular expressions say. `\w`, `\d`
//! and `\s` are those of ASCII.

use crate::shape::Pattern;

pub(super) const ALIAS: Pattern = Pattern {
    text: "^[a-zA-Z0-9:/_-]+$",
    matches: |text| some(text, |c| alphanumeric(c) || matches!(c, ':' | '/' | '_' | '-')),
};

pub(super) const ACCOUNT_ID: Pattern =
    Pattern { text: "[0-9]{12}", matches: |text| text.len() == 12 && some(text, digit) };

pub(super) const CLUSTER_ID: Pattern = Pattern {
    text: "cluster-[2-7a-zA-Z]{11,16}",
    matches: |text| {
        text.strip_prefix("cluster-").is_some_and(|id| {
            (11..=16).contains(&id.len())
                && some(id, |c| c.is_ascii_alphabetic() || matches!(c, '2'..='7'))
        })
    },
};

pub(super) const KEY_MATERIAL_DESCRIPTION: Pattern = Pattern {
    text: "^[a-zA-Z0-9:/_\\s.-]+$",
    matches: |text| {
        let space = |c| matches!(c, ' ' | '\t'..='\r');
        some(text, |c| alphanumeric(c) || space(c) || matches!(c, ':' | '/' | '_' | '.' | '-'))
    },
};

pub(super) const LATIN: Pattern = Pattern {
    text: "[\\u0020-\\u00FF]*",
    matches: |text| text.chars().all(|c| matches!(c, '\u{20}'..='\u{ff}')),
};

pub(super) const LOWER_HEX: Pattern = Pattern {
    text: "^[a-f0-9]+$",
    matches: |text| some(text, |c| matches!(c, 'a'..='f' | '0'..='9')),
};

pub(super) const POLICY: Pattern = Pattern {
    text: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
    matches: |text| some(text, |c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')),
};

pub(super) const PRINCIPAL: Pattern = Pattern {
    text: "^[\\w+=,.@:/-]+$",
    matches: |text| {
        some(text, |c| word(c) || matches!(c, '+' | '=' | ',' | '.' | '@' | ':' | '/' | '-'))
    },
};

pub(super) const REGION: Pattern = Pattern { text: "^([a-z]+-){2,3}\\d+$", matches: region };

pub(super) const SERVICE_PRINCIPAL: Pattern = Pattern {
    text: "^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$",
    matches: |text| {
        text.split('.').count() >= 3
            && text.split('.').all(|label| some(label, |c| alphanumeric(c) || c == '-'))
    },
};

pub(super) const SOURCE_ARN: Pattern =
    Pattern { text: "^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", matches: source_arn };

pub(super) const VPC_ENDPOINT_SERVICE: Pattern = Pattern {
    text: "^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$",
    matches: |text| {
        let place = text.strip_prefix("com.").or_else(|| text.strip_prefix("eu."));
        let place = place.and_then(|rest| rest.strip_prefix("amazonaws.vpce."));
        place.and_then(|rest| rest.split_once(".vpce-svc-")).is_some_and(|(place, id)| {
            region(place) && some(id, |c| c.is_ascii_lowercase() || digit(c))
        })
    },
};

pub(super) const WORD: Pattern = Pattern { text: "[\\w]+", matches: |text| some(text, word) };

pub(super) const XKS_KEY_ID: Pattern = Pattern {
    text: "^[a-zA-Z0-9-_.]+$",
    matches: |text| some(text, |c| alphanumeric(c) || matches!(c, '-' | '_' | '.')),
};

pub(super) const XKS_PROXY_ACCESS_KEY_ID: Pattern = Pattern {
    text: "^[A-Z2-7]+$",
    matches: |text| some(text, |c| c.is_ascii_uppercase() || matches!(c, '2'..='7')),
};

pub(super) const XKS_PROXY_ENDPOINT: Pattern = Pattern {
    text: "^https://[a-zA-Z0-9.-]+$",
    matches: |text| {
        text.strip_prefix("https://")
            .is_some_and(|host| some(host, |c| alphanumeric(c) || matches!(c, '.' | '-')))
    },
};

pub(super) const XKS_PROXY_PATH: Pattern = Pattern {
    text: "^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$",
    matches: |text| {
        text.rsplit_once("/kms/xks/v").is_some_and(|(prefix, version)| {
            let own = |path| some(path, |c| alphanumeric(c) || matches!(c, '/' | '_' | '-'));
            matches!(version.len(), 1 | 2)
                && some(version, digit)
                && (prefix.is_empty() || prefix.strip_prefix('/').is_some_and(own))
        })
    },
};

pub(super) const XKS_PROXY_SECRET_ACCESS_KEY: Pattern = Pattern {
    text: "^[a-zA-Z0-9\\/+=]+$",
    matches: |text| some(text, |c| alphanumeric(c) || matches!(c, '/' | '+' | '=')),
};

/// `([a-z]+-){2,3}\d+`
fn region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    (2..=3).contains(&words.split('-').count())
        && words.split('-').all(|word| some(word, |c| c.is_ascii_lowercase()))
        && some(number, digit)
}

fn source_arn(text: &str) -> bool {
    let name = |c: char| c.is_ascii_lowercase() || digit(c) || c == '-';
    // `.` is everything but the ends of lines.
    let rest = |c| !matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let mut parts = text.splitn(6, ':');
    let mut part = || parts.next().unwrap_or_default();
    part() == "arn"
        && part().strip_prefix("aws").is_some_and(|partition| partition.chars().all(name))
        && some(part(), name)
        && part().chars().all(name)
        && (ACCOUNT_ID.matches)(part())
        && some(part(), rest)
}

/// A character class, one or more times.
fn some(text: &str, class: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(class)
}

fn alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pattern, texts that it matches, and texts that it does not.
    type Case = (&'static Pattern, &'static [&'static str], &'static [&'static str]);

    const CASES: &[Case] = &[
        (&ALIAS, &["alias/a:b_c-D9"], &["", "a b", "a.b", "\u{e9}"]),
        (&ACCOUNT_ID, &["123456789012"], &["12345678901", "1234567890123", "12345678901a"]),
        (
            &CLUSTER_ID,
            &["cluster-2aZ7defghij", "cluster-abcdefghijklmnop"],
            &[
                "cluster-abcdefghij",
                "cluster-abcdefghijklmnopq",
                "cluster-1aZ7defghij",
                "abcdefghijk",
            ],
        ),
        (&KEY_MATERIAL_DESCRIPTION, &["a b\t:/_.-", "\u{b}"], &["", "a+b", "a\u{a0}b"]),
        (&LATIN, &["", "a \u{ff}"], &["\n", "\u{100}"]),
        (&LOWER_HEX, &["09af"], &["", "0A", "g"]),
        (&POLICY, &["{\n\t\"a\": \"\u{ff}\"\r}"], &["", "\u{8}", "\u{100}"]),
        (&PRINCIPAL, &["arn:aws:iam::123456789012:user/a+=,.@-_"], &["", "a b", "a*"]),
        (
            &REGION,
            &["eu-west-1", "us-gov-east-12"],
            &[
                "eu-1",
                "a-b-c-d-1",
                "eu--1",
                "eu-west-",
                "eu-west-1a",
                "eu-west-\u{661}",
                "EU-west-1",
            ],
        ),
        (
            &SERVICE_PRINCIPAL,
            &["ec2.amazonaws.com", "a-1.us-east-1.amazonaws.com"],
            &["amazonaws.com", "a..com", ".a.com", "a.b.", "a_b.c.d"],
        ),
        (
            &SOURCE_ARN,
            &["arn:aws:s3::123456789012:a", "arn:aws-cn:s-3:eu-west-1:123456789012:a:b/*"],
            &[
                "arn:aws:s3::123456789012:",
                "arn:aws:s3::123456789012:a\nb",
                "arn:aws:::123456789012:a",
                "arn:aws:s3::12345678901:a",
                "arn:azure:s3::123456789012:a",
                "urn:aws:s3::123456789012:a",
                "arn:aws:s3:123456789012:a",
            ],
        ),
        (
            &VPC_ENDPOINT_SERVICE,
            &[
                "com.amazonaws.vpce.us-east-1.vpce-svc-0a",
                "eu.amazonaws.vpce.eusc-de-east-1.vpce-svc-z",
            ],
            &[
                "org.amazonaws.vpce.us-east-1.vpce-svc-0a",
                "com.amazonaws.vpce.us-east-1.vpce-svc-",
                "com.amazonaws.vpce.us-east-1.vpce-svc-A",
                "com.amazonaws.vpce.us.vpce-svc-a",
            ],
        ),
        (&WORD, &["default_1"], &["", "a-b"]),
        (&XKS_KEY_ID, &["a-_.9Z"], &["", "a/b"]),
        (&XKS_PROXY_ACCESS_KEY_ID, &["ABYZ27"], &["", "AB1", "ab"]),
        (
            &XKS_PROXY_ENDPOINT,
            &["https://a.B-9"],
            &["https://", "http://a", "https://a/", "https://a:443"],
        ),
        (
            &XKS_PROXY_PATH,
            &["/kms/xks/v1", "/a/b_c-D/kms/xks/v12", "/kms/xks/v1/kms/xks/v2", "///kms/xks/v1"],
            &[
                "/kms/xks/v",
                "/kms/xks/v123",
                "a/kms/xks/v1",
                "//kms/xks/v1",
                "/kms/xks/v1/",
                "/a.b/kms/xks/v1",
            ],
        ),
        (&XKS_PROXY_SECRET_ACCESS_KEY, &["aZ09/+="], &["", "a-b"]),
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
