//! A small HTTP/1.1 client on loopback: keep-alive connections, one request in flight on each.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep_until};

use super::{Load, Outcome};

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// How long an answer may take before the run is given up.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Stands for the number of a request in [`BODY`].
pub(super) const NUMBER: &str = "NUMBER";

/// What is asked for, by the HTTP contract: another package to one of a thousand places.
pub(super) const BODY: &str = concat!(
    r#"{"confirmationRequired":"None","deadline":"","dropOffLocation":"drop off PLACE","expedited":true,"#,
    r#""ownerId":"bench","packageInfo":{"packageId":"p-NUMBER","size":"Small","tag":"bench","weight":0.5},"#,
    r#""pickupLocation":"my pickup","pickupTime":"2019-05-08T20:00:00.000Z"}"#
);

/// Stands for a request's place in [`BODY`].
pub(super) const PLACE: &str = "PLACE";

/// How many places there are.
pub(super) const PLACES: u64 = 1_000;

fn request(number: u64) -> Vec<u8> {
    let body = BODY
        .replace(NUMBER, &number.to_string())
        .replace(PLACE, &(number % PLACES).to_string());
    let length = body.len();
    format!(
        "POST /api/deliveryrequests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Posts delivery requests to `target` as `load` says; 202 is the answer hoped for.
///
/// # Errors
/// A connection that fails, or an answer that is not HTTP.
pub fn run(target: SocketAddr, load: Load) -> io::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut streams = Vec::with_capacity(load.connections);
        for _ in 0..load.connections {
            let stream = TcpStream::connect(target).await?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let started = Instant::now();
        let mut connections = JoinSet::new();
        for (connection, stream) in streams.into_iter().enumerate() {
            connections.spawn(post(stream, load, started, connection));
        }
        let mut outcome = Outcome::default();
        while let Some(joined) = connections.join_next().await {
            outcome.take_in(joined.map_err(io::Error::other)??);
        }
        outcome.wall_s = started.elapsed().as_secs_f64();
        Ok(outcome)
    })
}

/// One connection's requests. At a fixed rate, latency counts from when the request was due, not from when it could be sent.
async fn post(mut stream: TcpStream, load: Load, started: Instant, connection: usize) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut answer = Vec::with_capacity(1 << 10);
    for turn in 0_u64.. {
        let number = turn * load.connections as u64 + connection as u64;
        let due = match load.rate {
            Some(rate) => {
                let due = started + Duration::from_secs_f64(number as f64 / rate);
                sleep_until(due.into()).await;
                due
            }
            None => Instant::now(),
        };
        if due.duration_since(started) >= load.lasting {
            break;
        }
        stream.write_all(&request(number)).await?;
        let status = tokio::time::timeout(ANSWER_WITHIN, read_answer(&mut stream, &mut answer)).await??;
        if status == 202 {
            outcome.latencies_s.push(due.elapsed().as_secs_f64());
        } else {
            outcome.refused += 1;
        }
    }
    Ok(outcome)
}

/// Reads one answer whole and tells its status.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> io::Result<u16> {
    answer.clear();
    loop {
        if let Some((status, bytes)) = parse(answer)
            && answer.len() >= bytes
        {
            return Ok(status);
        }
        if answer.len() > ANSWER_BYTES_MAX || stream.read_buf(answer).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}

/// Status and whole length of an answer whose head is complete.
fn parse(answer: &[u8]) -> Option<(u16, usize)> {
    let head_bytes = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..head_bytes]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body_bytes: usize = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    Some((status, head_bytes + body_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_status_and_length_once_the_head_is_complete() {
        let answer = b"HTTP/1.1 202 Accepted\r\ncontent-length: 5\r\n\r\nhel";
        assert_eq!(parse(answer), Some((202, answer.len() + 2)));
        assert_eq!(parse(&answer[..30]), None);
    }
}
