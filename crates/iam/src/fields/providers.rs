//! Identity providers.

use super::Fields;
use crate::shapes::iam::{
    ARN, CLIENT_ID, CLIENT_ID_LIST, OPEN_ID_CONNECT_PROVIDER_URL, TAG_LIST, THUMBPRINT_LIST,
};
use strongroom_types::shape::{optional, required};

pub(crate) const CREATE_OPEN_ID_CONNECT_PROVIDER: Fields = &[
    required("Url", &OPEN_ID_CONNECT_PROVIDER_URL),
    optional("ClientIDList", &CLIENT_ID_LIST),
    optional("ThumbprintList", &THUMBPRINT_LIST),
    optional("Tags", &TAG_LIST),
];

pub(crate) const GET_OPEN_ID_CONNECT_PROVIDER: Fields =
    &[required("OpenIDConnectProviderArn", &ARN)];

pub(crate) const LIST_OPEN_ID_CONNECT_PROVIDERS: Fields = &[];

pub(crate) const DELETE_OPEN_ID_CONNECT_PROVIDER: Fields =
    &[required("OpenIDConnectProviderArn", &ARN)];

pub(crate) const ADD_CLIENT_ID_TO_OPEN_ID_CONNECT_PROVIDER: Fields =
    &[required("OpenIDConnectProviderArn", &ARN), required("ClientID", &CLIENT_ID)];

pub(crate) const REMOVE_CLIENT_ID_FROM_OPEN_ID_CONNECT_PROVIDER: Fields =
    &[required("OpenIDConnectProviderArn", &ARN), required("ClientID", &CLIENT_ID)];

pub(crate) const UPDATE_OPEN_ID_CONNECT_PROVIDER_THUMBPRINT: Fields =
    &[required("OpenIDConnectProviderArn", &ARN), required("ThumbprintList", &THUMBPRINT_LIST)];
