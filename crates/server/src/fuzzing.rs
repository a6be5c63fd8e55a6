//! Doors for fuzz targets to what only this crate uses; they are open with `--cfg fuzzing` and never
//! in the product.

use crate::connection::speak;
use crate::crowd::{Crowd, Peer};
use crate::service::{Connection, Shared};
use crate::tls::provider;
use crate::{Handler, Limits, Traffic, x509};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::sync::{Semaphore, watch};

/// What is answered to a connection on which these bytes come and nothing more. Its future needs a
/// runtime of tokio with time.
pub async fn connection<H: Handler>(handler: H, limits: Limits, bytes: &[u8]) -> Vec<u8> {
    let permits = |count| Arc::new(Semaphore::new(count));
    let place = permits(1).try_acquire_owned().expect("nobody has it");
    let (_go_on, stop) = watch::channel(false);
    let shared = Shared {
        handler: Arc::new(handler),
        large_bodies: permits(limits.large_bodies),
        traffic: Traffic::new(&limits),
        limits,
        stop: stop.clone(),
    };
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let member = Crowd::new(1).enter(Peer::at(peer.ip())).expect("nobody else is there");
    let connection =
        Connection { shared: Arc::new(shared), peer, tls: None, member, _place: place };
    let (near, far) = duplex(1 << 16);
    let served = speak(Arc::new(connection), near, stop);
    let (mut reading, mut writing) = tokio::io::split(far);
    let mut answer = Vec::new();
    let client = async {
        let write = async {
            // It may be hung up on.
            let _ = writing.write_all(bytes).await;
            let _ = writing.shutdown().await;
        };
        tokio::join!(write, reading.read_to_end(&mut answer)).1.expect("a pipe in memory");
    };
    tokio::join!(served, client);
    answer
}

/// The files of a certificate: when it ends, and whether it can be served with.
pub fn certificate(chain: &[u8], key: &[u8]) {
    let _ = x509::not_after(chain);
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let Ok(all) = all else { return };
    for one in &all {
        let _ = x509::not_after(one);
    }
    if let Ok(key) = PrivateKeyDer::from_pem_slice(key)
        && !all.is_empty()
    {
        let _ = CertifiedKey::from_der(all, key, &provider());
    }
}
