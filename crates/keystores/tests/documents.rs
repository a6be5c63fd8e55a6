//! Fetching documents from servers that do as they should, and from others.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and starts its own tasks"
)]

#[path = "proxy/certificates.rs"]
#[allow(dead_code, unreachable_pub, reason = "others use the rest of it")]
mod certificates;

use certificates::Authority;
use std::sync::Arc;
use strongroom_keystores::Documents;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A server that answers each request with `head` and `length` spaces; its port.
async fn server(authority: &Authority, head: &'static str, length: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = authority.server("localhost", rustls::ALL_VERSIONS);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(stream.read_u8().await.unwrap());
            }
            assert!(asked.starts_with(b"GET /keys?v=1 HTTP/1.1\r\n"));
            let head = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&vec![b' '; length]).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

fn client(authority: &Authority) -> Documents {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    authority.write(&path);
    Documents::new(Some(&path)).unwrap()
}

#[tokio::test]
async fn a_document_is_what_was_answered_well() {
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let documents = client(&ours);
    let get = async |port: u16| {
        let got = documents.get(&format!("https://localhost:{port}/keys?v=1")).await;
        got.map(|body| body.len()).map_err(|why| why.to_string())
    };
    let most = 1024 * 1024;
    assert_eq!(get(server(&ours, "200 OK", most).await).await, Ok(most));
    for (authority, head, length, expected) in [
        (&ours, "200 OK", most + 1, "longer than"),
        (&ours, "302 Found\r\nlocation: https://localhost/", 0, "status 302"),
        (&ours, "404 Not Found", 3, "status 404"),
        (&other, "200 OK", 3, "invalid peer certificate"),
    ] {
        let why = get(server(authority, head, length).await).await.unwrap_err();
        assert!(why.contains(expected), "{why}");
    }
    for wrong in ["http://localhost/keys", "https://", "https://a b/", "https://user@localhost/"] {
        assert!(documents.get(wrong).await.is_err(), "{wrong}");
    }
}
