//! Where a KMS is and who asks it, found where AWS's own tools look.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Settings reference": what is given counts before the
//! environment, that before the profile, that before what is usual.

use crate::chain::Chain;
use crate::outside::{Environment, Http};
use crate::profile::Profile;
use crate::tls::{self, TlsError};
use crate::{Configuration, CredentialsSource, Endpoint, Kms, Retries};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use strongroom_types::Region;

/// What a person says beside environment and files.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The Region.
    pub region: Option<String>,
    /// The endpoint, `https://host` or `https://host:port`.
    pub endpoint: Option<String>,
    /// The profile.
    pub profile: Option<String>,
    /// PEM file of the authorities that issue the endpoint's certificate.
    pub ca_file: Option<PathBuf>,
    /// Whether an endpoint on a network may be `http://`, where data keys go in the clear.
    pub allow_plain_http: bool,
}

/// Why there are no settings that can be used.
#[derive(Debug)]
pub enum SettingsError {
    /// A file of configuration cannot be read, or is none.
    File(PathBuf, String),
    /// No file has the profile.
    NoProfile(String),
    /// The profile asks for a role, which is not taken here.
    Role(String),
    /// The profile, and what is wrong with its credentials.
    Profile(String, String),
    /// An endpoint is given, and of AWS's a kind is asked for.
    Kind(String),
    /// Nobody says which Region.
    NoRegion,
    /// Not the form of a Region's name.
    Region(String),
    /// Not the form of an endpoint.
    Endpoint(String),
    /// An endpoint on a network that is asked without TLS.
    PlainHttp(String),
    /// TLS cannot be set up.
    Tls(TlsError),
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, why) => write!(f, "cannot read `{}`: {why}", path.display()),
            Self::NoProfile(name) => write!(f, "the aws profile `{name}` is in no file"),
            Self::Role(name) => write!(
                f,
                "the aws profile `{name}` asks for a role, which is not taken here: name a \
                 `credential_process`, or run `aws configure export-credentials`"
            ),
            Self::Profile(name, why) => write!(f, "the aws profile `{name}` {why}"),
            Self::Kind(endpoint) => write!(
                f,
                "`{endpoint}` is given, and AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT, \
                 or the profile, asks for one of aws's: leave one of both out"
            ),
            Self::NoRegion => f.write_str(
                "no region: give --region, AWS_REGION, or an ARN of a key, which names its own",
            ),
            Self::Region(text) => write!(f, "`{text}` is no name of a region"),
            Self::Endpoint(text) => {
                write!(f, "`{text}` is no `https://host`, with a port if it is not 443")
            }
            Self::PlainHttp(text) => {
                write!(f, "`{text}` is not this machine: data keys do not go there without tls")
            }
            Self::Tls(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for SettingsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Tls(why) => Some(why),
            _ => None,
        }
    }
}

impl From<TlsError> for SettingsError {
    fn from(why: TlsError) -> Self {
        Self::Tls(why)
    }
}

/// What was found: enough to ask the KMS of any Region.
pub struct Settings {
    region: Option<Region>,
    /// `None` for AWS's, which each Region has some of.
    endpoint: Option<Endpoint>,
    kind: Kind,
    ca_file: Option<PathBuf>,
    credentials: std::sync::Arc<CredentialsSource>,
}

/// Most time for one request, connecting included. Our choice.
const DEADLINE: Duration = Duration::from_secs(10);

