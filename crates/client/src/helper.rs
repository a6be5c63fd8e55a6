//! The helper program that a profile names as its `credential_process`.

use reqsign_core::{CommandExecute, CommandOutput, Error, Result};
use std::fmt;
use std::io::IsTerminal;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// Longest output that is read, bytes. Our choice.
const MAX_OUTPUT: u64 = 64 * 1024;
/// Most time for it, as it may ask a person. Our choice.
const MOST: Duration = Duration::from_secs(60);

/// The helper: a program and its arguments.
#[derive(Debug, Default)]
pub(crate) struct Helper(Vec<String>);

impl Helper {
    /// The helper of this command line, or `None` if a quote in it has no end, or nothing is in it.
    pub(crate) fn of(command: &str) -> Option<Self> {
        words(command).filter(|words| !words.is_empty()).map(Self)
    }
}

impl CommandExecute for Helper {
    /// Runs the helper, whatever is asked for: who asks would split its command line at every blank.
    async fn command_execute<'a>(
        &'a self,
        asked: &'a str,
        _: &'a [&'a str],
    ) -> Result<CommandOutput> {
        let (program, arguments) =
            self.0.split_first().map_or((asked, [].as_slice()), |(first, rest)| (first, rest));
        let failed = |why: &dyn fmt::Display| Error::unexpected(format!("`{program}`: {why}"));
        // It may ask a person; a pipe or file may be what is encrypted, of which it shall take nothing.
        let input = match std::io::stdin().is_terminal() {
            true => Stdio::inherit(),
            false => Stdio::null(),
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(input).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.kill_on_drop(true).spawn().map_err(|why| failed(&why))?;
        let output = async {
            let mut printed = Vec::new();
            if let Some(from) = child.stdout.take() {
                from.take(MAX_OUTPUT).read_to_end(&mut printed).await?;
            }
            Ok((child.wait().await?, printed))
        };
        let output = tokio::time::timeout(MOST, output).await;
        let output = output.map_err(|_| failed(&"has not ended within a minute"))?;
        let (status, stdout) = output.map_err(|why: std::io::Error| failed(&why))?;
        Ok(CommandOutput { status: status.code().unwrap_or(-1), stdout, stderr: Vec::new() })
    }
}

/// A command line's words, as a POSIX shell splits them: quotes and backslashes, and nothing replaced.
fn words(line: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            c if c.is_ascii_whitespace() => found.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                let (quoted, behind) = rest.as_str().split_once('\'')?;
                word.push_str(quoted);
                rest = behind.chars();
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '"' => break,
                        '\\' => match rest.next()? {
                            c @ ('"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(rest.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    found.extend(word);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_those_of_a_shell() {
        for (line, expected) in [
            ("", &[][..]),
            ("  /bin/helper --for  kms\t", &["/bin/helper", "--for", "kms"]),
            (r#""/opt/my tools/helper" 'a "b' c\ d"#, &["/opt/my tools/helper", "a \"b", "c d"]),
            (r#"a"b c"'d'e ''"#, &["ab cde", ""]),
            (r#""\"\\\n$X""#, &[r#""\\n$X"#]),
        ] {
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
        for broken in ["'a", "\"a", "a\\", "\"a\\"] {
            assert_eq!(words(broken), None, "{broken}");
        }
    }
}
