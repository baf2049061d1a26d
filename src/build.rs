//! Which build this is: what tells one that may compute otherwise from one that cannot.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::OnceLock;

/// Bytes of the program read at once.
const CHUNK_BYTES: usize = 1 << 20;

/// The build's name: its version, and a checksum of the program itself, so that two builds of one version are told apart.
pub fn name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let version = env!("CARGO_PKG_VERSION");
        match checksum() {
            Ok(checksum) => format!("{version}+{checksum:08x}"),
            // A program that was replaced while it ran, on a system that then cannot open it.
            Err(_) => format!("{version}+unknown"),
        }
    })
}

fn checksum() -> io::Result<u32> {
    let mut program = File::open(std::env::current_exe()?)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut checksum = 0;
    loop {
        match program.read(&mut chunk)? {
            0 => return Ok(checksum),
            read => checksum = crc32c::crc32c_append(checksum, &chunk[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_named_by_its_version_and_its_bytes() {
        let (version, checksum) = name().split_once('+').expect("both parts");
        assert_eq!(version, env!("CARGO_PKG_VERSION"));
        assert_eq!(checksum.len(), 8, "{checksum}");
        assert_eq!(name(), name());
    }
}
