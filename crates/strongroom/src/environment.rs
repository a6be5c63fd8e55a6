//! `strongroom env`: what a shell evaluates so that AWS clients find the server; and what such a client
//! of our own finds.

use crate::cli::DataArgument;
use crate::data::{Endpoint, read_credentials};
use crate::terminal::{self, Failure};
use std::fmt::Display;
use strongroom_client::Environment;

pub(crate) fn run(arguments: &DataArgument) -> Result<(), Failure> {
    let endpoint = Endpoint::read(&arguments.data)?;
    let key = read_credentials(&arguments.data)?;
    export("AWS_ENDPOINT_URL", &endpoint.url);
    export("AWS_ACCESS_KEY_ID", &key.id);
    export("AWS_SECRET_ACCESS_KEY", &String::from_utf8_lossy(key.secret.expose()));
    export("AWS_DEFAULT_REGION", &endpoint.region);
    if let Some(path) = &endpoint.ca_file {
        export("AWS_CA_BUNDLE", &path.display());
    }
    // A session token left over from other credentials would make these invalid.
    terminal::line("unset AWS_SESSION_TOKEN");
    Ok(())
}

/// The variables that AWS's clients read.
#[expect(clippy::disallowed_methods, reason = "this is where the binary reads its environment")]
pub(crate) fn of_aws() -> Environment {
    // What is not UTF-8 is none of theirs.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Environment::new(std::env::var_os("HOME").map(Into::into), variables)
}

fn export(name: &str, value: &dyn Display) {
    terminal::line(format_args!("export {name}={}", quoted(&value.to_string())));
}

/// In single quotes, which a shell takes literally.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// As a person would type it: in quotes only where they are needed.
pub(crate) fn typed(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-' | b':');
    if !text.is_empty() && text.bytes().all(plain) { text.to_owned() } else { quoted(text) }
}

#[cfg(test)]
mod tests {
    use super::{quoted, typed};

    #[test]
    fn quoting_survives_every_character() {
        assert_eq!(quoted("plain"), "'plain'");
        assert_eq!(typed("/plain/text.1"), "/plain/text.1");
        assert_eq!(typed(""), "''");
        assert_eq!(typed("a b"), "'a b'");
        assert_eq!(quoted("it's $HOME; `x`"), r"'it'\''s $HOME; `x`'");
    }
}
