//! Which provider of credentials is asked: the one that options, environment and profile point at, and
//! no other. A chain that goes on after a failure would sign with somebody else's credentials.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Credential provider chain"; the providers are
//! `reqsign-aws-core`'s.

use crate::helper::Helper;
use crate::outside::{Environment, Files, Http};
use crate::profile::{Origin, Profile};
use crate::{CredentialsError, SettingsError};
use reqsign_aws_core::{
    AssumeRoleWithWebIdentityCredentialProvider, Credential, ECSCredentialProvider,
    EnvCredentialProvider, IMDSv2CredentialProvider, ProcessCredentialProvider,
    ProfileCredentialProvider, SSOCredentialProvider,
};
use reqsign_core::{Context, ProvideCredentialDyn};
use std::error::Error;
use strongroom_types::Region;

/// One provider, and what it may reach.
pub(crate) struct Chain {
    context: Context,
    provider: Provider,
}

struct Provider {
    provider: Box<dyn ProvideCredentialDyn<Credential = Credential>>,
    /// Where it looks, in words.
    place: String,
}

impl Provider {
    fn new(
        provider: impl ProvideCredentialDyn<Credential = Credential>,
        place: impl Into<String>,
    ) -> Self {
        Self { provider: Box::new(provider), place: place.into() }
    }
}

impl Chain {
    /// The provider that `environment` and `profile` point at; a profile that was asked for by an
    /// option counts before keys in the environment, as it does for AWS's command line.
    pub(crate) fn choose(
        profile: &Profile,
        is_option: bool,
        environment: Environment,
        (http, region): (Http, Option<&Region>),
    ) -> Result<Self, SettingsError> {
        let has = |name: &str| environment.get(name).is_some();
        let name = &profile.name;
        let provider = if !is_option && (has("AWS_ACCESS_KEY_ID") || has("AWS_SECRET_ACCESS_KEY")) {
            let place = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
            Provider::new(EnvCredentialProvider::new(), place)
        } else if !is_option && has("AWS_WEB_IDENTITY_TOKEN_FILE") && has("AWS_ROLE_ARN") {
            let place = "the token of AWS_WEB_IDENTITY_TOKEN_FILE";
            Provider::new(web_identity(&environment, region), place)
        } else if let Some(of_profile) = of_profile(profile)? {
            of_profile
        } else if has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            || has("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        {
            Provider::new(ECSCredentialProvider::new(), "the container's service")
        } else {
            let place = format!("the environment, profile {name} and this machine's metadata");
            Provider::new(IMDSv2CredentialProvider::new(), place)
        };
        let helper = helper(profile).unwrap_or_default();
        let environment = environment.with("AWS_PROFILE", name);
        let context = Context::new()
            .with_file_read(Files)
            .with_http_send(http)
            .with_command_execute(helper)
            .with_env(environment);
        Ok(Self { context, provider })
    }

    pub(crate) async fn ask(&self) -> Result<Credential, CredentialsError> {
        match self.provider.provider.provide_credential_dyn(&self.context).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(self.nothing()),
            Err(why) => {
                let cause = why.source().map(|cause| format!(" ({cause})")).unwrap_or_default();
                let text: String = format!("{why}{cause}");
                let text: String = text.chars().filter(|c| !c.is_control()).take(512).collect();
                let text = format!("no aws credentials from {}: {text}", self.provider.place);
                Err(CredentialsError { why: text, may_pass: may_pass(&why) })
            }
        }
    }

    pub(crate) fn nothing(&self) -> CredentialsError {
        let why = format!("no aws credentials in {}", self.provider.place);
        CredentialsError { why, may_pass: false }
    }
}

/// The provider that a profile has chosen, if it has.
fn of_profile(profile: &Profile) -> Result<Option<Provider>, SettingsError> {
    let name = profile.name.as_str();
    let place = format!("profile {name}");
    Ok(match &profile.origin {
        Origin::None => None,
        Origin::Keys => {
            Some(Provider::new(ProfileCredentialProvider::new().with_profile(name), place))
        }
        // The helper knows its command line.
        Origin::Process(_) if helper(profile).is_some() => {
            let provider = ProcessCredentialProvider::new().with_command("credential_process");
            Some(Provider::new(provider, format!("the credential_process of {place}")))
        }
        Origin::Process(_) => {
            let why = "has a `credential_process` that is empty, or a quote in it has no end";
            return Err(SettingsError::Profile(name.to_owned(), why.to_owned()));
        }
        Origin::Sso { account, role, region, token_name } => {
            // Of the start URL the provider makes the name of the token's file, and nothing else; with
            // a session it is the session's name that the file is named by.
            let sso = SSOCredentialProvider::new()
                .with_account_id(account)
                .with_role_name(role)
                .with_region(region)
                .with_start_url(token_name);
            Some(Provider::new(sso, format!("{place}, by single sign-on (aws sso login)")))
        }
        Origin::Role => return Err(SettingsError::Role(name.to_owned())),
        Origin::Broken(why) => {
            return Err(SettingsError::Profile(name.to_owned(), why.clone()));
        }
    })
}

/// The helper that a profile names; of another nobody asks for it.
fn helper(profile: &Profile) -> Option<Helper> {
    match &profile.origin {
        Origin::Process(command) => Helper::of(command),
        _ => None,
    }
}

/// Whether the same question may have an answer a little later, as the first cause has it: what wraps
/// it says so of whatever it could not send.
fn may_pass(why: &reqsign_core::Error) -> bool {
    let mut may_pass = why.is_retryable();
    let mut cause = why.source();
    while let Some(why) = cause {
        if let Some(own) = why.downcast_ref::<reqsign_core::Error>() {
            may_pass = own.is_retryable();
        }
        cause = why.source();
    }
    may_pass
}

fn web_identity(
    environment: &Environment,
    region: Option<&Region>,
) -> AssumeRoleWithWebIdentityCredentialProvider {
    let provider = AssumeRoleWithWebIdentityCredentialProvider::new();
    let provider = match environment.get("AWS_ROLE_SESSION_NAME") {
        Some(name) => provider.with_role_session_name(name.to_owned()),
        None => provider.with_role_session_name("strongroom".to_owned()),
    };
    match region {
        Some(region) => provider.with_region(region.to_string()).with_regional_sts_endpoint(),
        None => provider,
    }
}

#[cfg(test)]
mod tests {
    use super::may_pass;
    use reqsign_core::Error;

    #[test]
    fn the_first_cause_says_whether_it_may_pass() {
        let lost = Error::unexpected("no answer").set_retryable(true);
        assert!(may_pass(&lost));
        assert!(may_pass(&Error::unexpected("not sent").with_source(lost)));
        let refused = Error::config_invalid("without tls");
        let wrapped = Error::unexpected("not sent").with_source(refused).set_retryable(true);
        assert!(!may_pass(&wrapped));
    }
}
