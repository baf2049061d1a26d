//! A bare TCP responder: reads a request whole and answers 202 with a body as long as the service's. Nothing is parsed beyond the length, kept or made
//! durable, so that it tells what sockets and the client cost.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

/// Bytes of the service's answer, head and body.
const ANSWER_BYTES: usize = 880;

/// Starts a responder on a free port, on a thread of its own; it goes with the process.
///
/// # Errors
/// Where no port can be opened.
pub fn start() -> io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new()
        .name("responder".to_owned())
        .spawn(move || runtime.block_on(accept(listener)))?;
    Ok(address)
}

async fn accept(listener: std::net::TcpListener) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(answer(stream));
    }
}

/// Answers one connection's requests until it ends.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let answer = whole_answer();
    let mut request = Vec::with_capacity(4 << 10);
    while stream.read_buf(&mut request).await? > 0 {
        if is_whole(&request) {
            request.clear();
            stream.write_all(&answer).await?;
        }
    }
    Ok(())
}

fn whole_answer() -> Vec<u8> {
    let head = "HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: ";
    let rest = ANSWER_BYTES - head.len() - "000\r\n\r\n".len();
    format!("{head}{rest}\r\n\r\n{}", " ".repeat(rest)).into_bytes()
}

/// Whether head and body are there.
fn is_whole(request: &[u8]) -> bool {
    let Some(head_bytes) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&request[..head_bytes]);
    let body_bytes = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok());
    request.len() >= head_bytes + 4 + body_bytes.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_length_it_says() {
        let answer = whole_answer();
        assert_eq!(answer.len(), ANSWER_BYTES);
        let text = String::from_utf8(answer).expect("is text");
        let (head, body) = text.split_once("\r\n\r\n").expect("has a head");
        assert!(head.ends_with(&format!("content-length: {}", body.len())));
    }

    #[test]
    fn a_request_is_whole_with_its_last_byte() {
        let request = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        assert!(is_whole(request));
        assert!(!is_whole(&request[..request.len() - 1]));
        assert!(!is_whole(&request[..20]));
    }
}
