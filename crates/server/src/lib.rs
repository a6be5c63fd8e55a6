//! The transport: TLS, HTTP/1.1, limits, health answers, graceful shutdown, and the hardening of
//! the process.
//!
//! **Architecture invariant:** this crate decides nothing about a request. It hands each one, with
//! its body in memory that is wiped, to the one [`Handler`] and writes down what that answers.

pub mod hardening;
pub mod log;
pub mod process;
pub mod sandbox;

mod body;
mod clock;
mod connection;
mod crowd;
mod finishing;
#[cfg(fuzzing)]
pub mod fuzzing;
mod guarded;
mod handler;
mod limits;
mod self_signed;
mod server;
mod service;
mod sparing;
mod task;
mod tls;
mod tls_error;
mod traffic;
mod x509;

pub use handler::{Handler, Head, Refusal, Request, Response};
pub use hyper::header::{HeaderMap, HeaderName, HeaderValue};
pub use hyper::{Method, StatusCode, Uri};
pub use limits::{HEADER_FIELDS, Limits};
pub use server::{BindError, Config, Drained, Server, Transport};
pub use tls::{TlsInfo, TlsSource};
pub use tls_error::TlsError;
pub use traffic::Traffic;
