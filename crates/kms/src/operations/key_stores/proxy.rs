//! What requests say of an external key store's proxy.

use strongroom_crypto::SecretBytes;
use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{Invalid, KeyStoreDefect, Refusal};
use strongroom_keys::VpcEndpointService;
use strongroom_types::{AccountId, XksProxyConnectivity};

/// The members that are for external key stores only, by which AWS names them.
pub(super) const OF_PROXY: [&str; 6] = [
    "XksProxyUriEndpoint",
    "XksProxyUriPath",
    "XksProxyVpcEndpointServiceName",
    "XksProxyVpcEndpointServiceOwner",
    "XksProxyAuthenticationCredential",
    "XksProxyConnectivity",
];
/// Those that are for HSMs only.
pub(super) const OF_HSM: [&str; 3] =
    ["CloudHsmClusterId", "TrustAnchorCertificate", "KeyStorePassword"];

/// Access key id and secret access key of a proxy.
pub(super) struct Credential {
    pub(super) access_key: String,
    pub(super) secret: SecretBytes,
}

/// Takes `XksProxyAuthenticationCredential` out.
pub(super) fn credential(values: &mut Values) -> Result<Option<Credential>, Refusal> {
    let Some(mut given) = values.take::<Values>("XksProxyAuthenticationCredential") else {
        return Ok(None);
    };
    let access_key = given.need_withheld_text("AccessKeyId")?;
    Ok(Some(Credential { access_key, secret: given.need("RawSecretAccessKey")? }))
}

/// Takes the endpoint service out, if it is given.
pub(super) fn service(values: &mut Values) -> Result<(Option<String>, Option<AccountId>), Refusal> {
    let name = values.take("XksProxyVpcEndpointServiceName");
    let owner: Option<String> = values.take("XksProxyVpcEndpointServiceOwner");
    let owner = owner.map(|text| text.parse().map_err(|_| Refusal::Internal)).transpose()?;
    Ok((name, owner))
}

/// The endpoint service that a proxy of this connectivity has.
pub(super) fn service_of(
    connectivity: XksProxyConnectivity,
    name: Option<String>,
    owner: Option<AccountId>,
    caller: AccountId,
) -> Result<Option<VpcEndpointService>, Refusal> {
    match (connectivity, name) {
        (XksProxyConnectivity::PublicEndpoint, None) if owner.is_none() => Ok(None),
        (XksProxyConnectivity::PublicEndpoint, None) => {
            Err(superfluous("XksProxyVpcEndpointServiceOwner"))
        }
        (XksProxyConnectivity::PublicEndpoint, Some(_)) => {
            Err(superfluous("XksProxyVpcEndpointServiceName"))
        }
        (XksProxyConnectivity::VpcEndpointService, None) => {
            Err(missing("XksProxyVpcEndpointServiceName"))
        }
        (XksProxyConnectivity::VpcEndpointService, Some(name)) => {
            Ok(Some(VpcEndpointService { name, owner: owner.unwrap_or(caller) }))
        }
    }
}

/// Refuses `members`, which are for the other kind of store.
pub(super) fn refuse(values: &Values, members: &[&'static str]) -> Result<(), Refusal> {
    match members.iter().find(|member| values.has(member)) {
        Some(member) => Err(superfluous(member)),
        None => Ok(()),
    }
}

pub(super) fn missing(member: &'static str) -> Refusal {
    Refusal::Validation(Invalid::KeyStore(KeyStoreDefect::Missing(member)))
}

fn superfluous(member: &'static str) -> Refusal {
    Refusal::Validation(Invalid::KeyStore(KeyStoreDefect::Superfluous(member)))
}
