//! The little of Rust that the rules need: code without comments and literals, code without its
//! tests, and where functions begin and end.

/// The code of `text` with comments, strings and character literals replaced by blanks, so that
/// what is searched for is code. Lines keep their numbers and characters their places.
pub(crate) fn blank(text: &str) -> Vec<char> {
    let source: Vec<char> = text.chars().collect();
    let mut code = source.clone();
    let mut at = 0;
    while at < source.len() {
        match literal(&source, at) {
            Some(end) => {
                wipe(&mut code, at, end);
                at = end;
            }
            None => at += 1,
        }
    }
    code
}

/// `code`, as [`blank`] made it, without the items marked `#[cfg(test)]`.
pub(crate) fn without_tests(mut code: Vec<char>) -> Vec<char> {
    let marker: Vec<char> = "#[cfg(test)]".chars().collect();
    let mut at = 0;
    while at + marker.len() <= code.len() {
        if code.get(at..at + marker.len()) == Some(marker.as_slice()) {
            let end = item_end(&code, at + marker.len());
            wipe(&mut code, at, end);
            at = end;
        } else {
            at += 1;
        }
    }
    code
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Name.
    pub(crate) name: String,
    /// Line of its `fn`, counted from 1.
    pub(crate) line: usize,
    /// Lines from its `fn` to its closing brace, both included.
    pub(crate) lines: usize,
}

/// The functions of `code`, as [`blank`] made it.
pub(crate) fn functions(code: &[char]) -> Vec<Function> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut before = ' ';
    for (at, &c) in code.iter().enumerate() {
        if c == 'f'
            && !is_name(before)
            && code.get(at + 1) == Some(&'n')
            && let Some((name, after)) = name_after(code, at + 2)
        {
            let end = item_end(code, after);
            if code.get(end.saturating_sub(1)) == Some(&'}') {
                found.push(Function { name, line, lines: 1 + newlines(code, at, end) });
            }
        }
        if c == '\n' {
            line += 1;
        }
        before = c;
    }
    found
}

/// The words of `code`: runs of letters, digits and underscores, with their lines from 1.
pub(crate) fn words(code: &[char]) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    let mut word = String::new();
    let mut line = 1;
    for &c in code.iter().chain(&['\n']) {
        if is_name(c) {
            word.push(c);
        } else if !word.is_empty() {
            found.push((std::mem::take(&mut word), line));
        }
        if c == '\n' {
            line += 1;
        }
    }
    found
}

/// Where the comment, string or character literal ends that begins at `at`, if one does.
fn literal(source: &[char], at: usize) -> Option<usize> {
    let c = |offset: usize| source.get(at + offset).copied().unwrap_or('\n');
    let inside_name = at > 0 && source.get(at - 1).copied().is_some_and(is_name);
    match (c(0), c(1)) {
        ('/', '/') => Some(until(source, at, |c| c == '\n')),
        ('/', '*') => Some(block_comment_end(source, at)),
        ('"', _) => Some(string_end(source, at + 1)),
        ('r', '"' | '#') if !inside_name => raw_string_end(source, at + 1),
        ('b' | 'c', 'r') if !inside_name => raw_string_end(source, at + 2),
        ('\'', '\\') => Some(until(source, at + 3, |c| c == '\'') + 1),
        ('\'', _) if c(2) == '\'' => Some(at + 3),
        _ => None,
    }
}

fn until(source: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    let rest = source.iter().skip(from);
    rest.copied().position(stop).map_or(source.len(), |distance| from + distance)
}

fn block_comment_end(source: &[char], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = at;
    while at < source.len() {
        match (source.get(at), source.get(at + 1)) {
            (Some('/'), Some('*')) => {
                depth += 1;
                at += 2;
            }
            (Some('*'), Some('/')) => {
                depth = depth.saturating_sub(1);
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    source.len()
}

fn string_end(source: &[char], from: usize) -> usize {
    let mut at = from;
    while let Some(c) = source.get(at) {
        match c {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    source.len()
}

/// The end of a raw string whose hashes, if any, begin at `from`; nothing if it is none.
fn raw_string_end(source: &[char], from: usize) -> Option<usize> {
    let quote = until(source, from, |c| c != '#');
    if source.get(quote) != Some(&'"') {
        return None;
    }
    let hashes = quote - from;
    let mut at = quote + 1;
    while at < source.len() {
        let closing = source.iter().skip(at + 1).take(hashes);
        if source.get(at) == Some(&'"') && closing.filter(|c| **c == '#').count() == hashes {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
    Some(source.len())
}

/// The end of the item whose signature goes on at `from`: after its closing brace, or its semicolon.
fn item_end(code: &[char], from: usize) -> usize {
    let mut nested = 0_i64;
    let mut braces = 0_i64;
    for (at, c) in code.iter().enumerate().skip(from) {
        match c {
            '(' | '[' => nested += 1,
            ')' | ']' => nested -= 1,
            '{' => braces += 1,
            '}' => {
                braces -= 1;
                if braces <= 0 {
                    return at + 1;
                }
            }
            ';' if nested == 0 && braces == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn name_after(code: &[char], from: usize) -> Option<(String, usize)> {
    let start = until(code, from, |c| !c.is_whitespace());
    let end = until(code, start, |c| !is_name(c));
    let name: String = code.get(start..end)?.iter().collect();
    (start > from && !name.is_empty()).then_some((name, end))
}

fn newlines(code: &[char], from: usize, to: usize) -> usize {
    code.iter().take(to).skip(from).filter(|c| **c == '\n').count()
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn wipe(code: &mut [char], from: usize, to: usize) {
    for c in code.iter_mut().take(to).skip(from).filter(|c| **c != '\n') {
        *c = ' ';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blanked(text: &str) -> String {
        blank(text).into_iter().collect()
    }

    #[test]
    fn literals_and_comments_are_blanked() {
        assert_eq!(blanked("a // b\nc"), "a     \nc");
        assert_eq!(blanked("a /* x /* y */ z */ b").trim_end(), "a                   b");
        assert_eq!(blanked(r#"f("\" {", '{', '\'', b"}") "#).replace(' ', ""), "f(,,,b)");
        assert_eq!(blanked(r##"g(r#"} " {"#, br"{")"##).replace(' ', ""), "g(,)");
        assert_eq!(blanked("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}");
        assert_eq!(blanked("r#type"), "r#type");
        assert_eq!(blanked("\"open"), "     ");
    }

    #[test]
    fn functions_are_measured_to_their_closing_brace() {
        let text = "trait T { fn none(&self) -> [u8; 3]; }\nfn one() {}\n\nfn two(\n    f: fn(u8) -> u8,\n) {\n    if x {\n    }\n}\n";
        let function = |name: &str, line, lines| Function { name: name.into(), line, lines };
        assert_eq!(functions(&blank(text)), [function("one", 2, 1), function("two", 4, 6)]);
    }

    #[test]
    fn tests_are_left_out() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}\n#[cfg(test)]\nuse x;\n";
        let names: Vec<_> =
            functions(&without_tests(blank(text))).into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["a", "c"]);
        let words: Vec<_> = words(&without_tests(blank(text))).into_iter().map(|w| w.0).collect();
        assert!(!words.contains(&"x".to_owned()));
    }

    #[test]
    fn words_carry_their_lines() {
        assert_eq!(
            words(&blank("ab c\n d_1")),
            [("ab".into(), 1), ("c".into(), 1), ("d_1".into(), 2)]
        );
    }
}
