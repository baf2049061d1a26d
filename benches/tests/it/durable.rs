use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use skyhaul::journal::FileJournal;
use skyhaul_benches::durable::group_commit::{self, GroupCommit, RawFile};
use skyhaul_benches::durable::{Load, client, responder};
use skyhaul_engine::ports::Journal as _;

const SMOKE: Load = Load {
    connections: 3,
    lasting: Duration::from_millis(100),
    rate: None,
};

/// Commits as [`SMOKE`] says; how many records.
fn commit(log: &mut dyn GroupCommit) -> u64 {
    let outcome = group_commit::run(log, SMOKE).expect("a file that can be written");
    let figures = outcome.figures();
    assert!(figures.per_second > 0.0);
    assert_eq!(figures.refused, 0);
    outcome.answered()
}

#[test]
fn group_commit_makes_every_record_durable() {
    let folder = tempfile::tempdir().expect("a folder");
    commit(&mut RawFile::create(folder.path()).expect("a file"));
    let (mut journal, _) = FileJournal::open(folder.path()).expect("a journal");
    let records = commit(&mut journal);
    assert_eq!(journal.next_number().0, records);
}

#[test]
fn the_bare_responder_accepts_every_request() {
    let figures = client::run(responder::start().expect("a free port"), SMOKE)
        .expect("answers that are HTTP")
        .figures();
    assert!(figures.per_second > 0.0);
    assert_eq!(figures.refused, 0);
}

/// Answers every request on a connection with `status`, in two pieces.
fn answer_all(stream: &TcpStream, status: &str) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut body_bytes = 0;
        let mut line = String::new();
        while reader.read_line(&mut line).ok()? > 2 {
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                body_bytes = value.trim().parse().ok()?;
            }
            line.clear();
        }
        (body_bytes > 0).then_some(())?;
        reader
            .by_ref()
            .take(body_bytes)
            .read_to_end(&mut Vec::new())
            .ok()?;
        writer
            .write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{").as_bytes())
            .ok()?;
        writer.write_all(b"}").ok()?;
    }
}

fn server(status: &'static str) -> std::net::SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer_all(&stream, status));
        }
    });
    address
}

#[test]
fn the_client_counts_what_was_accepted() {
    let outcome = client::run(server("202 Accepted"), SMOKE).expect("answers that are HTTP");
    assert!(outcome.per_second() > 0.0);
    assert_eq!(outcome.figures().refused, 0);
}

#[test]
fn the_client_counts_what_was_refused_apart() {
    let load = Load {
        rate: Some(100.0),
        ..SMOKE
    };
    let outcome = client::run(server("503 Service Unavailable"), load).expect("answers that are HTTP");
    assert_eq!(outcome.figures().refused, 10);
    assert_eq!(outcome.per_second(), 0.0);
}
