//! HTTP/1.1 over real sockets: round trips, every limit, and stopping.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and starts its own tasks"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use strongroom_server::{BindError, Config, Drained, Limits, Server, Transport};
use support::{DELAY, Running, closed, get, post, receive, send, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SOON: Duration = Duration::from_secs(3);

fn short() -> Duration {
    Duration::from_millis(150)
}

#[tokio::test]
async fn a_request_comes_through_whole_and_the_connection_stays() {
    let running = Running::plain(Limits::default()).await;
    let mut client = running.connect().await;
    for _ in 0..3 {
        send(&mut client, post("/a%2Fb?x=%20&y", "plaintext")).await;
        let reply = receive(&mut client).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, "POST /a%2Fb x=%20&y 127.0.0.1 plain\nplaintext");
        assert_eq!(reply.header("x-amzn-requestid"), Some("b2a1"));
        assert_eq!(reply.header("content-type"), Some("application/x-amz-json-1.1"));
        assert_eq!(reply.header("x-extra"), Some("1"));
        let date = reply.header("date").unwrap();
        assert!(date.len() == 29 && date.ends_with(" GMT"), "{date}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let running = Running::plain(Limits::default()).await;
    let mut client = running.connect().await;
    send(&mut client, [post("/1", "one"), post("/2", ""), get("/3")].concat()).await;
    for expected in ["POST /1  127.0.0.1 plain\none", "POST /2  127.0.0.1 plain\n"] {
        assert_eq!(receive(&mut client).await.body, expected);
    }
    assert_eq!(receive(&mut client).await.body, "GET /3  127.0.0.1 plain\n");
}

#[tokio::test]
async fn probes_are_answered_without_the_handler() {
    let running = Running::plain(Limits::default()).await;
    let mut client = running.connect().await;
    send(&mut client, get("/healthz")).await;
    let reply = receive(&mut client).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "ok\n"));
    send(&mut client, get("/readyz")).await;
    assert_eq!(receive(&mut client).await.status, 200);
    *running.handler.sick.lock().unwrap() = Some("the store is sealed".to_owned());
    send(&mut client, get("/readyz?verbose")).await;
    let reply = receive(&mut client).await;
    assert_eq!((reply.status, reply.body.as_str()), (503, "the store is sealed\n"));
    assert_eq!(running.handler.begun.load(Ordering::SeqCst), 0);
    send(&mut client, post("/healthz", "")).await;
    assert!(receive(&mut client).await.body.starts_with("POST /healthz"));
}

