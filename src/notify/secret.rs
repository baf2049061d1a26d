//! The secret with which calls of webhooks are signed, and the signature.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Bytes of a secret that the service makes itself.
const SECRET_BYTES: usize = 32;

/// Reads the secret that a file holds; white space round it does not belong to it.
///
/// # Errors
/// Where the file cannot be read or holds nothing.
pub fn read(path: &Path) -> io::Result<String> {
    let secret = fs::read_to_string(path)?.trim().to_owned();
    if secret.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty"));
    }
    Ok(secret)
}

/// Reads the secret that a file holds; where there is no file, makes one that only its owner reads.
///
/// # Errors
/// As [`read`], or where the file cannot be made.
pub fn read_or_make(path: &Path) -> io::Result<String> {
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        known => return known,
    }
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let secret = STANDARD.encode(bytes);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    Ok(secret)
}

/// The signature of a call: `v1,` and the base 64 of HMAC-SHA256 over `id.timestamp.body`, as the Standard Webhooks specification has it.
#[must_use]
pub fn signature(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_signature_is_that_of_the_published_algorithm() {
        // Made with `openssl dgst -sha256 -hmac`.
        let signature = signature("correct horse battery staple", "42", 1_700_000_000, b"{\"a\":1}");
        assert_eq!(signature, "v1,Pc/iSVv96czeGruU+3gwSkSAj9pmBvk56OuaJUe/qk0=");
    }

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let path = folder.path().join("secret");
        let made = read_or_make(&path).expect("it can be made");
        assert_eq!(made.len(), 44);
        assert_eq!(read_or_make(&path).expect("it is there"), made);
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_empty_file_is_no_secret() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        assert!(read_or_make(file.path()).is_err());
    }
}
