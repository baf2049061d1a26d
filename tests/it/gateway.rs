//! The gateway from outside: keys, roles, and what is never written down.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::service::{Service, data, eventually, parcel};

/// The administrator's key of this test.
const ADMIN: &str = "the-administrator's-own-key-0123456789";

/// What a business says of itself.
const CONTACT: &str = "ann@flowers.example";

/// What a client's webhook is signed with, and what its address holds for the receiver alone.
const WEBHOOK: [&str; 2] = ["a-client's-own-secret-0123456789", "capability-in-an-address"];

/// A token of a provider's that nobody can check here, and the password of the mail server.
const OTHERS: [&str; 2] = [
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.c2VjcmV0LWNsYWltcw.c2VjcmV0LXNpZ25lZA",
    "the-mail-password",
];

/// Writes a configuration file that asks for keys, takes tokens, sends mail, and logs all there is to log.
fn configuration(folder: &Path) -> PathBuf {
    let key = folder.join("admin.key");
    std::fs::write(&key, format!("{ADMIN}\n")).expect("written");
    let file = folder.join("skyhaul.toml");
    let keys = folder.join("keys.json");
    std::fs::write(&keys, "{\"keys\": []}").expect("written");
    let text = format!(
        "[auth]\nmode = \"on\"\nadmin_key_file = {:?}\njwks_file = {:?}\nissuer = \"https://id.example\"\n\
         [notifications]\nallow_private_addresses = true\nsmtp_url = \"smtp://skyhaul:{}@127.0.0.1:9\"\n\
         [log]\nlevel = \"trace\"\n",
        key.display().to_string(),
        keys.display().to_string(),
        OTHERS[1],
    );
    std::fs::write(&file, text).expect("written");
    file
}

fn call(service: &Service, key: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let answer = service.call(method, path, body, &[("X-Api-Key", key)]);
    (answer.status, answer.body)
}

/// The status with which telemetry answers a handshake.
fn handshake(service: &Service, path: &str) -> String {
    let address = service.telemetry.trim_start_matches("ws://");
    let address = address.trim_end_matches("/telemetry");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut head = [0; 12];
    stream.read_exact(&mut head).expect("it answers");
    String::from_utf8_lossy(&head).into_owned()
}

#[test]
fn keys_open_what_is_theirs_over_a_restart_and_no_secret_is_written_down() {
    let folder = data();
    let configuration = configuration(folder.path());
    let configuration = configuration.to_str().expect("a path");
    let args = ["--config", configuration, "--no-demand", "--speed", "60"];
    let kept = folder.path().join("data");
    let service = Service::start(&kept, &args);
    assert_eq!(service.get("/api/depots").status, 401);
    assert_eq!(service.get("/healthz").status, 200);
    let body = json!({"name": "Flowers", "contact": CONTACT, "ownerId": "someone"});
    let (status, opened) = call(&service, ADMIN, "POST", "/api/accounts", Some(&body));
    assert_eq!(status, 201, "{opened}");
    let key = opened["apiKey"].as_str().expect("a key").to_owned();
    let asked = service.call(
        "POST",
        "/api/deliveryrequests",
        Some(&parcel()),
        &[("Authorization", &format!("Bearer {key}"))],
    );
    assert_eq!(asked.status, 202, "{:?}", asked.body);
    let id = asked.body["deliveryId"].as_str().expect("an id").to_owned();
    for (path, wanted) in [
        ("/telemetry".to_owned(), "HTTP/1.1 401"),
        (format!("/telemetry?access_token={}", OTHERS[0]), "HTTP/1.1 401"),
        (format!("/telemetry?access_token={key}"), "HTTP/1.1 101"),
    ] {
        assert_eq!(handshake(&service, &path), wanted);
    }
    assert_eq!(call(&service, OTHERS[0], "GET", "/api/depots", None).0, 401);
    tell(&service, &key, &id);
    let first_log = service.stop_and_read();
    let service = Service::start(&kept, &args);
    let path = format!("/api/deliveries/{id}");
    assert_eq!(call(&service, &key, "GET", &path, None).0, 200);
    let account = format!("/api/account/{}", opened["id"].as_str().expect("an id"));
    assert_eq!(call(&service, &key, "GET", &account, None).1, json!(true));
    assert_eq!(service.get(&path).status, 401);
    let log = first_log + &service.stop_and_read();
    let signing = std::fs::read_to_string(kept.join("webhook-secret")).expect("there is one");
    assert!(log.contains("AccountChanged"), "the log is whole");
    let secret = key.rsplit('_').next().expect("a secret");
    let secrets = [ADMIN, secret, CONTACT, signing.trim()];
    for told in secrets.into_iter().chain(WEBHOOK).chain(OTHERS) {
        let line = log.lines().find(|line| line.contains(told));
        assert_eq!(line, None, "the log tells {told}");
    }
    let journal = everything_below(&kept.join("journal"));
    for told in secrets.into_iter().chain(WEBHOOK).chain(OTHERS) {
        let is_told = journal
            .windows(told.len())
            .any(|window| window == told.as_bytes());
        assert!(!is_told, "the journal tells {told}");
    }
}

/// Has somebody told of a delivery by ways that lead nowhere, and waits until both were tried.
fn tell(service: &Service, key: &str, id: &str) {
    let path = format!("/api/deliveries/{id}/notifymerequests");
    let webhook = format!("http://127.0.0.1:9/hook?token={}", WEBHOOK[1]);
    let body = json!({"webhook": webhook, "secret": WEBHOOK[0], "emailAddress": CONTACT});
    assert_eq!(call(service, key, "POST", &path, Some(&body)).0, 204);
    eventually("both ways to be tried", || {
        let told = call(service, key, "GET", &path, None).1;
        let notices = told[0]["notices"].as_array()?.clone();
        let is_tried = |channel: &str| {
            let mut of = notices.iter().filter(|notice| notice["channel"] == channel);
            of.any(|notice| notice["attempts"].as_u64() > Some(0))
        };
        (is_tried("webhook") && is_tried("email")).then_some(())
    });
}

#[test]
fn a_link_that_was_revoked_opens_nothing_after_kill_9() {
    let folder = data();
    let configuration = configuration(folder.path());
    let args = ["--config", configuration.to_str().expect("a path"), "--no-demand"];
    let kept = folder.path().join("data");
    let service = Service::start(&kept, &args);
    let asked = call(&service, ADMIN, "POST", "/api/deliveryrequests", Some(&parcel()));
    let path = format!(
        "/api/deliveries/{}",
        asked.1["deliveryId"].as_str().expect("an id")
    );
    let links = format!("{path}/trackinglinks");
    let text = |link: &Value, name: &str| link[name].as_str().expect("a text").to_owned();
    let [good, bad] = [0, 1].map(|_| call(&service, ADMIN, "POST", &links, None).1);
    let revoke = format!("{links}/{}", text(&bad, "id"));
    assert_eq!(call(&service, ADMIN, "DELETE", &revoke, None).0, 204);
    service.kill();
    let service = Service::start(&kept, &args);
    assert_eq!(call(&service, &text(&good, "token"), "GET", &path, None).0, 200);
    assert_eq!(call(&service, &text(&bad, "token"), "GET", &path, None).0, 401);
}

/// All bytes of all files below a folder.
fn everything_below(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).expect("it is there").flatten() {
        bytes.extend(std::fs::read(entry.path()).expect("it can be read"));
    }
    assert!(!bytes.is_empty(), "there is a journal");
    bytes
}
