//! Files of variables: a line `NAME=VALUE` each. Programs that read such files disagree about quotes,
//! `$` and backslashes; what some of them would read otherwise is refused here, and never guessed.
//!
//! ```text
//! line     = [ "export " ] name "=" value [ comment ]   or a comment, or nothing
//! name     = [A-Za-z_] [A-Za-z0-9_]*
//! value    = plain     no quotes, `$`, backslash, backtick; no blank before it, no `#` at its start;
//!                      ` #` begins a comment
//!          | '…'       as it stands, over lines too; no single quote in it
//!          | "…"       \n \r \t \\ \" \$ \`; over lines too; no bare `$` or backtick
//! comment  = "#" up to the end of the line
//! ```

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;

/// Most variables. Our choice: execve(2) takes no more than a few MiB in all.
const MAX_VARIABLES: usize = 10_000;

/// Where a file is not of the form, and how. No part of a value is in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    line: usize,
    why: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

/// A variable. It has no `Debug`: its value is a secret.
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: OsString,
}

/// The variables of a file, in their order; none is there twice.
///
/// # Errors
/// [`Malformed`].
pub(super) fn parse(text: &[u8]) -> Result<Vec<Variable>, Malformed> {
    let mut reader = Reader { rest: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text), line: 1 };
    let mut found: Vec<Variable> = Vec::new();
    if text.contains(&0) {
        return Err(reader.wrong("a zero byte, which no variable can have"));
    }
    while !reader.rest.is_empty() {
        let line = reader.line;
        let Some(variable) = reader.variable()? else { continue };
        let again = found.iter().any(|earlier| earlier.name == variable.name);
        if again || found.len() == MAX_VARIABLES {
            let why = if again { "a name that was there before" } else { "too many variables" };
            return Err(Malformed { line, why });
        }
        found.push(variable);
    }
    Ok(found)
}

struct Reader<'t> {
    rest: &'t [u8],
    line: usize,
}

impl Reader<'_> {
    const fn wrong(&self, why: &'static str) -> Malformed {
        Malformed { line: self.line, why }
    }

    /// The variable of the next line, or of the next lines if its value goes over several.
    fn variable(&mut self) -> Result<Option<Variable>, Malformed> {
        self.blanks();
        if matches!(self.rest.first(), None | Some(b'\n' | b'\r' | b'#')) {
            self.end(false)?;
            return Ok(None);
        }
        if let Some(rest) = self.rest.strip_prefix(b"export")
            && matches!(rest.first(), Some(b' ' | b'\t'))
        {
            self.rest = rest;
            self.blanks();
        }
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let length = self.rest.iter().take_while(|byte| is_name(byte)).count();
        let (name, rest) = self.rest.split_at(length);
        if name.first().is_none_or(u8::is_ascii_digit) {
            return Err(self.wrong("not a name: letters, digits and `_`, and no digit first"));
        }
        let Some(rest) = rest.strip_prefix(b"=") else {
            return Err(self.wrong("a name is followed by `=` at once"));
        };
        self.rest = rest;
        let name = String::from_utf8_lossy(name).into_owned();
        let (value, is_quoted) = match self.rest.first() {
            Some(b'\'') => (self.literal()?, true),
            Some(b'"') => (self.escaped()?, true),
            _ => (self.plain()?, false),
        };
        self.end(is_quoted)?;
        Ok(Some(Variable { name, value: OsString::from_vec(value) }))
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_ascii_start_blanks();
    }

    /// What may follow: blanks, a comment (behind a quote only after a blank), the end of the line.
    fn end(&mut self, is_behind_quote: bool) -> Result<(), Malformed> {
        let before = self.rest.len();
        self.blanks();
        let may_comment = !is_behind_quote || before != self.rest.len();
        if may_comment && self.rest.first() == Some(&b'#') {
            let length = self.rest.iter().take_while(|byte| **byte != b'\n').count();
            self.rest = self.rest.get(length..).unwrap_or_default();
        }
        let rest = self.rest.strip_prefix(b"\r").unwrap_or(self.rest);
        match rest.split_first() {
            None => {
                self.rest = rest;
                Ok(())
            }
            Some((b'\n', rest)) => {
                self.rest = rest;
                self.line += 1;
                Ok(())
            }
            Some(_) => Err(self.wrong("something follows the value on its line")),
        }
    }

    fn plain(&mut self) -> Result<Vec<u8>, Malformed> {
        let mut value = Vec::new();
        while let Some((&byte, rest)) = self.rest.split_first() {
            let after_blank = value.last().is_none_or(|last| matches!(last, b' ' | b'\t'));
            match byte {
                b'\n' => break,
                b'\r' if rest.first().is_none_or(|next| *next == b'\n') => break,
                b'#' if value.is_empty() => {
                    return Err(self.wrong("a value that begins with `#` stands in quotes"));
                }
                b'#' if after_blank => break,
                b'\'' | b'"' | b'$' | b'\\' | b'`' => {
                    return Err(
                        self.wrong("quotes, `$`, `\\` and backticks stand in single quotes only")
                    );
                }
                b'\r' => return Err(self.wrong("a carriage return within a line")),
                _ => value.push(byte),
            }
            self.rest = rest;
        }
        let length = value.trim_ascii_end().len();
        value.truncate(length);
        match value.first() {
            Some(b' ' | b'\t') => Err(self.wrong("a blank between `=` and the value")),
            _ => Ok(value),
        }
    }

    fn literal(&mut self) -> Result<Vec<u8>, Malformed> {
        let text = self.rest.get(1..).unwrap_or_default();
        let Some(length) = text.iter().position(|byte| *byte == b'\'') else {
            return Err(self.wrong("a single quote without its end"));
        };
        let (value, rest) = text.split_at(length);
        self.rest = rest.get(1..).unwrap_or_default();
        self.line += value.iter().filter(|byte| **byte == b'\n').count();
        Ok(value.to_vec())
    }

    fn escaped(&mut self) -> Result<Vec<u8>, Malformed> {
        let begun = self.line;
        let mut value = Vec::new();
        let mut bytes = self.rest.get(1..).unwrap_or_default().iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => {
                    self.rest = bytes.as_slice();
                    return Ok(value);
                }
                b'\\' => value.push(match bytes.next() {
                    Some(b'n') => b'\n',
                    Some(b'r') => b'\r',
                    Some(b't') => b'\t',
                    Some(byte @ (b'\\' | b'"' | b'$' | b'`')) => *byte,
                    _ => {
                        return Err(
                            self.wrong("only \\n \\r \\t \\\\ \\\" \\$ and \\` are escapes")
                        );
                    }
                }),
                b'$' | b'`' => {
                    return Err(
                        self.wrong("nothing is replaced here: write \\$ or use single quotes")
                    );
                }
                byte => {
                    self.line += usize::from(*byte == b'\n');
                    value.push(*byte);
                }
            }
        }
        Err(Malformed { line: begun, why: "a double quote without its end" })
    }
}

