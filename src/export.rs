//! Export: what was done, as spans of traces, to a collector of whoever runs the service (OTLP over HTTP).
//!
//! Whoever works gives a span away at once ([`queue`]); a thread of its own sends them in batches. Where the collector is away, or slower than the
//! service, spans are dropped and counted: they are worth less than an answer in time.

use std::time::Duration;

use prometheus::Registry;
use skyhaul_web::trace::span::Spans;

use crate::exit::Failure;

#[cfg(feature = "otlp")]
mod otlp;
#[cfg(feature = "otlp")]
mod queue;

/// Where spans are sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ExportSettings {
    /// The collector's address for traces; `None`: nothing is recorded.
    pub endpoint: Option<String>,
    /// Headers that go with each call, such as a key.
    pub headers: Vec<(String, String)>,
}

impl std::fmt::Debug for ExportSettings {
    /// Without the headers, which hold keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportSettings")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// The way to the collector, where there is one.
#[derive(Default)]
pub struct Export {
    /// Takes spans in.
    pub spans: Spans,
    stop: Option<Box<dyn Fn(Duration) + Send>>,
}

impl Export {
    /// Sends what waits, for as long as that may take.
    pub fn stop(&self, within: Duration) {
        if let Some(stop) = &self.stop {
            stop(within);
        }
    }
}

/// Starts sending.
///
/// # Errors
/// Where the collector cannot be called as configured.
#[cfg(feature = "otlp")]
pub fn start(settings: &ExportSettings, registry: &Registry) -> Result<Export, Failure> {
    let Some(endpoint) = &settings.endpoint else {
        return Ok(Export::default());
    };
    let collector = otlp::Otlp::new(endpoint, &settings.headers).map_err(Failure::usage)?;
    queue::start(collector, registry).map_err(Failure::broken)
}

/// Nothing is sent: the program was built without the feature `otlp`, and its configuration names no collector.
///
/// # Errors
/// Never.
#[cfg(not(feature = "otlp"))]
pub fn start(_: &ExportSettings, _: &Registry) -> Result<Export, Failure> {
    Ok(Export::default())
}

/// The address for traces that is meant by a collector's.
///
/// # Errors
/// Where it is none.
pub fn endpoint(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if !cfg!(feature = "otlp") {
        return Err("this program was built without the feature `otlp`".to_owned());
    }
    let is_url = ["http://", "https://"].iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    });
    if !is_url {
        return Err(format!("`{text}` is no address such as http://127.0.0.1:4318"));
    }
    let base = text.trim_end_matches('/');
    let has_path = base.splitn(4, '/').nth(3).is_some();
    Ok(Some(if has_path {
        text.to_owned()
    } else {
        format!("{base}/v1/traces")
    }))
}

/// Headers as they are configured: `name=value`, separated by commas.
///
/// # Errors
/// Where one has no name or no value.
pub fn headers(texts: &[String]) -> Result<Vec<(String, String)>, String> {
    let read = |text: &String| {
        let (name, value) = text
            .split_once('=')
            .ok_or("headers are written name=value, separated by commas")?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    };
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "otlp")]
    fn a_collectors_address_is_that_of_its_traces() {
        for (said, meant) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("https://a.example/", "https://a.example/v1/traces"),
            ("https://a.example/otlp/traces", "https://a.example/otlp/traces"),
        ] {
            assert_eq!(endpoint(said), Ok(Some(meant.to_owned())), "{said}");
        }
        assert_eq!(endpoint(""), Ok(None));
        for wrong in [
            "127.0.0.1:4318",
            "grpc://a.example",
            "http://",
            "http:///v1/traces",
        ] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn headers_are_names_with_values() {
        let said = ["api-key=a secret=".to_owned(), " x = y".to_owned()];
        let read = headers(&said).expect("good");
        assert_eq!(read[0], ("api-key".to_owned(), "a secret=".to_owned()));
        assert_eq!(read[1], ("x".to_owned(), "y".to_owned()));
        assert!(headers(&["nothing".to_owned()]).is_err());
    }
}
