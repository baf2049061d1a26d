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
const HEADER_BYTES_MAX: usize = 10;

/// A text frame.
pub(super) fn text(text: &str) -> Bytes {
    framed(TEXT, text.as_bytes())
}

/// A frame of bytes.
pub(super) fn binary(payload: &[u8]) -> Bytes {
    framed(BINARY, payload)
}

fn framed(first: u8, payload: &[u8]) -> Bytes {
    let length = payload.len();
    let mut frame = Vec::with_capacity(HEADER_BYTES_MAX + length);
    frame.push(first);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if length <= SHORT_MAX => frame.push(short),
        (_, Ok(medium)) => {
            frame.push(TWO_BYTES);
            frame.extend(medium.to_be_bytes());
        }
        _ => {
            frame.push(EIGHT_BYTES);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame.into()
}

/// A close frame with a short reason.
pub(super) fn close(code: u16, reason: &'static str) -> Bytes {
    let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
    framed(CLOSE, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
