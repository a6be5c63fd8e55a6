//! The operations of STS.

use super::Fields;
use crate::shapes::sts::{
    ACCESS_KEY_ID, ARN, CLIENT_TOKEN, DURATION_SECONDS, EXTERNAL_ID, MINIMUM_SESSION_TOKEN_SIZE,
    POLICY_DESCRIPTOR_LIST, PROVIDED_CONTEXTS_LIST, ROLE_DURATION_SECONDS, ROLE_SESSION_NAME,
    SERIAL_NUMBER, SESSION_POLICY_DOCUMENT, SOURCE_IDENTITY, TAG_KEY_LIST, TAG_LIST, TOKEN_CODE,
    UNRESTRICTED_SESSION_POLICY_DOCUMENT, URL, USER_NAME,
};
use strongroom_types::shape::{optional, required};

pub(crate) const ASSUME_ROLE: Fields = &[
    required("RoleArn", &ARN),
    required("RoleSessionName", &ROLE_SESSION_NAME),
    optional("PolicyArns", &POLICY_DESCRIPTOR_LIST),
    optional("Policy", &UNRESTRICTED_SESSION_POLICY_DOCUMENT),
    optional("DurationSeconds", &ROLE_DURATION_SECONDS),
    optional("Tags", &TAG_LIST),
    optional("TransitiveTagKeys", &TAG_KEY_LIST),
    optional("ExternalId", &EXTERNAL_ID),
    optional("SerialNumber", &SERIAL_NUMBER),
    optional("TokenCode", &TOKEN_CODE),
    optional("SourceIdentity", &SOURCE_IDENTITY),
    optional("ProvidedContexts", &PROVIDED_CONTEXTS_LIST),
    optional("MinimumSessionTokenSize", &MINIMUM_SESSION_TOKEN_SIZE),
];

pub(crate) const ASSUME_ROLE_WITH_WEB_IDENTITY: Fields = &[
    required("RoleArn", &ARN),
    required("RoleSessionName", &ROLE_SESSION_NAME),
    required("WebIdentityToken", &CLIENT_TOKEN),
    optional("ProviderId", &URL),
    optional("PolicyArns", &POLICY_DESCRIPTOR_LIST),
    optional("Policy", &SESSION_POLICY_DOCUMENT),
    optional("DurationSeconds", &ROLE_DURATION_SECONDS),
    optional("MinimumSessionTokenSize", &MINIMUM_SESSION_TOKEN_SIZE),
];

pub(crate) const GET_CALLER_IDENTITY: Fields = &[];

pub(crate) const GET_SESSION_TOKEN: Fields = &[
    optional("DurationSeconds", &DURATION_SECONDS),
    optional("SerialNumber", &SERIAL_NUMBER),
    optional("TokenCode", &TOKEN_CODE),
    optional("MinimumSessionTokenSize", &MINIMUM_SESSION_TOKEN_SIZE),
];

pub(crate) const GET_FEDERATION_TOKEN: Fields = &[
    required("Name", &USER_NAME),
    optional("Policy", &SESSION_POLICY_DOCUMENT),
    optional("PolicyArns", &POLICY_DESCRIPTOR_LIST),
    optional("DurationSeconds", &DURATION_SECONDS),
    optional("Tags", &TAG_LIST),
    optional("MinimumSessionTokenSize", &MINIMUM_SESSION_TOKEN_SIZE),
];

pub(crate) const GET_ACCESS_KEY_INFO: Fields = &[required("AccessKeyId", &ACCESS_KEY_ID)];
