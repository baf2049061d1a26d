//! WebSocket frames as a server sends them: whole and unmasked (RFC 6455, 5.2).

use bytes::Bytes;

/// First byte of a text frame that is a whole message.
const TEXT: u8 = 0x81;

/// First byte of a frame of bytes that is a whole message.
const BINARY: u8 = 0x82;

/// First byte of a close frame.
const CLOSE: u8 = 0x88;

/// Payloads up to this length have it in the second byte.
const SHORT_MAX: usize = 125;

/// Says that the length follows in two bytes.
const TWO_BYTES: u8 = 126;

/// Says that the length follows in eight bytes.
const EIGHT_BYTES: u8 = 127;

/// The longest header of a frame that is not masked.
pub(super) const HEADER_BYTES_MAX: usize = 10;

/// Appends a text frame.
pub(super) fn put_text(frames: &mut Vec<u8>, text: &str) {
    put(frames, TEXT, text.as_bytes());
}

/// Appends a frame of bytes.
pub(super) fn put_binary(frames: &mut Vec<u8>, payload: &[u8]) {
    put(frames, BINARY, payload);
}

/// Appends a frame of the bytes that `write` appends; gives where those begin.
pub(super) fn put_written(frames: &mut Vec<u8>, write: impl FnOnce(Vec<u8>) -> Vec<u8>) -> usize {
    let start = frames.len();
    // The header of most frames; others are moved once their length is known.
    frames.extend_from_slice(&[BINARY, TWO_BYTES, 0, 0]);
    let body = start + 4;
    *frames = write(std::mem::take(frames));
    let length = frames.len() - body;
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if length <= SHORT_MAX => {
            frames[start + 1] = short;
            frames.copy_within(body.., start + 2);
            frames.truncate(start + 2 + length);
        }
        (_, Ok(medium)) => frames[start + 2..body].copy_from_slice(&medium.to_be_bytes()),
        _ => {
            let mut header = Vec::with_capacity(HEADER_BYTES_MAX);
            put_header(&mut header, BINARY, length);
            frames.splice(start..body, header);
        }
    }
    frames.len() - length
}

/// A frame of bytes.
pub(super) fn binary(payload: &[u8]) -> Bytes {
    framed(BINARY, payload)
}

fn framed(first: u8, payload: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(HEADER_BYTES_MAX + payload.len());
    put(&mut frame, first, payload);
    frame.into()
}

fn put(frames: &mut Vec<u8>, first: u8, payload: &[u8]) {
    put_header(frames, first, payload.len());
    frames.extend_from_slice(payload);
}

fn put_header(frames: &mut Vec<u8>, first: u8, length: usize) {
    frames.push(first);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if length <= SHORT_MAX => frames.push(short),
        (_, Ok(medium)) => {
            frames.push(TWO_BYTES);
            frames.extend(medium.to_be_bytes());
        }
        _ => {
            frames.push(EIGHT_BYTES);
            frames.extend((length as u64).to_be_bytes());
        }
    }
}

/// Frames that lie one behind the other.
#[cfg(test)]
pub(super) fn split(mut frames: &[u8]) -> Vec<&[u8]> {
    let mut split = Vec::new();
    while let Some(short) = frames.get(1) {
        let (header, length) = match *short {
            TWO_BYTES => (4, usize::from(u16::from_be_bytes([frames[2], frames[3]]))),
            EIGHT_BYTES => {
                let length: [u8; 8] = frames[2..10].try_into().expect("a header");
                (
                    10,
                    usize::try_from(u64::from_be_bytes(length)).expect("it is there"),
                )
            }
            short => (2, usize::from(short)),
        };
        let (frame, others) = frames.split_at(header + length);
        split.push(frame);
        frames = others;
    }
    split
}

/// A close frame with a short reason.
pub(super) fn close(code: u16, reason: &'static str) -> Bytes {
    let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
    framed(CLOSE, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        let mut frame = Vec::new();
        put_text(&mut frame, text);
        frame
    }

    #[test]
    fn the_header_grows_with_the_text() {
        for (length, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            assert_eq!(text(&"x".repeat(length)).len(), length + header);
        }
    }

    #[test]
    fn a_frame_says_what_it_holds() {
        assert_eq!(&text("hi")[..], [0x81, 2, b'h', b'i']);
        assert_eq!(&binary(&[7])[..], [0x82, 1, 7]);
        assert_eq!(&close(1001, "bye")[..], [0x88, 5, 0x03, 0xE9, b'b', b'y', b'e']);
    }

    #[test]
    fn what_is_written_in_place_is_framed_as_what_is_copied() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let payload = vec![7; length];
            let (mut written, mut copied) = (vec![1], vec![1]);
            let begins = put_written(&mut written, |bytes| [bytes, payload.clone()].concat());
            put_binary(&mut copied, &payload);
            assert_eq!(written, copied);
            assert_eq!(written[begins..], payload);
        }
    }

    #[test]
    fn frames_that_lie_together_are_told_apart() {
        let frames: Vec<_> = [0, 125, 126, 65_536]
            .map(|length| text(&"x".repeat(length)))
            .into();
        assert_eq!(split(&frames.concat()), frames);
    }
}
