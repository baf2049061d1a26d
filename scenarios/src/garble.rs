//! Garbling: what is almost right, for tests of readers that must bear anything.
//!
//! A reader is given a text that it takes, with a few places of it changed: far more of the reader is reached so than by bytes at random.

use skyhaul_engine::rng::RandomStream;

/// Most changes of a text: with more of them, most texts fail at their first byte.
const CHANGES_MAX: usize = 6;

/// Longest part that is taken out or put in again.
const PART_MAX: usize = 24;

/// What readers stumble over more than over other bytes.
const STUMBLING: &[&[u8]] = &[
    b"\0",
    b"\"",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"-",
    b".",
    b"1e999",
    b"-0",
    b"NaN",
    b"null",
    b"18446744073709551616",
    b"\xFF",
    b"\xC3\x28",
    b"\r\n",
    b"=",
    b"%",
];

/// `valid` with a few changes, drawn from `stream`: bytes set, parts taken out or put in again, and what readers stumble over put in.
#[must_use]
pub fn garbled(valid: &[u8], stream: &mut RandomStream) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for _ in 0..=stream.index(CHANGES_MAX) {
        change(&mut bytes, stream);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, stream: &mut RandomStream) {
    let at = stream.index(bytes.len() + 1);
    let end = (at + 1 + stream.index(PART_MAX)).min(bytes.len());
    match stream.index(5) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let part = bytes[at..end].to_vec();
            let to = stream.index(bytes.len() + 1);
            bytes.splice(to..to, part);
        }
        3 => {
            let put_in = STUMBLING[stream.index(STUMBLING.len())];
            bytes.splice(at..at, put_in.iter().copied());
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << stream.index(8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_garbled_text_is_near_what_it_was_and_the_same_for_the_same_stream() {
        let valid = br#"{"weight": 1.5, "tag": "a tag"}"#;
        let garbled_by = |number| garbled(valid, &mut RandomStream::new(7, number));
        let all: Vec<_> = (0..200).map(garbled_by).collect();
        assert_eq!(all, (0..200).map(garbled_by).collect::<Vec<_>>());
        assert!(all.iter().any(|one| one.as_slice() != valid));
        let room = (CHANGES_MAX + 1) * PART_MAX;
        assert!(all.iter().all(|one| one.len() <= valid.len() + room));
        assert!(garbled(b"", &mut RandomStream::new(7, 1)).len() <= room);
    }
}