/// Blanks and tabs, but not the ends of lines.
trait Blanks {
    fn trim_ascii_start_blanks(&self) -> &Self;
}

impl Blanks for [u8] {
    fn trim_ascii_start_blanks(&self) -> &Self {
        let blanks = self.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.get(blanks..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use proptest::prelude::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
        let found = parse(text.as_bytes()).map_err(|why| why.to_string())?;
        let pair = |it: Variable| (it.name, it.value.into_string().unwrap());
        Ok(found.into_iter().map(pair).collect())
    }

    fn one(text: &str) -> Result<String, String> {
        let mut found = pairs(text)?;
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].0, "A");
        Ok(found.remove(0).1)
    }

    #[test]
    fn values_are_read_as_they_are_written() {
        for (line, value) in [
            ("A=", ""),
            ("A=b", "b"),
            ("export A=b", "b"),
            ("  export\tA=b  ", "b"),
            ("A=b # c", "b"),
            ("A=b#c", "b#c"),
            ("A= # c", ""),
            ("A=postgres://u:p@h/d?x=y&z=1", "postgres://u:p@h/d?x=y&z=1"),
            ("A=b c  ", "b c"),
            ("A=  ", ""),
            ("A=b\r\n", "b"),
            ("A='$HOME \\n `x` \"'", "$HOME \\n `x` \""),
            ("A='two\nlines'\n", "two\nlines"),
            ("A=\"a\\nb\\t\\\\\\\"\\$\\`\" # c", "a\nb\t\\\"$`"),
            ("A=\"two\nlines\"", "two\nlines"),
            ("A=''", ""),
            ("A=\"\"", ""),
            ("\u{feff}A=b", "b"),
            ("A=äöü", "äöü"),
        ] {
            assert_eq!(one(line).as_deref(), Ok(value), "{line:?}");
        }
        let text = "# first\n\nA=1\r\n\texport B='2\n3'\nC=\"4\" # four\n_d9=5";
        let found = pairs(text).unwrap();
        let found: Vec<_> = found.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(found, [("A", "1"), ("B", "2\n3"), ("C", "4"), ("_d9", "5")]);
        assert_eq!(pairs("").unwrap(), []);
        assert_eq!(pairs("\n \n#\n").unwrap(), []);
    }

    #[test]
    fn what_others_would_read_otherwise_is_refused_with_its_line() {
        for (text, line) in [
            ("A=$B", 1),
            ("A=a\\b", 1),
            ("A=`x`", 1),
            ("A=a'b'", 1),
            ("A=a\"b\"", 1),
            ("A=\"$B\"", 1),
            ("A=\"\\x\"", 1),
            ("A='b'c", 1),
            ("A='b'#c", 1),
            ("A= b", 1),
            ("A=#b", 1),
            ("A=1\nB=# c", 2),
            ("A='b' c", 1),
            ("\nA='b", 2),
            ("\nA=\"b\n\n", 2),
            ("A", 1),
            ("A =b", 1),
            ("9A=b", 1),
            ("A-B=c", 1),
            ("=b", 1),
            ("export =b", 1),
            ("A='x\ny'\nB", 3),
            ("A=1\nA=2", 2),
            ("A=a\rb", 1),
            ("A=\0", 1),
        ] {
            let refused = parse(text.as_bytes()).err().unwrap_or_else(|| panic!("{text:?}"));
            assert_eq!(refused.line, line, "{text:?}: {refused}");
        }
    }

    proptest! {
        /// Whatever value is written in double quotes with its escapes comes back.
        #[test]
        fn a_value_in_double_quotes_comes_back(value in "[^\0]{0,40}") {
            let mut text = "A=\"".to_owned();
            for c in value.chars() {
                if matches!(c, '\\' | '"' | '$' | '`') {
                    text.push('\\');
                }
                text.push(c);
            }
            text.push('"');
            prop_assert_eq!(one(&text), Ok(value));
        }

        #[test]
        fn no_text_is_too_strange(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&text);
        }
    }
}
