//! TLS on both listeners, from outside.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use futures_util::StreamExt as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::service::{PATIENCE, Service, data, eventually, finished, parcel};

/// Connects to one of the listeners as someone who trusts this certificate and no other.
async fn connect(url: &str, trusted: &Path) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(trusted).expect("a certificate");
    roots.add(certificate).expect("it can be trusted");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider speaks them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (_, rest) = url.split_once("://").expect("an address");
    let address = rest.split('/').next().expect("an address");
    let stream = TcpStream::connect(address).await.expect("it listens");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// A certificate and its key in a folder.
fn certificate(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    fs::write(folder.join("cert.pem"), made.cert.pem()).expect("written");
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
}

#[actix_rt::test]
async fn the_service_makes_a_certificate_for_development_and_keeps_it() {
    let data = data();
    let args = ["--tls", "dev", "--no-demand"];
    let service = Service::start(data.path(), &args);
    assert!(service.rest.starts_with("https://") && service.telemetry.starts_with("wss://"));
    let id = service.request_delivery(&parcel());
    assert_eq!(service.get(&format!("/api/deliveries/{id}")).status, 200);
    let config = service.get("/api/config").body;
    assert_eq!(config["telemetry"]["scheme"], "wss");

    let trusted = data.path().join("tls/dev-cert.pem");
    let stream = connect(&service.telemetry, &trusted)
        .await
        .expect("it is trusted");
    let (mut socket, _) = tokio_tungstenite::client_async(service.telemetry.as_str(), stream)
        .await
        .expect("a WebSocket");
    let hello = socket.next().await.expect("it stays open").expect("a message");
    let hello: Value = serde_json::from_str(hello.to_text().expect("text")).expect("JSON");
    assert_eq!(hello["type"], "hello");
    let kept = fs::read(&trusted).expect("it is kept");
    assert!(service.stop());

    let service = Service::start(data.path(), &args);
    assert_eq!(fs::read(&trusted).expect("it is kept"), kept);
    connect(&service.rest, &trusted).await.expect("it is shown again");
}

#[actix_rt::test]
async fn a_large_answer_comes_whole_over_wss() {
    use futures_util::SinkExt as _;
    let data = data();
    let service = Service::start(data.path(), &["--tls", "dev", "--speed", "60"]);
    let trusted = data.path().join("tls/dev-cert.pem");
    let stream = connect(&service.telemetry, &trusted)
        .await
        .expect("it is trusted");
    let (mut socket, _) = tokio_tungstenite::client_async(service.telemetry.as_str(), stream)
        .await
        .expect("a WebSocket");
    let subscribe = json!({"op": "subscribe", "id": "f", "topic": "fleet", "bbox": [11.15, 43.72, 11.33, 43.84], "hz": 10});
    let subscribe = tokio_tungstenite::tungstenite::Message::text(subscribe.to_string());
    socket.send(subscribe).await.expect("sent");
    let mut frames = 0;
    while frames < 20 {
        let message = socket.next().await.expect("it stays open").expect("a message");
        let frame: Value =
            serde_json::from_str(message.to_text().expect("text")).expect("each frame is whole");
        frames += usize::from(frame["id"] == "f");
    }
}

#[actix_rt::test]
async fn another_certificate_is_shown_without_a_restart() {
    let (data, folder) = (data(), tempfile::tempdir().expect("a folder"));
    certificate(folder.path());
    let path = |name: &str| folder.path().join(name);
    let (cert, key, old) = (path("cert.pem"), path("key.pem"), path("old.pem"));
    fs::copy(&cert, &old).expect("copied");
    let text = |path: &Path| path.to_str().expect("a path").to_owned();
    let args = [
        "--no-demand",
        "--tls-cert",
        &text(&cert),
        "--tls-key",
        &text(&key),
    ];
    let service = Service::start(data.path(), &args);
    for url in [&service.rest, &service.telemetry] {
        connect(url, &old).await.expect("it is trusted");
    }
    certificate(folder.path());
    let told = Command::new("kill")
        .args(["-HUP", &service.id().to_string()])
        .status();
    assert!(told.expect("kill can be started").success());
    for url in [&service.rest, &service.telemetry] {
        let shown = async { while connect(url, &cert).await.is_err() {} };
        tokio::time::timeout(PATIENCE, shown).await.expect("it is shown");
        let error = connect(url, &old)
            .await
            .expect_err("the old one is no longer shown");
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    assert!(service.stop());
}

#[test]
fn whoever_does_not_speak_tls_is_told_nothing_and_harms_nothing() {
    use std::io::{Read as _, Write as _};
    let data = data();
    let service = Service::start(data.path(), &["--tls", "dev", "--no-demand"]);
    for url in [&service.rest, &service.telemetry] {
        let (_, rest) = url.split_once("://").expect("an address");
        let address = rest.split('/').next().expect("an address");
        let mut stream = std::net::TcpStream::connect(address).expect("it listens");
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .expect("it listens");
        let mut answer = Vec::new();
        // An alert of TLS, or a closed connection.
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    eventually("the service to answer", || {
        (service.get("/healthz").status == 200).then_some(())
    });
}

#[actix_rt::test]
async fn browsers_are_told_to_come_back_secured_where_connections_are() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let data = data();
    let service = Service::start(data.path(), &["--tls", "dev", "--no-demand"]);
    let trusted = data.path().join("tls/dev-cert.pem");
    let mut stream = connect(&service.rest, &trusted).await.expect("it is trusted");
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await
        .expect("it listens");
    let mut answer = String::new();
    // A peer that closes without TLS saying so is an error behind a whole answer.
    let _ = stream.read_to_string(&mut answer).await;
    let head = answer.to_ascii_lowercase();
    assert!(
        head.contains("\r\nstrict-transport-security: max-age=31536000\r\n"),
        "{answer}"
    );
}

#[test]
fn a_certificate_that_cannot_be_used_is_said_before_anything_is_served() {
    let (data, folder) = (data(), tempfile::tempdir().expect("a folder"));
    certificate(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let kept = data.path().to_str().expect("a path");
    for (cert, key, word) in [
        ("cert.pem", "cert.pem", "no private key"),
        ("gone.pem", "key.pem", "gone.pem"),
    ] {
        let (cert, key) = (path(cert), path(key));
        let free = "127.0.0.1:0";
        let output = finished(&[
            "serve",
            "--data",
            kept,
            "--bind",
            free,
            "--telemetry-bind",
            free,
            "--tls-cert",
            &cert,
            "--tls-key",
            &key,
        ]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(said.contains(word), "{said}");
    }
}
