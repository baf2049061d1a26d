//! The server on a real socket.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use skyhaul_web::{HttpOptions, serve};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::city::City;

fn exchange(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut answer = String::new();
    let mut bytes = [0; 4_096];
    while !answer.ends_with("alive\n") && !answer.contains("\"status\"") {
        let count = stream.read(&mut bytes).expect("it answers");
        if count == 0 {
            break;
        }
        answer.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    answer
}

#[actix_web::test]
async fn connections_are_kept_and_closed_when_the_server_stops() {
    let city = City::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let options = HttpOptions {
        workers: 1,
        ..HttpOptions::default()
    };
    let server = serve(city.services.clone(), listener, options).expect("the listener can be used");
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let client = actix_web::rt::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("it listens");
        let get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let first = exchange(&mut stream, get);
        let second = exchange(&mut stream, get);
        let announced = "POST /api/deliveryrequests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999999\r\n\r\n";
        let third = exchange(&mut stream, announced);
        (first, second, third)
    });
    let (first, second, third) = client.await.expect("the client is done");
    assert!(first.starts_with("HTTP/1.1 200 OK"), "{first}");
    assert!(second.starts_with("HTTP/1.1 200 OK"), "{second}");
    assert!(
        third.starts_with("HTTP/1.1 413"),
        "a body is not waited for that is too large: {third}"
    );
    handle.stop(true).await;
    running.await.expect("it ran").expect("it stopped well");
    assert!(TcpStream::connect(address).is_err(), "the port is free again");
}

/// Both ends of TLS, with a certificate that one shows and the other trusts.
fn ends() -> (ServerConfig, ClientConfig) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    let certificate = CertificateDer::from(made.cert);
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("it can be trusted");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider speaks them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they match");
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider speaks them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    (server, client)
}

async fn secure(address: SocketAddr, client: ClientConfig) -> std::io::Result<()> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(client)).connect(name, stream).await?;
    Ok(())
}

#[actix_web::test]
async fn who_comes_while_256_connections_are_being_secured_waits_for_one_of_them() {
    let (tls, client) = ends();
    let city = City::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    // One worker takes connections in the order in which they come.
    let options = HttpOptions {
        workers: 1,
        tls: Some(tls),
        ..HttpOptions::default()
    };
    let server = serve(city.services.clone(), listener, options).expect("the listener can be used");
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);

    let connect = || async move { tokio::net::TcpStream::connect(address).await.expect("it listens") };
    let mut silent = Vec::new();
    for _ in 0..255 {
        silent.push(connect().await);
    }
    let served = timeout(Duration::from_secs(5), secure(address, client.clone())).await;
    served
        .expect("there is room for one more")
        .expect("it is secured");
    silent.push(connect().await);
    let mut late = Box::pin(secure(address, client));
    let waits = timeout(Duration::from_millis(300), &mut late).await;
    assert!(waits.is_err(), "it was not its turn: {waits:?}");
    drop(silent.pop());
    let served = timeout(Duration::from_secs(5), late).await;
    served.expect("its turn has come").expect("it is secured");

    drop(silent);
    handle.stop(false).await;
    running.await.expect("it ran").expect("it stopped well");
}
