//! Terminal: what the program says to whoever started it, who may have stopped listening (`skyhaul run … | head -1`): that ends nothing.

use std::fmt;
use std::io::{self, ErrorKind, Write};

use crate::exit::Failure;

/// Writes a result on standard output.
///
/// # Errors
/// [`Failure`] where it cannot be written, as on a full disk. That nobody reads it is none.
pub fn say(text: impl fmt::Display) -> Result<(), Failure> {
    write(io::stdout().lock(), &text)
        .map_err(|error| Failure::try_again(format_args!("standard output: {error}")))
}

/// Writes on standard error what went wrong. Where that cannot be written there is nowhere to say so.
pub fn complain(text: impl fmt::Display) {
    write(io::stderr().lock(), &text).unwrap_or_default();
}

/// Writes lines, of which the last one may have its end or not.
fn write(mut stream: impl Write, text: &dyn fmt::Display) -> io::Result<()> {
    let text = text.to_string();
    let written = writeln!(stream, "{}", text.trim_end_matches('\n')).and_then(|()| stream.flush());
    written.or_else(|error| match error.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}
