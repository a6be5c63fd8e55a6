//! A profile of the shared configuration files: what is read of it besides credentials.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files", "Service-specific
//! endpoints".

use crate::{Environment, SettingsError};
use ini::{Ini, ParseOption};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The largest file read, bytes. Our choice.
const MAX_FILE: u64 = 1024 * 1024;

/// How the files are written: no quotes and no escapes, and what belongs to a service is indented.
const FORM: ParseOption = ParseOption {
    enabled_quote: false,
    enabled_escape: false,
    enabled_indented_mutiline_value: false,
    enabled_preserve_key_leading_whitespace: true,
};

/// Where a profile's credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It has none.
    None,
    /// An access key in a file.
    Keys,
    /// A helper program, by its command line.
    Process(String),
    /// IAM Identity Center, whose token `aws sso login` has left in a file of this name's digest.
    Sso { account: String, role: String, region: String, token_name: String },
    /// Another profile's credentials and a role.
    Role,
    /// It names some that it does not describe, in words. To look elsewhere would be to sign as
    /// somebody else.
    Broken(String),
}

/// What is read of a profile. No secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) region: Option<String>,
    /// KMS's endpoint, or that of all services.
    pub(crate) endpoint: Option<String>,
    pub(crate) sts_endpoint: Option<String>,
    pub(crate) ca_bundle: Option<PathBuf>,
    pub(crate) ignores_endpoints: bool,
    pub(crate) uses_fips: Option<String>,
    pub(crate) uses_dual_stack: Option<String>,
    pub(crate) origin: Origin,
}

impl Profile {
    /// The profile of this name, or the one that the environment names, or `default`, which alone need
    /// not exist.
    ///
    /// # Errors
    /// A file that cannot be read or is none; a profile that is in neither.
    pub(crate) fn read(given: Option<&str>, from: &Environment) -> Result<Self, SettingsError> {
        let named = given.or_else(|| from.get("AWS_PROFILE"));
        let name = named.unwrap_or("default");
        let config = read(from.file("AWS_CONFIG_FILE", "config"))?;
        let keys = read(from.file("AWS_SHARED_CREDENTIALS_FILE", "credentials"))?;
        let section = match name {
            "default" => section(&config, &["default", "profile default"]),
            name => section(&config, &[&format!("profile {name}")]),
        };
        let own = self::section(&keys, &[name]);
        if named.is_some() && section.is_none() && own.is_none() {
            return Err(SettingsError::NoProfile(name.to_owned()));
        }
        // What the credentials file says of a profile counts before what the other says.
        let get = |key: &str| {
            let own = own.and_then(|own| own.get(key));
            own.or_else(|| section.and_then(|section| section.get(key))).map(str::to_owned)
        };
        let services = get("services").map(|name| format!("services {name}"));
        let services = services.and_then(|name| self::section(&config, &[&name]));
        let of_service = |service| services.and_then(|services| endpoint_of(service, services));
        Ok(Self {
            name: name.to_owned(),
            region: get("region"),
            endpoint: of_service("kms").or_else(|| get("endpoint_url")),
            sts_endpoint: of_service("sts").or_else(|| get("endpoint_url")),
            ca_bundle: get("ca_bundle").map(PathBuf::from),
            ignores_endpoints: get("ignore_configured_endpoint_urls").as_deref() == Some("true"),
            uses_fips: get("use_fips_endpoint"),
            uses_dual_stack: get("use_dualstack_endpoint"),
            origin: origin(&get, &config),
        })
    }
}

fn origin(get: &dyn Fn(&str) -> Option<String>, config: &Ini) -> Origin {
    if get("role_arn").is_some() {
        return Origin::Role;
    }
    match (get("aws_access_key_id"), get("aws_secret_access_key")) {
        (Some(_), Some(_)) => return Origin::Keys,
        (None, None) => {}
        _ => return Origin::Broken("has one half of an access key".to_owned()),
    }
    match single_sign_on(get, config) {
        whole @ Origin::Sso { .. } => whole,
        other => get("credential_process").map_or(other, Origin::Process),
    }
}

/// What a profile says of single sign-on, or of other ways that are not taken.
fn single_sign_on(get: &dyn Fn(&str) -> Option<String>, config: &Ini) -> Origin {
    if get("login_session").is_some() {
        let why = "has a `login_session`, which is not understood here: name a \
                   `credential_process` that runs `aws configure export-credentials`";
        return Origin::Broken(why.to_owned());
    }
    if get("web_identity_token_file").is_some() {
        return Origin::Broken("has a `web_identity_token_file` without `role_arn`".to_owned());
    }
    let keys = ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"];
    if keys.iter().all(|key| get(key).is_none()) {
        return Origin::None;
    }
    let session = get("sso_session");
    let named = session.as_deref().map(|name| section(config, &[&format!("sso-session {name}")]));
    if let (Some(name), Some(None)) = (&session, named) {
        return Origin::Broken(format!("names the sso-session `{name}`, which is in no file"));
    }
    let of_session = |key| named.flatten().and_then(|section| section.get(key)).map(str::to_owned);
    let region = of_session("sso_region").or_else(|| get("sso_region"));
    let token_name = session.or_else(|| get("sso_start_url"));
    match (get("sso_account_id"), get("sso_role_name"), region, token_name) {
        (Some(account), Some(role), Some(region), Some(token_name)) => {
            Origin::Sso { account, role, region, token_name }
        }
        _ => Origin::Broken(
            "does not say all of single sign-on: sso_account_id, sso_role_name, sso_region, and \
             sso_session or sso_start_url"
                .to_owned(),
        ),
    }
}

