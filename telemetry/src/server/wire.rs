//! WebSocket frames as a server sends them: whole and unmasked (RFC 6455, 5.2).

/// First byte of a text frame that is a whole message.
const TEXT: u8 = 0x81;

/// First byte of a close frame.
const CLOSE: u8 = 0x88;

/// Payloads up to this length have it in the second byte.
const SHORT_MAX: usize = 125;

/// Says that the length follows in two bytes.
const TWO_BYTES: u8 = 126;

/// Says that the length follows in eight bytes.
const EIGHT_BYTES: u8 = 127;

/// The length of a text frame with its header.
pub(super) const fn text_bytes(text: &str) -> usize {
    let header = match text.len() {
        0..=SHORT_MAX => 2,
        126..=0xFFFF => 4,
        _ => 10,
    };
    header + text.len()
}

/// Appends a text frame.
pub(super) fn put_text(buffer: &mut Vec<u8>, text: &str) {
    buffer.push(TEXT);
    let length = text.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if length <= SHORT_MAX => buffer.push(short),
        (_, Ok(medium)) => {
            buffer.push(TWO_BYTES);
            buffer.extend(medium.to_be_bytes());
        }
        _ => {
            buffer.push(EIGHT_BYTES);
            buffer.extend((length as u64).to_be_bytes());
        }
    }
    buffer.extend(text.as_bytes());
}

/// Appends a close frame with a short reason.
pub(super) fn put_close(buffer: &mut Vec<u8>, code: u16, reason: &'static str) {
    buffer.push(CLOSE);
    let length = 2 + reason.len();
    buffer.push(u8::try_from(length).unwrap_or(TWO_BYTES));
    buffer.extend(code.to_be_bytes());
    buffer.extend(reason.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_grows_with_the_text() {
        for (length, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let text = "x".repeat(length);
            let mut buffer = Vec::new();
            put_text(&mut buffer, &text);
            assert_eq!(buffer.len(), length + header);
            assert_eq!(buffer.len(), text_bytes(&text));
        }
    }

    #[test]
    fn a_close_frame_has_code_and_reason() {
        let mut buffer = Vec::new();
        put_close(&mut buffer, 1001, "bye");
        assert_eq!(buffer, [0x88, 5, 0x03, 0xE9, b'b', b'y', b'e']);
    }
}
