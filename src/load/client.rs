//! A connection to the service: HTTP/1.1, kept alive, with TLS where the address says so.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::exit::Failure;

/// How long an answer may take, the connection included.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Longest answer that is read: a page of a thousand deliveries is a twentieth of it.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub(super) enum CallError {
    /// No connection.
    #[error("no connection")]
    NotConnected,
    /// The connection broke: whether the request was taken is not known.
    #[error("connection broke")]
    Broken,
    /// Nothing came in time: whether the request was taken is not known.
    #[error("no answer within 30 s")]
    TooLate,
    /// What came is no answer.
    #[error("not understood")]
    NotUnderstood,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

/// Where the service is, and how it is called.
#[derive(Clone)]
pub(super) struct Target {
    host: String,
    port: u16,
    /// The value of the `Host` header.
    authority: HeaderValue,
    bearer: Option<HeaderValue>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Target {
    /// Reads the service's address.
    pub(super) fn new(url: &str, key: Option<&str>, ca: Option<&Path>) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            Failure::usage(format!(
                "--target {url}: {why}; an address such as http://127.0.0.1:8080 is wanted"
            ))
        };
        let uri: Uri = url.parse().map_err(|_| wrong("not a URL"))?;
        let is_secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong("neither http:// nor https://")),
        };
        if !matches!(uri.path_and_query().map(PathAndQuery::as_str), None | Some("/")) {
            return Err(wrong("more than a host and a port"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("names no host"))?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let tls = is_secure
            .then(|| {
                let name = ServerName::try_from(host.clone()).map_err(|_| wrong("not a host name"))?;
                Ok::<_, Failure>((TlsConnector::from(Arc::new(trust(ca)?)), name))
            })
            .transpose()?;
        let bearer = key
            .map(|key| {
                let mut value = HeaderValue::from_str(&format!("Bearer {key}"))
                    .map_err(|_| Failure::usage("--key holds what no header may"))?;
                value.set_sensitive(true);
                Ok::<_, Failure>(value)
            })
            .transpose()?;
        Ok(Self {
            port: authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 }),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| wrong("not a host"))?,
            host,
            bearer,
            tls,
        })
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, CallError> {
        let refused = |_| CallError::NotConnected;
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        match &self.tls {
            None => shake_hands(stream).await,
            Some((tls, name)) => shake_hands(tls.connect(name.clone(), stream).await.map_err(refused)?).await,
        }
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Request<Full<Bytes>>, CallError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.authority);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(bearer) = &self.bearer {
            request = request.header(AUTHORIZATION, bearer);
        }
        request
            .body(Full::new(body))
            .map_err(|_| CallError::NotUnderstood)
    }
}

/// What certificates are trusted.
fn trust(ca: Option<&Path>) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Failure::broken)?;
    let Some(file) = ca else {
        let builder = builder.with_platform_verifier().map_err(Failure::try_again)?;
        return Ok(builder.with_no_client_auth());
    };
    let wrong = |why: &dyn std::fmt::Display| Failure::usage(format!("--ca {}: {why}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    if roots.is_empty() {
        return Err(wrong(&"holds no certificate"));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

async fn shake_hands(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Full<Bytes>>, CallError> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| CallError::NotConnected)?;
    // It ends with its sender; what goes wrong shows in the request under way.
    tokio::task::spawn_local(connection);
    Ok(sender)
}

/// One connection, made when it is needed and again after it broke.
pub(super) struct Client<'a> {
    target: &'a Target,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl<'a> Client<'a> {
    /// A client that is not connected yet.
    pub(super) const fn new(target: &'a Target) -> Self {
        Self { target, sender: None }
    }

    /// Asks, and reads the answer whole.
    pub(super) async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Answer, CallError> {
        let asked = tokio::time::timeout(ANSWER_MAX, self.ask(method, path, body)).await;
        let answer = asked.unwrap_or(Err(CallError::TooLate));
        if answer.is_err() {
            self.sender = None;
        }
        answer
    }

    async fn ask(&mut self, method: Method, path: &str, body: Bytes) -> Result<Answer, CallError> {
        let mut sender = match self.sender.take() {
            Some(kept) => kept,
            None => self.target.connect().await?,
        };
        // The service may close what it keeps alive.
        if sender.ready().await.is_err() {
            sender = self.target.connect().await?;
        }
        let request = self.target.request(method, path, body)?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(|_| CallError::Broken)?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|_| CallError::Broken)?
            .to_bytes();
        self.sender = Some(sender);
        Ok(Answer { status, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_a_scheme_a_host_and_perhaps_a_port() {
        for (url, host, port) in [
            ("http://127.0.0.1:8080", "127.0.0.1", 8080),
            ("http://localhost/", "localhost", 80),
            ("http://[::1]:9", "::1", 9),
        ] {
            let target = Target::new(url, None, None).expect(url);
            assert_eq!((target.host.as_str(), target.port), (host, port));
        }
        for wrong in ["localhost:8080", "ftp://a", "http://a/api", "", "http://"] {
            let refused = Target::new(wrong, None, None)
                .err()
                .expect("it is no address of a service");
            assert!(refused.reason.contains("--target"), "{wrong}: {refused}");
        }
    }

    #[test]
    fn keys_are_kept_out_of_what_is_printed() {
        let target = Target::new("http://a", Some("sk-1"), None).expect("an address");
        assert!(target.bearer.expect("a key").is_sensitive());
    }
}