impl Settings {
    /// Looks in what is given, `environment` and the files that it names. Nobody is asked yet.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn find(given: &Given, environment: &Environment) -> Result<Self, SettingsError> {
        let profile = Profile::read(given.profile.as_deref(), environment)?;
        let get = |name: &str| environment.get(name).map(str::to_owned);
        let region = given.region.clone();
        let region = region.or_else(|| get("AWS_REGION")).or_else(|| get("AWS_DEFAULT_REGION"));
        let region = region.or_else(|| profile.region.clone());
        let region = region.map(|name| name.parse().map_err(|()| SettingsError::Region(name)));
        let region: Option<Region> = region.transpose()?;
        let endpoint = of_service("KMS", profile.endpoint.clone(), &profile, environment);
        let endpoint = given.endpoint.clone().or(endpoint).map(|text| parse(&text));
        let endpoint = endpoint.transpose()?;
        if let Some(to) = endpoint.as_ref().filter(|to| !to.tls && !to.is_loopback())
            && !given.allow_plain_http
        {
            return Err(SettingsError::PlainHttp(to.authority()));
        }
        let kind = Kind::find(&profile, environment);
        if let Some(to) = endpoint.as_ref().filter(|_| kind != Kind::default()) {
            return Err(SettingsError::Kind(to.authority()));
        }
        let ca_file = given.ca_file.clone().or_else(|| get("AWS_CA_BUNDLE").map(PathBuf::from));
        let ca_file = ca_file.or_else(|| profile.ca_bundle.clone());
        let sts = of_service("STS", profile.sts_endpoint.clone(), &profile, environment);
        let sts = sts.map(|text| parse(&text)).transpose()?;
        // A bundle of the KMS's own authority knows nothing of AWS's services, but those of STS there.
        let http = Http::new(tls::client(ca_file.as_deref())?, sts, given.allow_plain_http);
        let (is_option, own) = (given.profile.is_some(), environment.clone());
        let chain = Chain::choose(&profile, is_option, own, (http, region.as_ref()))?;
        let credentials = std::sync::Arc::new(CredentialsSource::found(chain));
        Ok(Self { region, endpoint, kind, ca_file, credentials })
    }

    /// The KMS of `region`, or of the Region that was found.
    ///
    /// # Errors
    /// [`SettingsError::NoRegion`] when neither is known; [`SettingsError::Tls`].
    pub fn kms(&self, region: Option<Region>) -> Result<Kms, SettingsError> {
        let region = region.or(self.region).ok_or(SettingsError::NoRegion)?;
        let endpoint =
            self.endpoint.clone().map_or_else(|| parse(&usual(region, self.kind)), Ok)?;
        Ok(Kms::new(Configuration {
            endpoint,
            region: region.to_string(),
            credentials: self.credentials.clone(),
            tls: tls::client(self.ca_file.as_deref())?,
            deadline: DEADLINE,
            retries: Retries::standard(),
        }))
    }

    /// The Region that was found.
    #[must_use]
    pub const fn region(&self) -> Option<Region> {
        self.region
    }
}

/// The endpoint that environment or profile have for a service.
fn of_service(
    service: &str,
    of_profile: Option<String>,
    profile: &Profile,
    environment: &Environment,
) -> Option<String> {
    let ignored = environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.map_or(profile.ignores_endpoints, |value| value == "true") {
        return None;
    }
    let own = environment.get(&format!("AWS_ENDPOINT_URL_{service}"));
    let all = || environment.get("AWS_ENDPOINT_URL");
    own.or_else(all).map(str::to_owned).or(of_profile)
}

fn parse(text: &str) -> Result<Endpoint, SettingsError> {
    Endpoint::parse(text).ok_or_else(|| SettingsError::Endpoint(text.to_owned()))
}

/// Which of AWS's endpoints is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Kind {
    /// Its cryptography is validated by FIPS 140.
    fips: bool,
    /// It has IPv6, too.
    dual_stack: bool,
}

impl Kind {
    fn find(profile: &Profile, environment: &Environment) -> Self {
        let is = |name: &str, of_profile: &Option<String>| {
            environment.get(name).or(of_profile.as_deref()) == Some("true")
        };
        Self {
            fips: is("AWS_USE_FIPS_ENDPOINT", &profile.uses_fips),
            dual_stack: is("AWS_USE_DUALSTACK_ENDPOINT", &profile.uses_dual_stack),
        }
    }
}

