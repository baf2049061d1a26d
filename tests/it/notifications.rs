//! Clients who are told how their deliveries go: by real calls, in order, also when the service was killed in between.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde_json::{Value, json};

use crate::calls::read_call;
use crate::service::{Service, data, eventually, parcel};

/// Nothing that is waited for here takes this long on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) const OPEN: (&str, &str) = ("SKYHAUL__NOTIFICATIONS__ALLOW_PRIVATE_ADDRESSES", "true");

/// A receiver and what it took, with the lines of each head.
pub(crate) struct Receiver {
    address: SocketAddr,
    /// What it answers every call with.
    pub(crate) status: Arc<AtomicU16>,
    told: mpsc::Receiver<Call>,
}

impl Receiver {
    pub(crate) fn open(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let status = Arc::new(AtomicU16::new(status));
        let (sender, told) = mpsc::channel();
        let answers = Arc::clone(&status);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(call) = take(&stream) else { continue };
                let status = answers.load(Ordering::SeqCst);
                if status < 300 && sender.send(call).is_err() {
                    break;
                }
                let answer =
                    format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                // A caller that was killed does not hear it.
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self {
            address,
            status,
            told,
        }
    }

    pub(crate) fn webhook(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn next(&self) -> Call {
        self.told.recv_timeout(PATIENCE).expect("it is told")
    }

    /// The stages it is told of, up to the last.
    fn stages(&self) -> Vec<String> {
        let mut stages = Vec::new();
        while stages.last().is_none_or(|stage| stage != "Completed") {
            let (_, event) = self.next();
            stages.push(event["data"]["stage"].as_str().expect("a stage").to_owned());
        }
        stages
    }
}

/// The lines of a call's head, and its body.
pub(crate) type Call = (Vec<String>, Value);

fn take(stream: &TcpStream) -> Option<Call> {
    let (head, body) = read_call(stream)?;
    Some((head, serde_json::from_slice(&body).ok()?))
}

#[test]
fn a_webhook_is_told_of_each_stage_in_order_and_first_of_the_estimated_arrival() {
    let receiver = Receiver::open(204);
    let data = data();
    let service = Service::start_with(data.path(), &["--speed", "60", "--no-demand"], &[OPEN]);
    let id = service.request_delivery(&parcel());
    let path = format!("/api/deliveries/{id}/notifymerequests");
    let asked = service.post(&path, &json!({"emailAddress": "", "webhook": receiver.webhook()}));
    assert_eq!(asked.status, 204, "{asked:?}");
    let (head, first) = receiver.next();
    assert_eq!(first["data"]["stage"], "HeadedToPickup");
    assert_eq!(first["subject"], id);
    assert_eq!(first["specversion"], "1.0");
    assert!(first["data"]["deliveryETA"].is_string(), "{first}");
    for name in ["webhook-id: ", "webhook-timestamp: ", "webhook-signature: v1,"] {
        assert!(head.iter().any(|line| line.starts_with(name)), "{head:?}");
    }
    assert_eq!(receiver.stages(), ["HeadedToDropoff", "Completed"]);
    let listed = eventually("all of it to be noted", || {
        let listed = service.get(&path).body;
        let notices = listed[0]["notices"].as_array()?;
        (notices.len() == 3 && notices.iter().all(|notice| notice["state"] == "delivered")).then_some(listed)
    });
    assert_eq!(listed[0]["webhook"], receiver.webhook());
}

#[test]
fn what_was_not_taken_before_the_service_was_killed_is_told_after() {
    let receiver = Receiver::open(503);
    let data = data();
    let args = ["--speed", "60", "--no-demand"];
    let service = Service::start_with(data.path(), &args, &[OPEN]);
    let id = service.request_delivery(&parcel());
    let path = format!("/api/deliveries/{id}/notifymerequests");
    let webhook = json!({"webhook": receiver.webhook()});
    assert_eq!(service.post(&path, &webhook).status, 204);
    service.wait_for_stage(&id, "Completed");
    let first = |service: &Service| service.get(&path).body[0]["notices"][0].clone();
    eventually("a notice to be tried", || {
        (first(&service)["state"] == "retrying").then_some(())
    });
    service.kill();
    receiver.status.store(200, Ordering::SeqCst);
    let service = Service::start_with(data.path(), &args, &[OPEN]);
    assert_eq!(
        receiver.stages(),
        ["HeadedToPickup", "HeadedToDropoff", "Completed"]
    );
    eventually("it to be noted", || {
        (first(&service)["state"] == "delivered").then_some(())
    });
}

#[test]
fn who_cannot_be_told_is_refused_and_what_cannot_be_sent_is_shown() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "60", "--no-demand"]);
    let id = service.request_delivery(&parcel());
    let path = format!("/api/deliveries/{id}/notifymerequests");
    for (body, status) in [
        (json!({}), 400),
        (json!({"webhook": 7}), 400),
        (json!({"webhook": "http://127.0.0.1:9/"}), 422),
        (json!({"emailAddress": "nobody"}), 422),
    ] {
        assert_eq!(service.post(&path, &body).status, status, "{body}");
    }
    let unknown = "/api/deliveries/00000000-0000-0000-0000-000000000000/notifymerequests";
    assert_eq!(service.post(unknown, &json!({"sms": "112"})).status, 404);
    let contact = json!({"EmailAddress": "someone@example.org", "SMS": "+39 055 123456"});
    assert_eq!(service.post(&path, &contact).status, 204);
    let notices = eventually("notices to be given up", || {
        let listed = service.get(&path).body;
        let notices = listed[0]["notices"].as_array()?.clone();
        (notices.len() >= 2 && notices.iter().all(|notice| notice["state"] == "parked")).then_some(notices)
    });
    let error = |channel: &str| {
        let of_channel = notices
            .iter()
            .find(|notice| notice["channel"] == channel)
            .expect("one a channel");
        of_channel["error"].as_str().expect("a reason").to_owned()
    };
    assert!(error("email").contains("no mail server"), "{notices:?}");
    assert!(error("sms").contains("no gateway"), "{notices:?}");
}
