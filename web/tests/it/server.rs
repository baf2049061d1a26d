//! The server on a real socket.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use skyhaul_web::{HttpOptions, serve};

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