/// AWS's endpoint of a Region (AWS General Reference, "AWS KMS endpoints and quotas"; the partitions of
/// the SDKs' endpoint rules).
fn usual(region: Region, kind: Kind) -> String {
    let (suffix, dual_stack) = match region.partition() {
        "aws-cn" => ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        "aws-iso" => ("c2s.ic.gov", "api.aws.ic.gov"),
        "aws-iso-b" => ("sc2s.sgov.gov", "api.aws.scloud"),
        "aws-iso-e" => ("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        "aws-iso-f" => ("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
        "aws-eusc" => ("amazonaws.eu", "api.amazonwebservices.eu"),
        _ => ("amazonaws.com", "api.aws"),
    };
    let service = if kind.fips { "kms-fips" } else { "kms" };
    let suffix = if kind.dual_stack { dual_stack } else { suffix };
    format!("https://{service}.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Environment {
        let none = Environment::new(None, []);
        variables.iter().fold(none, |environment, (name, value)| environment.with(name, value))
    }

    fn found(given: &Given, variables: &[(&str, &str)]) -> Result<Kms, SettingsError> {
        Settings::find(given, &with(variables))?.kms(None)
    }

    fn place(kms: &Kms) -> (String, String) {
        (kms.endpoint().authority(), kms.region().to_owned())
    }

    #[test]
    fn what_is_given_counts_before_the_environment() {
        let none = Given::default();
        let kms =
            found(&none, &[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "x")]).unwrap();
        assert_eq!(place(&kms), ("kms.eu-west-1.amazonaws.com".into(), "eu-west-1".into()));
        let kms = found(&none, &[("AWS_DEFAULT_REGION", "cn-north-1")]).unwrap();
        assert_eq!(place(&kms).0, "kms.cn-north-1.amazonaws.com.cn");
        let both = [
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:2"),
        ];
        assert_eq!(place(&found(&none, &both).unwrap()).0, "127.0.0.1:2");
        let given = Given {
            region: Some("us-east-1".into()),
            endpoint: Some("https://kms.example.com/".into()),
            ..Given::default()
        };
        assert_eq!(
            place(&found(&given, &both).unwrap()),
            ("kms.example.com".into(), "us-east-1".into())
        );
        let ignoring =
            [both.as_slice(), &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]].concat();
        assert_eq!(place(&found(&none, &ignoring).unwrap()).0, "kms.eu-west-1.amazonaws.com");
    }

    #[test]
    fn a_kind_of_endpoint_is_aws_s() {
        let none = Given::default();
        let at = |variables: &[(&str, &str)]| {
            let region = [("AWS_REGION", "us-gov-west-1")];
            Ok::<_, SettingsError>(place(&found(&none, &[&region, variables].concat())?).0)
        };
        let (fips, both) =
            (("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "true"));
        assert_eq!(at(&[fips]).unwrap(), "kms-fips.us-gov-west-1.amazonaws.com");
        assert_eq!(at(&[both]).unwrap(), "kms.us-gov-west-1.api.aws");
        assert_eq!(at(&[fips, both]).unwrap(), "kms-fips.us-gov-west-1.api.aws");
        assert_eq!(at(&[(fips.0, "false")]).unwrap(), "kms.us-gov-west-1.amazonaws.com");
        let refused = at(&[fips, ("AWS_ENDPOINT_URL", "https://kms.example.com")]).err().unwrap();
        assert!(matches!(refused, SettingsError::Kind(_)));
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        let none = Given::default();
        let refused = |variables: &[(&str, &str)]| found(&none, variables).err().unwrap();
        assert!(matches!(refused(&[]), SettingsError::NoRegion));
        assert!(matches!(refused(&[("AWS_REGION", "mars")]), SettingsError::Region(_)));
        let at = |url| [("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", url)];
        assert!(matches!(refused(&at("localhost:4599")), SettingsError::Endpoint(_)));
        assert!(matches!(refused(&at("http://10.0.0.1")), SettingsError::PlainHttp(_)));
        assert!(matches!(refused(&[("AWS_PROFILE", "none")]), SettingsError::NoProfile(_)));
        let bundle = [("AWS_REGION", "eu-west-1"), ("AWS_CA_BUNDLE", "/nowhere")];
        assert!(matches!(refused(&bundle), SettingsError::Tls(_)));
        let insecure = Given { allow_plain_http: true, ..Given::default() };
        assert!(found(&insecure, &at("http://10.0.0.1")).is_ok());
    }
}
