//! Servers that do the least that can be done: what strongroom takes beyond them is the price of
//! policy, key state, key derivation and audit.

mod http;
mod kms;

use crate::cli::{FloorArguments, FloorMode};
use crate::endpoint::Credentials;
use crate::terminal::{self, Failure};
use kms::Kms;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio_rustls::TlsAcceptor;

/// Who may call the floor. It keeps nothing, so there is nothing to protect.
pub(crate) fn credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIAFLOORFLOORFLOOR1".to_owned(),
        secret_access_key: "the floor guards no secret, and so needs none".to_owned(),
        region: "us-east-1".to_owned(),
    }
}

/// Serves until standard input ends, which it does with the process that started this one. The
/// first line of output is the URL.
pub(crate) fn run(arguments: &FloorArguments) -> Result<(), Failure> {
    let failed = |why: std::io::Error| Failure::of("the floor could not be started", why);
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let acceptor = match &arguments.ca {
        Some(ca) if !arguments.plain => Some(acceptor(ca)?),
        _ => None,
    };
    let answers = match arguments.mode {
        FloorMode::Empty => http::Answers::Empty,
        FloorMode::Kms => http::Answers::Kms(Box::new(Kms::new(credentials())?)),
    };
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        terminal::line(format_args!("{scheme}://{address}"));
        let parent = tokio::task::spawn_blocking(|| {
            std::io::copy(&mut std::io::stdin(), &mut std::io::sink())
        });
        tokio::select! {
            outcome = http::serve(listener, acceptor, Arc::new(answers)) => outcome.map_err(failed),
            _ = parent => Ok(()),
        }
    })
}

/// TLS 1.3 with a certificate made for this run, which is written to `ca`.
fn acceptor(ca: &Path) -> Result<TlsAcceptor, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::of("the floor's certificate", why);
    let made =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).map_err(|why| failed(&why))?;
    std::fs::write(ca, made.cert.pem()).map_err(|why| Failure::of(ca.display(), why))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|why| failed(&why))?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .map_err(|why| failed(&why))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
