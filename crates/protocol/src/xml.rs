//! XML.

use std::fmt::Write as _;

/// Text with the characters replaced that XML keeps for itself, or does not have.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => f.write_char(c)?,
                _ => f.write_char('\u{fffd}')?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_does_not_have_is_replaced() {
        let escaped = Escaped("a\t<\u{0}\u{1f}\u{e000}\u{fffe}\u{ffff}\u{1f600}").to_string();
        assert_eq!(escaped, "a\t&lt;\u{fffd}\u{fffd}\u{e000}\u{fffd}\u{fffd}\u{1f600}");
    }
}