#[tokio::test]
async fn an_announced_body_over_the_limit_is_refused_even_while_it_is_sent() {
    let running = Running::plain(Limits { body_bytes: 1000, ..Limits::default() }).await;
    let mut client = running.connect().await;
    send(&mut client, post("/", &"x".repeat(1000))).await;
    assert_eq!(receive(&mut client).await.status, 200);
    // More than the sockets hold: the client is still writing when the refusal is decided.
    send(&mut client, post("/big", &"x".repeat(6 * 1024 * 1024))).await;
    let reply = receive(&mut client).await;
    assert_eq!(reply.status, 413);
    assert_eq!(reply.body, "/big the body is longer than 1000 bytes");
    assert_eq!(reply.header("connection"), Some("close"));
    assert_eq!(reply.header("x-amzn-requestid"), Some("b2a1"));
    assert!(closed(&mut client, SOON).await);
    assert_eq!(running.handler.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_chunked_body_has_the_same_limit() {
    let running = Running::plain(Limits { body_bytes: 1000, ..Limits::default() }).await;
    let head = "POST / HTTP/1.1\r\nHost: kms\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("1f4\r\n{}\r\n", "y".repeat(500));
    let mut client = running.connect().await;
    send(&mut client, format!("{head}{chunk}{chunk}0\r\n\r\n")).await;
    let reply = receive(&mut client).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.ends_with(&"y".repeat(1000)));
    send(&mut client, format!("{head}{chunk}{chunk}1\r\nz\r\n0\r\n\r\n")).await;
    assert_eq!(receive(&mut client).await.status, 413);
    assert!(closed(&mut client, SOON).await);
}

#[tokio::test]
async fn a_large_body_within_the_limit_arrives_whole() {
    let running = Running::plain(Limits { large_bodies: 1, ..Limits::default() }).await;
    let body: String = (0..200_000).map(|n| char::from(b'a' + (n % 23) as u8)).collect();
    for _ in 0..2 {
        let mut client = running.connect().await;
        send(&mut client, post("/", &body)).await;
        assert!(receive(&mut client).await.body.ends_with(&body));
    }
}

#[tokio::test]
async fn large_bodies_wait_for_each_other_and_small_ones_do_not() {
    let limits = Limits { large_bodies: 1, body: SOON, ..Limits::default() };
    let running = Running::plain(limits).await;
    let large = "x".repeat(100_000);
    let mut first = running.connect().await;
    send(&mut first, post("/slow", &large)).await;
    running.begun(1).await;
    let mut second = running.connect().await;
    send(&mut second, post("/second", &large)).await;
    let mut small = running.connect().await;
    send(&mut small, post("/small", "x")).await;
    assert_eq!(receive(&mut small).await.status, 200);
    assert!(!closed(&mut second, short()).await);
    assert_eq!(running.handler.begun.load(Ordering::SeqCst), 2);
    running.handler.go.notify_one();
    assert_eq!(receive(&mut first).await.status, 200);
    running.begun(3).await;
}

#[tokio::test]
async fn expect_is_answered_before_the_body_is_sent() {
    let running = Running::plain(Limits { body_bytes: 1000, ..Limits::default() }).await;
    let head = |length| {
        format!(
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let mut client = running.connect().await;
    send(&mut client, head(2)).await;
    assert_eq!(receive(&mut client).await.status, 100);
    send(&mut client, "hi").await;
    assert!(receive(&mut client).await.body.ends_with("\nhi"));
    send(&mut client, head(1001)).await;
    assert_eq!(receive(&mut client).await.status, 413, "without a byte of the body");
}

#[tokio::test]
async fn headers_are_bounded_in_length_and_number() {
    let running = Running::plain(Limits { header_bytes: 16 * 1024, ..Limits::default() }).await;
    let fields = |count: usize, size: usize| {
        let lines: String = (0..count).map(|n| format!("h{n}: {}\r\n", "v".repeat(size))).collect();
        format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
    };
    for (request, status) in [
        (fields(99, 10), 200),
        (fields(100, 10), 431),
        (fields(9, 1024), 200),
        (fields(20, 1024), 431),
    ] {
        let mut client = running.connect().await;
        send(&mut client, &request).await;
        assert_eq!(receive(&mut client).await.status, status);
    }
}

#[tokio::test]
async fn slow_headers_are_dropped_though_bytes_keep_coming() {
    let running = Running::plain(Limits { head: short(), ..Limits::default() }).await;
    let mut silent = running.connect().await;
    assert!(closed(&mut silent, SOON).await);
    let (mut from, mut to) = running.connect().await.into_split();
    let dribble = tokio::spawn(async move {
        for byte in get("/").bytes().cycle() {
            tokio::time::sleep(Duration::from_millis(30)).await;
            if to.write_all(&[byte]).await.is_err() {
                return;
            }
        }
    });
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(SOON, from.read_to_end(&mut rest)).await;
    assert!(ended.is_ok() && rest.is_empty());
    dribble.abort();
}

#[tokio::test]
async fn a_slow_body_is_refused() {
    let running = Running::plain(Limits { body: short(), ..Limits::default() }).await;
    let mut client = running.connect().await;
    send(&mut client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert_eq!(receive(&mut client).await.status, 408);
    assert!(closed(&mut client, SOON).await);
    assert_eq!(running.handler.begun.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_idle_connection_has_its_own_bound() {
    let limits = Limits { head: short(), idle: 4 * short(), ..Limits::default() };
    let running = Running::plain(limits).await;
    let mut client = running.connect().await;
    for _ in 0..2 {
        send(&mut client, get("/")).await;
        assert_eq!(receive(&mut client).await.status, 200);
        // Longer than a head may take, shorter than idleness may last.
        assert!(!closed(&mut client, 2 * short()).await);
    }
    assert!(closed(&mut client, SOON).await);
    let mut slow = running.connect().await;
    send(&mut slow, [&get("/"), "GET / HT"].concat()).await;
    assert_eq!(receive(&mut slow).await.status, 200);
    assert!(closed(&mut slow, SOON).await);
}

#[tokio::test]
async fn a_slow_handler_is_waited_for() {
    let limits = Limits { head: short(), idle: short(), body: short(), ..Limits::default() };
    let running = Running::plain(limits).await;
    let mut client = running.connect().await;
    send(&mut client, get("/slow")).await;
    running.begun(1).await;
    assert!(!closed(&mut client, 3 * short()).await);
    running.handler.go.notify_one();
    assert_eq!(receive(&mut client).await.status, 200);
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_dropped() {
    let limits = Limits {
        write: short(),
        body_bytes: 64 * 1024 * 1024,
        connections: 1,
        ..Limits::default()
    };
    let running = Running::plain(limits).await;
    let mut deaf = running.connect().await;
    send(&mut deaf, post("/", &"x".repeat(32 * 1024 * 1024))).await;
    // The only place becomes free when the server gives up on it.
    let mut next = running.connect().await;
    send(&mut next, get("/")).await;
    assert_eq!(receive(&mut next).await.status, 200);
}

#[tokio::test]
async fn connections_above_the_bound_wait_while_all_are_served() {
    let running = Running::plain(Limits { connections: 2, ..Limits::default() }).await;
    let mut held = [running.connect().await, running.connect().await];
    for client in &mut held {
        send(client, get("/slow")).await;
    }
    running.begun(2).await;
    let mut third = running.connect().await;
    send(&mut third, get("/third")).await;
    assert!(!closed(&mut third, short()).await);
    assert_eq!(running.handler.begun.load(Ordering::SeqCst), 2);
    running.handler.go.notify_one();
    running.handler.go.notify_one();
    assert_eq!(receive(&mut third).await.status, 200);
    let mut answered = 0;
    for client in &mut held {
        answered += usize::from(receive(client).await.status == 200);
    }
    assert_eq!(answered, 2, "whoever made room was answered first");
}

#[tokio::test]
async fn where_all_places_are_taken_who_waits_longest_makes_room() {
    let running = Running::plain(Limits { connections: 3, ..Limits::default() }).await;
    let mut silent = running.connect().await;
    let mut half = running.connect().await;
    send(&mut half, "GET / HT").await;
    tokio::time::sleep(short()).await;
    let mut used = running.connect().await;
    let mut newcomers = Vec::new();
    for n in 0..3 {
        send(&mut used, get("/")).await;
        assert_eq!(receive(&mut used).await.status, 200);
        let mut new = running.connect().await;
        send(&mut new, get("/new")).await;
        assert_eq!(receive(&mut new).await.status, 200, "{n}");
        // Two that never asked anything go first; then the last newcomer, idle for longer.
        match n {
            0 => assert!(closed(&mut silent, SOON).await),
            1 => assert!(closed(&mut half, SOON).await),
            _ => assert!(closed(&mut newcomers[0], SOON).await),
        }
        newcomers.push(new);
        tokio::time::sleep(short()).await;
    }
}

#[tokio::test]
async fn half_a_body_makes_room() {
    let running = Running::plain(Limits { connections: 1, ..Limits::default() }).await;
    let mut slow = running.connect().await;
    send(&mut slow, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf").await;
    tokio::time::sleep(short()).await;
    let mut next = running.connect().await;
    send(&mut next, get("/")).await;
    assert_eq!(receive(&mut next).await.status, 200);
    assert!(closed(&mut slow, SOON).await);
    assert_eq!(running.handler.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_is_being_taken_is_not_cut_off_to_make_room() {
    let limits = Limits { body_bytes: 64 * 1024 * 1024, connections: 1, ..Limits::default() };
    let running = Running::plain(limits).await;
    let body = "x".repeat(32 * 1024 * 1024);
    let mut slow = running.connect().await;
    send(&mut slow, post("/", &body)).await;
    until(|| running.handler.done.load(Ordering::SeqCst) == 1).await;
    let mut next = running.connect().await;
    send(&mut next, get("/")).await;
    assert!(!closed(&mut next, short()).await);
    assert!(receive(&mut slow).await.body.ends_with(&body));
    assert_eq!(receive(&mut next).await.status, 200);
    assert!(closed(&mut slow, SOON).await, "once it has it all, it makes room");
}

#[tokio::test]
async fn one_address_does_not_take_all_places() {
    // A peer of its own is whoever does not come over loopback.
    let Some(own) = own_address() else { return };
    let limits = Limits { connections_per_peer: 2, ..Limits::default() };
    let transport = Transport::Plain { anywhere: true };
    let running = Running::on(&format!("{own}:0"), transport, limits).await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = running.connect().await;
        send(&mut client, get("/slow")).await;
        clients.push(client);
    }
    running.begun(2).await;
    let mut refused = running.connect().await;
    let _ = refused.write_all(get("/").as_bytes()).await;
    assert!(closed(&mut refused, SOON).await);
    running.handler.go.notify_one();
    until(|| running.handler.done.load(Ordering::SeqCst) == 1).await;
    tokio::time::sleep(short()).await;
    // Now one of the two is idle, and gives way.
    let mut third = running.connect().await;
    send(&mut third, get("/")).await;
    assert_eq!(receive(&mut third).await.status, 200);
    assert_eq!(running.handler.begun.load(Ordering::SeqCst), 3);
}

/// The address of this machine from which it would reach others; nothing is sent.
fn own_address() -> Option<std::net::Ipv4Addr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    match socket.local_addr().ok()?.ip() {
        std::net::IpAddr::V4(address) if !address.is_loopback() => Some(address),
        _ => None,
    }
}

#[tokio::test]
async fn requests_beyond_the_bound_wait_and_slow_peers_are_no_requests() {
    let running = Running::plain(Limits { requests: 1, ..Limits::default() }).await;
    let (mut head, mut body) = (running.connect().await, running.connect().await);
    send(&mut head, "POST / HTTP/1.1\r\n").await;
    send(&mut body, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf").await;
    let mut busy = running.connect().await;
    send(&mut busy, get("/slow")).await;
    running.begun(1).await;
    let (mut second, mut gone) = (running.connect().await, running.connect().await);
    send(&mut second, post("/", "second")).await;
    send(&mut gone, post("/", "gone")).await;
    assert!(!closed(&mut second, short()).await);
    drop(gone);
    let mut probe = running.connect().await;
    send(&mut probe, get("/healthz")).await;
    assert_eq!(receive(&mut probe).await.status, 200);
    assert_eq!(running.handler.begun.load(Ordering::SeqCst), 1);
    running.handler.go.notify_one();
    assert!(receive(&mut second).await.body.ends_with("second"));
    assert_eq!(receive(&mut busy).await.status, 200);
    assert_eq!(running.handler.begun.load(Ordering::SeqCst), 2, "who is gone has no turn");
}

#[tokio::test]
async fn an_answer_that_is_held_back_keeps_nobody_else_waiting() {
    let limits = Limits { requests: 1, large_bodies: 1, ..Limits::default() };
    let running = Running::plain(limits).await;
    let large = "x".repeat(100_000);
    let began = std::time::Instant::now();
    let mut late = Vec::new();
    for _ in 0..3 {
        let mut client = running.connect().await;
        send(&mut client, post("/late", &large)).await;
        late.push(client);
    }
    until(|| running.handler.done.load(Ordering::SeqCst) == 3).await;
    let mut other = running.connect().await;
    send(&mut other, post("/", &large)).await;
    assert_eq!(receive(&mut other).await.status, 200);
    assert!(began.elapsed() < DELAY, "nothing waits for what is held back");
    assert_eq!(receive(&mut late[0]).await.status, 200);
    assert!(began.elapsed() >= DELAY);
}

#[tokio::test]
async fn what_is_held_back_is_answered_when_the_server_stops() {
    let running = Running::plain(Limits::default()).await;
    let mut late = running.connect().await;
    let began = std::time::Instant::now();
    send(&mut late, get("/late")).await;
    until(|| running.handler.done.load(Ordering::SeqCst) == 1).await;
    let stopping = running.stop();
    assert_eq!(receive(&mut late).await.status, 200);
    assert_eq!(stopping.await.unwrap(), Drained::All);
    assert!(began.elapsed() < DELAY);
}

#[tokio::test]
async fn a_place_is_free_as_soon_as_who_is_held_back_hangs_up() {
    let running = Running::plain(Limits { connections: 1, ..Limits::default() }).await;
    let began = std::time::Instant::now();
    let mut late = running.connect().await;
    send(&mut late, get("/late")).await;
    until(|| running.handler.done.load(Ordering::SeqCst) == 1).await;
    drop(late);
    let mut next = running.connect().await;
    send(&mut next, get("/")).await;
    assert_eq!(receive(&mut next).await.status, 200);
    assert!(began.elapsed() < DELAY);
}

#[tokio::test]
async fn who_does_not_take_its_answer_makes_room() {
    let limits = Limits { body_bytes: 64 * 1024 * 1024, connections: 1, ..Limits::default() };
    let running = Running::plain(limits).await;
    let mut deaf = running.connect().await;
    send(&mut deaf, post("/", &"x".repeat(32 * 1024 * 1024))).await;
    until(|| running.handler.done.load(Ordering::SeqCst) == 1).await;
    let mut next = running.connect().await;
    send(&mut next, get("/")).await;
    assert_eq!(receive(&mut next).await.status, 200);
}

#[tokio::test]
async fn a_newcomer_does_not_make_room_for_itself() {
    let running = Running::plain(Limits { connections: 1, ..Limits::default() }).await;
    let mut busy = running.connect().await;
    send(&mut busy, get("/slow")).await;
    running.begun(1).await;
    // It says nothing until it is let in.
    let mut next = running.connect().await;
    tokio::time::sleep(3 * short()).await;
    running.handler.go.notify_one();
    assert_eq!(receive(&mut busy).await.status, 200);
    drop(busy);
    assert!(!closed(&mut next, 3 * short()).await);
    send(&mut next, get("/")).await;
    assert_eq!(receive(&mut next).await.status, 200);
}

#[tokio::test]
async fn garbage_hurts_nobody_else() {
    let running = Running::plain(Limits::default()).await;
    let tls_hello = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03".as_slice();
    let smuggled =
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab";
    let chunk = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n";
    let http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for bytes in
        [b"\0\0\0\0\0\0\r\n\r\n".as_slice(), tls_hello, smuggled, chunk, http2, &[0xff; 70_000]]
    {
        let mut client = running.connect().await;
        let _ = client.write_all(bytes).await;
        let _ = client.shutdown().await;
        assert!(closed(&mut client, SOON).await);
    }
    assert_eq!(running.handler.begun.load(Ordering::SeqCst), 0);
    let mut client = running.connect().await;
    send(&mut client, get("/")).await;
    assert_eq!(receive(&mut client).await.status, 200);
}

#[tokio::test]
async fn a_handler_that_panics_costs_one_connection() {
    let running = Running::plain(Limits { connections: 1, ..Limits::default() }).await;
    let mut client = running.connect().await;
    send(&mut client, get("/panic")).await;
    assert!(closed(&mut client, SOON).await);
    let mut next = running.connect().await;
    send(&mut next, get("/")).await;
    assert_eq!(receive(&mut next).await.status, 200);
}

#[tokio::test]
async fn a_request_is_finished_though_its_client_hung_up() {
    let running = Running::plain(Limits { connections: 1, ..Limits::default() }).await;
    let mut client = running.connect().await;
    send(&mut client, get("/slow")).await;
    running.begun(1).await;
    drop(client);
    tokio::time::sleep(short()).await;
    assert_eq!(running.handler.done.load(Ordering::SeqCst), 0);
    // It keeps its place until then, so nobody can pile up abandoned work.
    let mut next = running.connect().await;
    send(&mut next, get("/")).await;
    assert!(!closed(&mut next, short()).await);
    running.handler.go.notify_one();
    until(|| running.handler.done.load(Ordering::SeqCst) == 2).await;
}

#[tokio::test]
async fn stopping_finishes_what_is_in_flight_and_closes_what_is_idle() {
    let running = Running::plain(Limits::default()).await;
    let address = running.address;
    let (mut idle, mut fresh) = (running.connect().await, running.connect().await);
    send(&mut idle, get("/")).await;
    receive(&mut idle).await;
    let mut busy = running.connect().await;
    send(&mut busy, get("/slow")).await;
    running.begun(2).await;
    let handler = Arc::clone(&running.handler);
    let served = running.stop();
    assert!(closed(&mut idle, SOON).await);
    assert!(closed(&mut fresh, SOON).await);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert!(!served.is_finished());
    handler.go.notify_one();
    let reply = receive(&mut busy).await;
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert_eq!(served.await.unwrap(), Drained::All);
}

#[tokio::test]
async fn stopping_waits_no_longer_than_it_may() {
    let running = Running::plain(Limits { drain: short(), ..Limits::default() }).await;
    let mut busy = running.connect().await;
    send(&mut busy, get("/slow")).await;
    running.begun(1).await;
    assert_eq!(running.stop().await.unwrap(), Drained::Left(1));
}

#[tokio::test]
async fn plain_http_is_for_loopback_unless_insisted_on() {
    let bind = |listen: &str, anywhere| {
        let transport = Transport::Plain { anywhere };
        let listen = listen.parse().unwrap();
        Server::bind(Config { listen, transport, limits: Limits::default() })
    };
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let Err(error) = bind(address, false).await else { panic!("{address}") };
        assert!(matches!(error, BindError::Plaintext(_)));
        for way_out in ["--tls self-signed", "127.0.0.1", "--insecure-plain-http"] {
            assert!(error.to_string().contains(way_out), "{error}");
        }
    }
    assert!(bind("0.0.0.0:0", true).await.is_ok());
    assert!(matches!(bind("192.0.2.1:0", true).await, Err(BindError::Listen(..))));
}
