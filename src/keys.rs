//! Where the keys of an identity provider come from: a file, or the provider itself.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use skyhaul_web::ports::KeySource;
use skyhaul_web::{TokenSettings, Tokens};

use crate::outbound;

/// How long the provider may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The longest answer, or file, that is read; a provider has a handful of keys.
const SET_BYTES_MAX: u64 = 256 * 1024;

/// Whose tokens are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Where its keys are.
    pub keys: KeysAt,
    /// What its tokens must say.
    pub tokens: TokenSettings,
}

/// Where a JWK set is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysAt {
    /// In a file, which may be replaced.
    File(PathBuf),
    /// At an address, which is asked again when a token names a key that is not known, and every quarter of an hour.
    Url(String),
}

impl KeysAt {
    /// An address that nobody can answer in the provider's place.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn url(text: &str) -> Result<Self, String> {
        let parsed: ureq::http::Uri = text.parse().map_err(|_| format!("`{text}` is no address"))?;
        let host = parsed.host().unwrap_or_default();
        let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        match parsed.scheme_str() {
            Some("https") => Ok(Self::Url(text.to_owned())),
            Some("http") if is_local => Ok(Self::Url(text.to_owned())),
            _ => Err(format!(
                "`{text}` must begin with https://, or anyone on the way could make keys up"
            )),
        }
    }
}

impl Provider {
    /// A reader of its tokens, which looks the keys up from now on.
    #[must_use]
    pub fn reader(&self) -> Tokens {
        let source: Arc<dyn KeySource> = match &self.keys {
            KeysAt::File(path) => Arc::new(KeysFile(path.clone())),
            KeysAt::Url(url) => Arc::new(KeysUrl {
                agent: agent(),
                url: url.clone(),
            }),
        };
        Tokens::new(self.tokens.clone(), source)
    }
}

struct KeysFile(PathBuf);

impl KeySource for KeysFile {
    fn fetch(&self) -> Result<Vec<u8>, String> {
        let read = || {
            let size = fs::metadata(&self.0)?.len();
            if size > SET_BYTES_MAX {
                return Err(std::io::Error::other(format!(
                    "it is larger than {SET_BYTES_MAX} bytes"
                )));
            }
            fs::read(&self.0)
        };
        read().map_err(|error| format!("{}: {error}", self.0.display()))
    }
}

struct KeysUrl {
    agent: ureq::Agent,
    url: String,
}

impl KeySource for KeysUrl {
    fn fetch(&self) -> Result<Vec<u8>, String> {
        let failed = |error: ureq::Error| format!("{}: {error}", self.url);
        let mut answer = self.agent.get(&self.url).call().map_err(failed)?;
        if answer.status() != 200 {
            return Err(format!("{} answers {}", self.url, answer.status()));
        }
        answer
            .body_mut()
            .with_config()
            .limit(SET_BYTES_MAX)
            .read_to_vec()
            .map_err(failed)
    }
}

fn agent() -> ureq::Agent {
    outbound::calls(ANSWER_MAX).build().into()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request, whatever it is.
    fn answering(answer: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("bound");
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("someone asks");
            let mut asked = [0; 1_024];
            let _ = stream.read(&mut asked);
            let _ = stream.write_all(&answer);
        });
        format!("http://{address}/keys")
    }

    fn fetch(answer: impl Into<Vec<u8>>) -> Result<Vec<u8>, String> {
        let url = answering(answer.into());
        KeysUrl { agent: agent(), url }.fetch()
    }

    #[test]
    fn keys_come_from_the_providers_address_and_from_nowhere_else() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"keys\":[]}".to_vec();
        assert_eq!(fetch(whole).as_deref(), Ok(&b"{\"keys\":[]}"[..]));
        let elsewhere = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec());
        let moved = format!("HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n");
        assert!(fetch(moved).is_err());
        assert!(fetch("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n").is_err());
        assert!(fetch("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}").is_err());
    }

    #[test]
    fn an_answer_that_does_not_end_is_not_read_to_its_end() {
        let mut long = b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n".to_vec();
        long.resize(900_000, b' ');
        assert!(fetch(long).is_err());
    }

    #[test]
    fn addresses_that_anyone_could_answer_are_refused() {
        for good in [
            "https://id.example/keys",
            "http://127.0.0.1:9/keys",
            "http://localhost/keys",
        ] {
            assert!(KeysAt::url(good).is_ok(), "{good}");
        }
        for wrong in [
            "http://id.example/keys",
            "ftp://id.example",
            "id.example",
            "",
            "https//",
        ] {
            assert!(KeysAt::url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_file_is_read_as_it_is_now_and_said_by_its_name_where_it_cannot_be() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let source = KeysFile(file.path().to_path_buf());
        std::fs::write(file.path(), "{}").expect("written");
        assert_eq!(source.fetch().as_deref(), Ok(&b"{}"[..]));
        let gone = KeysFile(PathBuf::from("/nowhere/keys.json"));
        assert!(
            gone.fetch()
                .expect_err("it is not there")
                .contains("/nowhere/keys.json")
        );
    }
}