/// A service's `endpoint_url`: an indented line below `kms =`.
fn endpoint_of(service: &str, services: &ini::Properties) -> Option<String> {
    let mut current = "";
    for (key, value) in services.iter() {
        match key.strip_prefix([' ', '\t']) {
            None => current = key.trim(),
            Some(key) if current == service && key.trim() == "endpoint_url" => {
                return Some(value.trim().to_owned());
            }
            Some(_) => {}
        }
    }
    None
}

fn section<'i>(file: &'i Ini, names: &[&str]) -> Option<&'i ini::Properties> {
    names.iter().find_map(|name| file.section(Some(*name)))
}

/// The file, or an empty one where there is none.
fn read(path: Option<PathBuf>) -> Result<Ini, SettingsError> {
    let Some(path) = path else { return Ok(Ini::new()) };
    let mut text = String::new();
    let read = File::open(&path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text));
    match read {
        Ok(_) => parse(&text, &path),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(Ini::new()),
        Err(why) => Err(SettingsError::File(path, why.to_string())),
    }
}

fn parse(text: &str, path: &Path) -> Result<Ini, SettingsError> {
    // The parser's words may quote the line, and with it a secret: only the place is told.
    let parsed = Ini::load_from_str_opt(text, FORM);
    parsed.map_err(|why| SettingsError::File(path.to_owned(), format!("line {} is none", why.line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
# a comment
[default]
region = eu-central-1

[profile dev]
region=eu-west-2
endpoint_url = http://localhost:1
services = local
ca_bundle = /tmp/ca.pem

[services local]
s3 =
  endpoint_url = http://localhost:2
kms =
  endpoint_url = http://localhost:3

[profile new]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Reader

[profile old]
sso_start_url = https://old.example.com/start
sso_region = us-east-1
sso_account_id = 111122223333
sso_role_name = Reader

[sso-session corp]
sso_start_url = https://corp.example.com/start
sso_region = eu-west-1

[profile helper]
credential_process = /bin/helper --for kms

[profile no-session]
sso_session = gone
sso_account_id = 111122223333
sso_role_name = Reader

[profile no-role]
sso_session = corp
sso_account_id = 111122223333

[profile half]
aws_secret_access_key = secret

[profile login]
login_session = arn:aws:iam::111122223333:user/u

[profile token]
web_identity_token_file = /token

[profile role]
role_arn = arn:aws:iam::111122223333:role/r
source_profile = dev
";

    fn of(profile: Option<&str>) -> Result<Profile, SettingsError> {
        let directory = tempfile::tempdir().unwrap();
        let (config, keys) =
            (directory.path().join("config"), directory.path().join("credentials"));
        std::fs::write(&config, CONFIG).unwrap();
        let text = "[dev]\naws_access_key_id=AKIA\naws_secret_access_key=se;cr#et\\n\"x\n";
        std::fs::write(&keys, text).unwrap();
        let environment = Environment::new(None, [])
            .with("AWS_CONFIG_FILE", config.to_str().unwrap())
            .with("AWS_SHARED_CREDENTIALS_FILE", keys.to_str().unwrap());
        Profile::read(profile, &environment)
    }

    #[test]
    fn a_profile_is_put_together_from_both_files() {
        let default = of(None).unwrap();
        assert_eq!(default.region.as_deref(), Some("eu-central-1"));
        assert_eq!(default.origin, Origin::None);
        let dev = of(Some("dev")).unwrap();
        assert_eq!(dev.region.as_deref(), Some("eu-west-2"));
        assert_eq!(dev.endpoint.as_deref(), Some("http://localhost:3"));
        assert_eq!(dev.sts_endpoint.as_deref(), Some("http://localhost:1"));
        assert_eq!(dev.ca_bundle, Some("/tmp/ca.pem".into()));
        assert_eq!(dev.origin, Origin::Keys);
        let command = "/bin/helper --for kms".to_owned();
        assert_eq!(of(Some("helper")).unwrap().origin, Origin::Process(command));
        assert_eq!(of(Some("role")).unwrap().origin, Origin::Role);
        assert!(
            matches!(of(Some("absent")), Err(SettingsError::NoProfile(name)) if name == "absent")
        );
    }

    #[test]
    fn both_forms_of_single_sign_on_are_understood() {
        let sso = |profile| match of(Some(profile)).unwrap().origin {
            Origin::Sso { region, token_name, .. } => (region, token_name),
            other => panic!("{other:?}"),
        };
        assert_eq!(sso("new"), ("eu-west-1".to_owned(), "corp".to_owned()));
        let start = "https://old.example.com/start".to_owned();
        assert_eq!(sso("old"), ("us-east-1".to_owned(), start));
    }

    #[test]
    fn what_a_profile_only_half_says_is_not_passed_over() {
        let why = |profile| match of(Some(profile)).unwrap().origin {
            Origin::Broken(why) => why,
            other => panic!("{profile}: {other:?}"),
        };
        assert!(why("no-session").contains("`gone`"));
        assert!(why("no-role").contains("sso_role_name"));
        assert!(why("half").contains("half") && !why("half").contains("secret"));
        assert!(why("login").contains("login_session"));
        assert!(why("token").contains("role_arn"));
    }

    #[test]
    fn a_broken_file_is_told_without_its_words() {
        let broken = parse("[x]\nsecretsecret\n[", Path::new("credentials"));
        let text = broken.err().unwrap().to_string();
        assert!(text.contains("credentials") && !text.contains("secretsecret"), "{text}");
    }
}
