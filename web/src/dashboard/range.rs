//! Ranges of bytes (RFC 9110, section 14): one range is answered, several are answered with the whole.

/// What a `Range` header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// Everything; also where the header cannot be understood, as the standard says.
    Whole,
    /// Bytes `from..to`.
    Part {
        /// The first.
        from: usize,
        /// The one after the last.
        to: usize,
    },
    /// Bytes that there are not.
    Beyond,
}

/// Reads a `Range` header for something of `length` bytes.
pub(super) fn read_range(text: &str, length: usize) -> Range {
    let spec = text.strip_prefix("bytes=").map(str::trim);
    let Some((from, to)) = spec
        .filter(|spec| !spec.contains(','))
        .and_then(|spec| spec.split_once('-'))
    else {
        return Range::Whole;
    };
    match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), _) if to.is_empty() => part(from, length, length),
        (Ok(from), Ok(to)) if from <= to => part(from, to.saturating_add(1).min(length), length),
        (Err(_), Ok(0)) if from.is_empty() => Range::Beyond,
        (Err(_), Ok(last)) if from.is_empty() => part(length.saturating_sub(last), length, length),
        _ => Range::Whole,
    }
}

fn part(from: usize, to: usize, length: usize) -> Range {
    if from < length {
        Range::Part { from, to }
    } else {
        Range::Beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (text, wanted) in [
            ("bytes=0-9", Range::Part { from: 0, to: 10 }),
            ("bytes=90-", Range::Part { from: 90, to: 100 }),
            ("bytes=90-1000", Range::Part { from: 90, to: 100 }),
            ("bytes=-7", Range::Part { from: 93, to: 100 }),
            ("bytes=-1000", Range::Part { from: 0, to: 100 }),
            ("bytes=100-", Range::Beyond),
            ("bytes=-0", Range::Beyond),
            ("bytes=9-0", Range::Whole),
            ("bytes=0-1,5-6", Range::Whole),
            ("lines=0-1", Range::Whole),
            ("bytes=a-b", Range::Whole),
        ] {
            assert_eq!(read_range(text, 100), wanted, "{text}");
        }
        assert_eq!(read_range("bytes=0-", 0), Range::Beyond);
    }
}
