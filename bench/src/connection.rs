//! An HTTP/1.1 client as thin as it can be: one connection, one request at a time.
//!
//! It shares the cores with what it measures, so it does no more than find the end of a response.

use crate::endpoint::Endpoint;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// Most header fields of a response.
const MAX_HEADERS: usize = 64;
/// The largest response, bytes.
const MAX_RESPONSE: usize = 1024 * 1024;
/// Room for the next read, bytes.
const READ: usize = 8 * 1024;

/// A byte stream, with TLS or without.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
}

/// A response.
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Connection {
    pub(crate) async fn open(endpoint: &Endpoint) -> io::Result<Self> {
        let socket = TcpStream::connect(endpoint.address).await?;
        socket.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &endpoint.tls {
            None => Box::new(socket),
            Some(tls) => Box::new(tls.connector.connect(tls.name.clone(), socket).await?),
        };
        Ok(Self { stream, buffer: Vec::with_capacity(READ) })
    }

    /// Sends `request`, which is head and body, and waits for its response.
    ///
    /// # Errors
    /// When the connection ends, or the response has no `Content-Length` or is not HTTP. The
    /// connection is of no further use then.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<Response<'_>> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        self.buffer.clear();
        let head = loop {
            self.fill().await?;
            if let Some(head) = Head::parse(&self.buffer)? {
                break head;
            }
        };
        while self.buffer.len() < head.end {
            self.fill().await?;
        }
        if self.buffer.len() > head.end {
            return Err(invalid("more than one response"));
        }
        let body = self.buffer.get(head.len..).unwrap_or_default();
        Ok(Response { status: head.status, body })
    }

    async fn fill(&mut self) -> io::Result<()> {
        if self.buffer.len() > MAX_RESPONSE {
            return Err(invalid("the response is too large"));
        }
        self.buffer.reserve(READ);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// What the head of a response says of its size.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Bytes of the head.
    len: usize,
    /// Bytes of head and body.
    end: usize,
}

impl Head {
    /// `None` while the head is not complete.
    fn parse(bytes: &[u8]) -> io::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let len = match response.parse(bytes) {
            Ok(httparse::Status::Complete(len)) => len,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(why) => return Err(invalid(&why.to_string())),
        };
        let status = response.code.ok_or_else(|| invalid("no status"))?;
        let length = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("content-length"))
            .and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok())
            .filter(|length| *length <= MAX_RESPONSE)
            .ok_or_else(|| invalid("no usable Content-Length"))?;
        Ok(Some(Self { status, len, end: len + length }))
    }
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_where_its_response_ends() {
        let bytes = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 3\r\n\r\nabc";
        let head = Head::parse(bytes).unwrap().unwrap();
        assert_eq!(head, Head { status: 400, len: bytes.len() - 3, end: bytes.len() });
        assert_eq!(Head::parse(&bytes[..30]).unwrap(), None);
    }

    #[test]
    fn what_has_no_length_is_refused() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n").is_err());
        assert!(Head::parse(b"SSH-2.0-x\r\n").is_err());
    }

    #[tokio::test]
    async fn a_connection_is_used_again() {
        let (near, mut far) = tokio::io::duplex(4096);
        let mut connection = Connection { stream: Box::new(near), buffer: Vec::new() };
        let server = async {
            for body in ["one", "three"] {
                let mut request = [0; 4];
                far.read_exact(&mut request).await.unwrap();
                assert_eq!(&request, b"ask\n");
                let length = body.len();
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
                far.write_all(head.as_bytes()).await.unwrap();
                far.write_all(body.as_bytes()).await.unwrap();
            }
            drop(far);
        };
        let client = async {
            assert_eq!(connection.exchange(b"ask\n").await.unwrap().body, b"one");
            assert_eq!(connection.exchange(b"ask\n").await.unwrap().body, b"three");
            assert!(connection.exchange(b"ask\n").await.is_err());
        };
        tokio::join!(server, client);
    }
}
