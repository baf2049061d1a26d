//! The handshake: who may come in, and which protocol is spoken.

use std::borrow::Cow;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::machine::TryParse;
use tokio_tungstenite::tungstenite::handshake::server::{Request, create_response, write_response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::connection::Connection;
use crate::door::{Door, Pass};

/// Where the server listens.
pub const PATH: &str = "/telemetry";

/// The protocol whose data frames are JSON; it is spoken with those who name none.
pub const SUBPROTOCOL: &str = "skyhaul.v1.json";

/// The protocol whose data frames are columns of numbers.
pub const SUBPROTOCOL_BINARY: &str = "skyhaul.v1.bin";

/// The longest request: as HTTP servers usually have it.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// How long a request may take to come.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// The longest message a client may send: twice the longest subscription many times over.
pub(super) const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// What is read at once; messages of clients are short.
const READ_BYTES: usize = 2 * 1024;

/// Room for answers to pings and closes; all else is written past the library.
const CONTROL_BYTES_MAX: usize = 4 * 1024;

/// A client that came in.
pub(super) struct Admitted {
    pub(super) socket: WebSocketStream<Connection>,
    /// What it may look at.
    pub(super) pass: Pass,
    /// What it speaks.
    pub(super) speech: Speech,
}

/// What a client speaks, by the protocols it offers: the first one that is spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    /// It names none: JSON.
    Unnamed,
    /// JSON.
    Json,
    /// Columns of numbers.
    Binary,
    /// Only others: it is told so, in JSON.
    Unknown,
}

impl Speech {
    /// What is spoken with a client that makes these offers.
    fn of<'a>(mut offers: impl Iterator<Item = &'a str>) -> Self {
        let Some(first) = offers.next() else {
            return Self::Unnamed;
        };
        let known = std::iter::once(first)
            .chain(offers)
            .find_map(|offer| match offer {
                SUBPROTOCOL => Some(Self::Json),
                SUBPROTOCOL_BINARY => Some(Self::Binary),
                _ => None,
            });
        known.unwrap_or(Self::Unknown)
    }

    /// What the answer names; a client that offers nothing that is spoken here is answered without a name (RFC 6455, 4.2.2).
    const fn named(self) -> Option<&'static str> {
        match self {
            Self::Json => Some(SUBPROTOCOL),
            Self::Binary => Some(SUBPROTOCOL_BINARY),
            Self::Unnamed | Self::Unknown => None,
        }
    }
}

/// Why nobody came in.
pub(super) enum Rejection {
    /// The request was answered with this status.
    Answered(u16),
    /// The peer went away or took too long.
    Gone,
}

impl From<io::Error> for Rejection {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// What a peer does that takes its time, as long as it may: such as securing the connection, or sending a request.
pub(super) async fn within<T>(done: impl Future<Output = io::Result<T>>) -> Result<T, Rejection> {
    let done = tokio::time::timeout(HEAD_WITHIN, done).await;
    Ok(done.map_err(|_| Rejection::Gone)??)
}

/// Reads the request and answers it.
pub(super) async fn receive(
    mut stream: Connection,
    allowed_origins: &[String],
    door: &dyn Door,
) -> Result<Admitted, Rejection> {
    let answer = match within(read_head(&mut stream)).await? {
        Ok((request, rest)) => check(&request, allowed_origins).and_then(|speech| {
            let pass = door.pass(key(&request).as_deref()).ok_or(NO_KEY)?;
            Ok((request, rest, speech, pass))
        }),
        Err(answer) => Err(answer),
    };
    match answer {
        Ok((request, rest, speech, pass)) => {
            accept(&mut stream, &request, speech).await?;
            let config = WebSocketConfig::default()
                .read_buffer_size(READ_BYTES)
                .write_buffer_size(0)
                .max_write_buffer_size(CONTROL_BYTES_MAX)
                .max_message_size(Some(MESSAGE_BYTES_MAX))
                .max_frame_size(Some(MESSAGE_BYTES_MAX));
            let socket = WebSocketStream::from_partially_read(stream, rest, Role::Server, Some(config)).await;
            Ok(Admitted { socket, pass, speech })
        }
        Err(answer) => {
            refuse(&mut stream, answer).await?;
            Err(Rejection::Answered(answer.status))
        }
    }
}

/// An answer that lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    line: &'static str,
    headers: &'static str,
    text: &'static str,
}

