//! Addresses: texts as segments of a path.

use std::fmt::Write as _;

/// A text as one segment of a path (RFC 3986): whatever is not unreserved is written as percent and two digits.
pub(crate) fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_holds_no_slash_and_no_line_break() {
        assert_eq!(segment("my-package_1.~"), "my-package_1.~");
        assert_eq!(segment("a/b\r\nc é"), "a%2Fb%0D%0Ac%20%C3%A9");
    }
}
