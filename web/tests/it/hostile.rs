//! What strangers may send to a real listener: refused, and the service goes on.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use actix_web::rt::task::spawn_blocking;
use skyhaul_web::{HttpOptions, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::city::City;
use crate::client::request;

/// No answer that is waited for here takes this long on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A listener that gives requests' heads so long to arrive.
fn listen(head_within: Duration) -> SocketAddr {
    listen_to(&City::new(), head_within)
}

/// The same of a world that the test looks after.
fn listen_to(city: &City, head_within: Duration) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let options = HttpOptions {
        workers: 1,
        head_within,
        ..HttpOptions::default()
    };
    let server = serve(city.services.clone(), listener, options).expect("the listener can be used");
    actix_web::rt::spawn(server);
    address
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    stream
}

/// All that is answered to these bytes until the server closes.
fn answers(address: SocketAddr, sent: &[u8]) -> String {
    let mut stream = connect(address);
    // The server may close before all is sent.
    let _ = stream.write_all(sent);
    let mut answer = Vec::new();
    let mut bytes = [0; 4_096];
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        answer.extend_from_slice(&bytes[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Another client is served as if nothing were.
fn assert_unharmed(address: SocketAddr) {
    let answer = answers(
        address,
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[actix_web::test]
async fn whoever_sends_a_head_byte_by_byte_is_let_go() {
    let address = listen(Duration::from_millis(400));
    let slow = (0..100).map(|_| async move {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let (mut reader, mut writer) = stream.split();
        let sending = async {
            for byte in b"GET /healthz HTTP/1.1\r\nX: "
                .iter()
                .chain(std::iter::repeat(&b'x'))
            {
                ticks.tick().await;
                if writer.write_all(&[*byte]).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let mut answer = Vec::new();
        let reading = reader.read_to_end(&mut answer);
        tokio::select! {
            () = sending => {}
            _ = tokio::time::timeout(PATIENCE, reading) => {}
        }
        String::from_utf8_lossy(&answer).into_owned()
    });
    let slow = futures_util::future::join_all(slow);
    let other = spawn_blocking(move || assert_unharmed(address));
    let (answers, other) = tokio::join!(slow, other);
    other.expect("another client was served meanwhile");
    for answer in answers {
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }
}

#[actix_web::test]
async fn a_head_that_begins_behind_a_stream_does_not_end_the_stream() {
    let head_within = Duration::from_millis(200);
    let city = City::new();
    let id = city.client().await.order(&request()).await;
    let mut stream = tokio::net::TcpStream::connect(listen_to(&city, head_within))
        .await
        .expect("it listens");
    let asked = format!("GET /api/deliveries/{id}/events HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HT");
    stream.write_all(asked.as_bytes()).await.expect("it listens");
    let mut answer = Vec::new();
    let told = async { while stream.read_buf(&mut answer).await.expect("it answers") > 0 {} };
    let ended = tokio::time::timeout(5 * head_within, told).await;
    assert!(ended.is_err(), "the delivery is under way");
    city.run_s(3_600);
    let rest = b"TP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    stream.write_all(rest).await.expect("it listens");
    let told = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer));
    told.await.expect("the delivery has ended").expect("it answers");
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.contains("Completed") && answer.ends_with("alive\n"),
        "{answer}"
    );
}

/// The same on a connection that was kept; what was answered before is left out.
async fn dribble_after_an_answer(address: SocketAddr, times: usize, end: &[u8]) -> String {
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let get = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(get).await.expect("it listens");
    let mut answer = Vec::new();
    while !answer.ends_with(b"alive\n") {
        let read = stream.read_buf(&mut answer).await.expect("it answers");
        assert!(read > 0, "it answers: {answer:?}");
    }
    answer.clear();
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let (mut reader, mut writer) = stream.split();
    let sending = async {
        let head = b"GET /healthz HTTP/1.1\r\nConnection: close\r\nX: ";
        let dribbled = head.iter().chain(std::iter::repeat(&b'x')).take(times);
        for byte in dribbled.chain(end) {
            ticks.tick().await;
            if writer.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = sending => {}
        read = tokio::time::timeout(PATIENCE, reader.read_to_end(&mut answer)) => {
            // Whoever still sends is cut off with a reset.
            let _ = read.expect("it is let go");
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[actix_web::test]
async fn whoever_sends_a_later_head_byte_by_byte_is_let_go_as_well() {
    let address = listen(Duration::from_millis(400));
    let slow = (0..50).map(|_| dribble_after_an_answer(address, usize::MAX, b""));
    let slow = futures_util::future::join_all(slow);
    let other = spawn_blocking(move || assert_unharmed(address));
    let (answers, other) = tokio::join!(slow, other);
    other.expect("another client was served meanwhile");
    for answer in answers {
        assert_eq!(answer, "", "nobody is answered who asks nothing");
    }
}

#[actix_web::test]
async fn whoever_ends_a_later_head_in_time_is_answered() {
    let address = listen(PATIENCE);
    let answer = dribble_after_an_answer(address, 50, b"\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[actix_web::test]
async fn heads_that_are_far_too_large_are_refused() {
    let address = listen(PATIENCE);
    let checked = spawn_blocking(move || {
        let many = "A: b\r\n".repeat(100_000);
        let long = format!("A: {}\r\n", "b".repeat(1 << 20));
        let far = format!("/{}", "a".repeat(1 << 20));
        for head in [
            format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
            format!("GET / HTTP/1.1\r\nHost: a\r\n{long}\r\n"),
            format!("GET {far} HTTP/1.1\r\nHost: a\r\n\r\n"),
        ] {
            let answer = answers(address, head.as_bytes());
            let is_refused = ["400", "414", "431"]
                .iter()
                .any(|status| answer.starts_with(&format!("HTTP/1.1 {status}")));
            assert!(is_refused || answer.is_empty(), "{answer}");
        }
        assert_unharmed(address);
    });
    checked.await.expect("refused");
}

/// More parts than anybody sends: a tebibyte.
const PARTS_MAX: usize = 1 << 24;

#[actix_web::test]
async fn whoever_sends_a_body_that_nobody_wants_is_told_so_and_let_go() {
    let address = listen(PATIENCE);
    let checked = spawn_blocking(move || {
        for (path, framing) in [
            ("/api/deliveryrequests", "Content-Length: 1000000000"),
            ("/api/deliveryrequests", "Transfer-Encoding: chunked"),
            ("/api/nothing", "Content-Length: 1000000000"),
        ] {
            let mut stream = connect(address);
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).expect("it listens");
            // A chunk of a gigabyte, where there are chunks.
            let _ = stream.write_all(b"3b9aca00\r\n");
            let part = vec![b'a'; 1 << 16];
            let taken = (0..PARTS_MAX)
                .take_while(|_| stream.write_all(&part).is_ok())
                .count();
            assert!(taken < PARTS_MAX, "{path} {framing}: all of it was taken");
        }
        assert_unharmed(address);
    });
    checked.await.expect("let go");
}

#[actix_web::test]
async fn requests_that_two_servers_would_read_differently_are_refused() {
    let address = listen(PATIENCE);
    let checked = spawn_blocking(move || {
        let hidden = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
        for lengths in [
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5, 6\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: -5\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length: 99999999999999999999999\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding : chunked\r\n",
            "Transfer-Encoding:\x0bchunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: identity, chunked, gzip\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            "X: y\r\n Transfer-Encoding: chunked\r\n",
        ] {
            let request = format!(
                "POST /api/deliveryrequests HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{lengths}\r\n0\r\n\r\n{hidden}"
            );
            let mut stream = connect(address);
            let _ = stream.write_all(request.as_bytes());
            stream.shutdown(std::net::Shutdown::Write).expect("it is open");
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            assert!(
                !answer.contains("alive"),
                "{lengths:?} lets a second request through: {answer}"
            );
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
                "{lengths:?}: {answer}"
            );
        }
        assert_unharmed(address);
    });
    checked.await.expect("refused");
}

#[actix_web::test]
async fn no_address_leads_out_of_the_files_in_the_program() {
    let address = listen(PATIENCE);
    let checked = spawn_blocking(move || {
        for path in [
            "/../../../../etc/passwd",
            "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
            "/..%2f..%2f..%2fetc%2fpasswd",
            "/assets/../../Cargo.toml",
            "/assets/..%5c..%5cCargo.toml",
            "/assets/%00/../Cargo.toml",
            "/docs/../../Cargo.toml",
            "/docs/..%2f..%2fCargo.toml",
            "/docs//etc/passwd",
            "//etc/passwd",
            "/track/../../../etc/passwd",
            "/....//....//etc/passwd",
            "file:///etc/passwd",
        ] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            let answer = answers(address, request.as_bytes());
            assert!(answer.starts_with("HTTP/1.1 "), "{path}: {answer}");
            for told in ["root:", "[package]", "[workspace]"] {
                assert!(!answer.contains(told), "{path}: {answer}");
            }
            let is_refused = ["HTTP/1.1 4", "HTTP/1.1 3"]
                .iter()
                .any(|status| answer.starts_with(status));
            let is_page = answer.contains("text/html") || answer.starts_with("HTTP/1.1 503");
            assert!(is_refused || is_page, "{path}: {answer}");
        }
        assert_unharmed(address);
    });
    checked.await.expect("refused");
}
