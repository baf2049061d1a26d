//! Receivers that are real sockets on this machine.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use skyhaul_actors::command::Channel;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_web::notification::outbox::NoticeKey;

use super::*;

const SECRET: &str = "a secret of the service";

fn letter(to: Recipient) -> Letter {
    Letter {
        key: NoticeKey {
            event: 42,
            subscription: 7,
            channel: Channel::Webhook,
        },
        delivery: DeliveryId(1),
        trace: trace::of_delivery(DeliveryId(1)),
        to,
        id: "42".to_owned(),
        event: b"{\"specversion\":\"1.0\"}".to_vec(),
        words: (
            "Your delivery has arrived".to_owned(),
            "Delivery 1 has arrived.\n".to_owned(),
        ),
    }
}

fn sender(change: impl FnOnce(&mut SenderSettings)) -> Sender {
    let mut settings = SenderSettings {
        allow_private_addresses: true,
        secret: SECRET.to_owned(),
        email_from: "Skyhaul <noreply@example.com>".to_owned(),
        ..SenderSettings::default()
    };
    change(&mut settings);
    Sender::new(settings).expect("the settings are good")
}

/// The lines of a call's head, and its body.
type Call = (Vec<String>, Vec<u8>);

/// A receiver that takes one call, answers it with these lines, and gives the head and the body it was sent.
fn receiver(answer: &'static str) -> (String, JoinHandle<Call>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let taken = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a call");
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        let head: Vec<String> = lines(&mut reader).take_while(|line| !line.is_empty()).collect();
        let length = head
            .iter()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .expect("a length");
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("the whole body");
        (&stream).write_all(answer.as_bytes()).expect("still there");
        (head, body)
    });
    (format!("http://{address}/hook?x=1"), taken)
}

fn lines(reader: &mut BufReader<TcpStream>) -> impl Iterator<Item = String> {
    std::iter::from_fn(move || {
        let mut line = String::new();
        let read = reader.read_line(&mut line).expect("still there");
        (read > 0).then(|| line.trim_end().to_owned())
    })
}

#[test]
fn a_webhook_is_called_with_the_event_and_its_signature() {
    for (own, secret) in [
        (None, SECRET),
        (Some("a secret of the client"), "a secret of the client"),
    ] {
        let (url, taken) = receiver("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
        let letter = letter(Recipient::Webhook {
            url,
            secret: own.map(str::to_owned),
        });
        assert_eq!(sender(|_| {}).send(&letter, 1_700_000_000), Sent::Taken);
        let (head, body) = taken.join().expect("it was called");
        assert_eq!(head[0], "POST /hook?x=1 HTTP/1.1");
        assert_eq!(body, letter.event);
        let signed = signature(secret, "42", 1_700_000_000, &body);
        for wanted in [
            "content-type: application/cloudevents+json; charset=utf-8".to_owned(),
            "webhook-id: 42".to_owned(),
            "webhook-timestamp: 1700000000".to_owned(),
            format!("webhook-signature: {signed}"),
            format!("traceparent: {}", trace::header(letter.trace)),
        ] {
            assert!(head.contains(&wanted), "{wanted}: {head:?}");
        }
    }
}

#[test]
fn an_answer_that_is_no_success_is_a_failure_and_410_the_end() {
    for (answer, wanted) in [
        (
            "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n",
            Sent::Failed("the receiver answered 503".to_owned()),
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            Sent::Failed("the receiver answered 302".to_owned()),
        ),
        (
            "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
            Sent::Refused("the receiver wants no more (410)".to_owned()),
        ),
    ] {
        let (url, taken) = receiver(answer);
        let letter = letter(Recipient::Webhook { url, secret: None });
        assert_eq!(sender(|_| {}).send(&letter, 1), wanted);
        taken.join().expect("it was called");
    }
}

#[test]
fn a_name_that_means_this_machine_is_not_called() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let closed = sender(|settings| settings.allow_private_addresses = false);
    for host in [
        "localhost",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
    ] {
        let url = format!("http://{host}:{port}/");
        let letter = letter(Recipient::Webhook { url, secret: None });
        assert!(matches!(closed.send(&letter, 1), Sent::Failed(_)), "{host}");
    }
    listener.set_nonblocking(true).expect("a setting");
    assert!(listener.accept().is_err(), "nobody called");
}

#[test]
fn a_text_message_goes_to_the_gateway_that_is_configured() {
    let letter = letter(Recipient::Sms("+39 055 123456".to_owned()));
    assert!(matches!(sender(|_| {}).send(&letter, 1), Sent::Refused(_)));
    let (url, taken) = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let sender = sender(|settings| {
        settings.sms_webhook = Some(url);
        settings.allow_private_addresses = false;
    });
    assert_eq!(sender.send(&letter, 1), Sent::Taken);
    assert_eq!(taken.join().expect("it was called").1, letter.event);
}

/// A mail server that takes one message and gives what it was told; it says `answer` to the recipient.
fn mail_server(answer: &'static str) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let taken = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a call");
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        let say = |line: &str| (&stream).write_all(format!("{line}\r\n").as_bytes());
        say("220 mail").expect("still there");
        let (mut told, mut is_data) = (Vec::new(), false);
        for line in lines(&mut reader) {
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            let said = match verb.as_str() {
                _ if is_data && line == "." => {
                    is_data = false;
                    say("250 kept")
                }
                _ if is_data => Ok(()),
                "EHLO" => say("250 mail"),
                "RCPT" => say(answer),
                "DATA" => {
                    is_data = true;
                    say("354 go on")
                }
                "QUIT" => say("221 bye"),
                _ => say("250 ok"),
            };
            told.push(line);
            if said.is_err() || verb == "QUIT" {
                break;
            }
        }
        told
    });
    (format!("smtp://{address}"), taken)
}

#[test]
fn e_mail_goes_through_the_mail_server_in_words() {
    let (url, taken) = mail_server("250 ok");
    let sender = sender(|settings| settings.smtp_url = Some(url));
    let letter = letter(Recipient::Email("someone@example.org".to_owned()));
    assert_eq!(sender.send(&letter, 1), Sent::Taken);
    drop(sender);
    let told = taken.join().expect("it was called");
    for wanted in [
        "MAIL FROM:<noreply@example.com>",
        "RCPT TO:<someone@example.org>",
        "Subject: Your delivery has arrived",
        "Delivery 1 has arrived.",
    ] {
        assert!(
            told.iter().any(|line| line.starts_with(wanted)),
            "{wanted}: {told:?}"
        );
    }
}

#[test]
fn an_address_that_the_mail_server_does_not_know_is_given_up_and_a_server_that_is_away_is_not() {
    let (url, taken) = mail_server("550 nobody of that name");
    let letter = letter(Recipient::Email("someone@example.org".to_owned()));
    let sender_there = sender(|settings| settings.smtp_url = Some(url));
    assert!(matches!(sender_there.send(&letter, 1), Sent::Refused(_)));
    drop(sender_there);
    taken.join().expect("it was called");
    let away = sender(|settings| settings.smtp_url = Some("smtp://127.0.0.1:1".to_owned()));
    assert!(matches!(away.send(&letter, 1), Sent::Failed(_)));
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    for (url, from, named) in [
        ("ftp://mail", "a@b.it", "notifications.smtp_url"),
        ("smtp://mail", "nobody", "notifications.email_from"),
    ] {
        let refused = Sender::new(SenderSettings {
            smtp_url: Some(url.to_owned()),
            email_from: from.to_owned(),
            ..SenderSettings::default()
        });
        let refused = refused.err().expect("refused");
        assert!(refused.contains(named), "{refused}");
    }
}
