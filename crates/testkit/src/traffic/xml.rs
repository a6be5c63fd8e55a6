//! Whether a text is XML, as far as answers use it: elements, attributes, five entities.
//!
//! Source: Extensible Markup Language (XML) 1.0, sections 2.2 and 3.

/// Why `text` is not one whole element.
pub(super) fn defect(text: &str) -> Option<String> {
    let text =
        text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")).map_or(text, |it| it.1);
    if let Some(bad) = text.chars().find(|c| !is_char(*c)) {
        return Some(format!("it has {bad:?}"));
    }
    let (mut open, mut rest, mut seen) = (Vec::new(), text.trim(), false);
    while let Some((before, after)) = rest.split_once('<') {
        if let Some(why) = content(before) {
            return Some(why);
        }
        let Some((tag, after)) = after.split_once('>') else {
            return Some("a tag does not end".to_owned());
        };
        if open.is_empty() && seen {
            return Some("there is something behind the last element".to_owned());
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Some(format!("{name} ends where it did not begin"));
            }
        } else {
            let empty = tag.ends_with('/');
            let tag = tag.trim_end_matches('/');
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            let is_name = |b: u8| b.is_ascii_alphanumeric() || b"_-:.".contains(&b);
            if name.is_empty()
                || !name.bytes().all(is_name)
                || attributes.matches('"').count() % 2 == 1
            {
                return Some(format!("{tag} is no tag"));
            }
            if !empty {
                open.push(name);
            }
        }
        (rest, seen) = (after, true);
    }
    match (open.last(), rest.trim().is_empty() && seen) {
        (Some(name), _) => Some(format!("{name} does not end")),
        (None, false) => Some("there is no element".to_owned()),
        (None, true) => None,
    }
}

fn content(text: &str) -> Option<String> {
    const ENTITIES: [&str; 5] = ["amp", "lt", "gt", "quot", "apos"];
    let known = |rest: &str| {
        rest.split_once(';').is_some_and(|(name, _)| {
            ENTITIES.contains(&name) || name.strip_prefix('#').is_some_and(|it| !it.is_empty())
        })
    };
    let bad = text.split('&').skip(1).find(|rest| !known(rest));
    bad.map(|rest| format!("an entity: &{}", rest.chars().take(16).collect::<String>()))
}

const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_one_whole_element() {
        for good in ["<a/>", "<?xml version=\"1.0\"?>\n<a x=\"1\"><b>&lt;\u{e9}</b><b></b></a>\n"] {
            assert_eq!(defect(good), None);
        }
        for bad in [
            "",
            "a",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a>&x;</a>",
            "<a>\u{1}</a>",
            "<a>\u{ffff}</a>",
            "<a",
            "<>",
        ] {
            assert!(defect(bad).is_some(), "{bad}");
        }
    }
}