const NOT_HTTP: Answer = Answer {
    status: 400,
    line: "Bad Request",
    headers: "",
    text: "this is not an HTTP/1.1 request for a WebSocket",
};
const NO_KEY: Answer = Answer {
    status: 401,
    line: "Unauthorized",
    headers: "WWW-Authenticate: Bearer\r\n",
    text: "send a key as `X-Api-Key`, as `Authorization: Bearer`, or as `?access_token=`",
};
const NOT_ALLOWED: Answer = Answer {
    status: 403,
    line: "Forbidden",
    headers: "",
    text: "pages of this origin may not connect",
};
const NOT_FOUND: Answer = Answer {
    status: 404,
    line: "Not Found",
    headers: "",
    text: "there is only /telemetry",
};
const NOT_GET: Answer = Answer {
    status: 405,
    line: "Method Not Allowed",
    headers: "Allow: GET\r\n",
    text: "a WebSocket begins with GET",
};
const NO_UPGRADE: Answer = Answer {
    status: 426,
    line: "Upgrade Required",
    headers: "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    text: "this is a WebSocket, version 13",
};
const TOO_LONG: Answer = Answer {
    status: 431,
    line: "Request Header Fields Too Large",
    headers: "",
    text: "the request is too long",
};
const NO_ROOM: Answer = Answer {
    status: 503,
    line: "Service Unavailable",
    headers: "Retry-After: 10\r\n",
    text: "too many clients",
};

/// Says that there is no room, and looks at nothing that is asked. A secured connection is just closed: securing it would cost more than serving it.
pub(super) async fn turn_away(stream: TcpStream, is_secured: bool) -> u16 {
    if is_secured {
        return NO_ROOM.status;
    }
    let mut stream = Connection::Plain(Rc::new(stream));
    // The peer is told as far as it listens: nothing depends on it.
    let told = tokio::time::timeout(HEAD_WITHIN, async {
        let head = read_head(&mut stream).await;
        refuse(&mut stream, NO_ROOM).await.and(head.map(|_| ()))
    });
    drop(told.await);
    NO_ROOM.status
}

/// The request and what came after it, or the answer to give instead.
async fn read_head(stream: &mut Connection) -> io::Result<Result<(Request, Vec<u8>), Answer>> {
    let mut head = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match Request::try_parse(&head) {
            Ok(Some((size, request))) => return Ok(Ok((request, head.split_off(size)))),
            Ok(None) if head.len() >= HEAD_BYTES_MAX => return Ok(Err(TOO_LONG)),
            Ok(None) => {}
            Err(Error::Protocol(ProtocolError::WrongHttpMethod)) => return Ok(Err(NOT_GET)),
            Err(_) => return Ok(Err(NOT_HTTP)),
        }
    }
}

/// Whether the client may come in; if so, what it speaks.
fn check(request: &Request, allowed_origins: &[String]) -> Result<Speech, Answer> {
    if request.uri().path() != PATH {
        return Err(NOT_FOUND);
    }
    if let Some(origin) = request.headers().get("Origin")
        && !is_allowed(origin, allowed_origins)
    {
        return Err(NOT_ALLOWED);
    }
    if create_response(request).is_err() {
        return Err(NO_UPGRADE);
    }
    Ok(Speech::of(offers(request)))
}

/// The key that a client shows. Pages cannot send headers with a WebSocket, so it may stand in the address.
fn key(request: &Request) -> Option<Cow<'_, str>> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let bearer = || {
        let (scheme, token) = header("Authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    };
    let in_address = || {
        let parameters = request.uri().query()?.split('&');
        parameters
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| *name == "access_token")
            .and_then(|(_, value)| percent_decode_str(value).decode_utf8().ok())
    };
    let in_header = header("X-Api-Key").or_else(bearer);
    in_header.map(Cow::from).or_else(in_address)
}

fn is_allowed(origin: &HeaderValue, allowed_origins: &[String]) -> bool {
    allowed_origins
        .iter()
        .any(|allowed| allowed == "*" || allowed.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
}

/// The protocols that the client offers.
fn offers(request: &Request) -> impl Iterator<Item = &str> {
    request
        .headers()
        .get_all("Sec-WebSocket-Protocol")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|offer| !offer.is_empty())
}

/// Answers 101.
async fn accept(stream: &mut Connection, request: &Request, speech: Speech) -> io::Result<()> {
    let mut response = create_response(request).map_err(io::Error::other)?;
    if let Some(protocol) = speech.named() {
        response
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", HeaderValue::from_static(protocol));
    }
    let mut bytes = Vec::new();
    write_response(&mut bytes, &response).map_err(io::Error::other)?;
    stream.write_all(&bytes).await
}

async fn refuse(stream: &mut Connection, answer: Answer) -> io::Result<()> {
    let Answer {
        status,
        line,
        headers,
        text,
    } = answer;
    let length = text.len() + 1;
    let response = format!(
        "HTTP/1.1 {status} {line}\r\n{headers}Content-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}\n"
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str, headers: &str) -> Request {
        let text = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        let parsed = Request::try_parse(text.as_bytes()).expect("it is HTTP");
        parsed.expect("it is whole").1
    }

    #[test]
    fn only_allowed_origins_and_those_without_one_come_in() {
        let allowed = ["http://localhost:8080".to_owned()];
        let check = |headers: &str, allowed: &[String]| check(&request(PATH, headers), allowed);
        assert_eq!(check("", &allowed), Ok(Speech::Unnamed));
        assert_eq!(
            check("Origin: http://localhost:8080\r\n", &allowed),
            Ok(Speech::Unnamed)
        );
        assert_eq!(
            check("Origin: http://LOCALHOST:8080\r\n", &allowed),
            Ok(Speech::Unnamed)
        );
        assert_eq!(
            check("Origin: http://evil.example\r\n", &allowed),
            Err(NOT_ALLOWED)
        );
        assert_eq!(check("Origin: null\r\n", &allowed), Err(NOT_ALLOWED));
        assert_eq!(
            check("Origin: http://evil.example\r\n", &["*".to_owned()]),
            Ok(Speech::Unnamed)
        );
    }

    #[test]
    fn there_is_one_path_whatever_its_query() {
        assert_eq!(
            check(&request("/telemetry?access_token=x", ""), &[]),
            Ok(Speech::Unnamed)
        );
        assert_eq!(check(&request("/", ""), &[]), Err(NOT_FOUND));
        assert_eq!(check(&request("/telemetry/x", ""), &[]), Err(NOT_FOUND));
    }

    #[test]
    fn a_key_comes_by_header_or_in_the_address() {
        for (path, headers, wanted) in [
            ("/telemetry", "", None),
            ("/telemetry", "X-Api-Key: k\r\n", Some("k")),
            ("/telemetry", "Authorization: bearer k\r\n", Some("k")),
            ("/telemetry", "Authorization: Basic k\r\n", None),
            ("/telemetry?a=b&access_token=k&c", "", Some("k")),
            ("/telemetry?access_token=a%2Bb%2Fc%3D%27", "", Some("a+b/c='")),
            ("/telemetry?access_token=%ff", "", None),
            ("/telemetry?xaccess_token=k", "", None),
            ("/telemetry?access_token=other", "X-Api-Key: k\r\n", Some("k")),
        ] {
            assert_eq!(
                key(&request(path, headers)).as_deref(),
                wanted,
                "{path} {headers}"
            );
        }
    }

    #[test]
    fn the_first_offer_that_is_spoken_here_is_taken() {
        for (offer, speech) in [
            ("skyhaul.v1.json", Speech::Json),
            ("skyhaul.v1.bin, skyhaul.v1.json", Speech::Binary),
            ("skyhaul.v2.bin, skyhaul.v1.json, skyhaul.v1.bin", Speech::Json),
            ("skyhaul.v2.bin", Speech::Unknown),
            ("", Speech::Unnamed),
        ] {
            let request = request(PATH, &format!("Sec-WebSocket-Protocol: {offer}\r\n"));
            assert_eq!(check(&request, &[]), Ok(speech), "{offer}");
        }
    }
}
