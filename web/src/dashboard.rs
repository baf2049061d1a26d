//! The dashboard: the page's files, held in the program.

use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_SECURITY_POLICY, ETAG, HeaderValue, IF_NONE_MATCH,
    IF_RANGE, RANGE, RETRY_AFTER,
};
use actix_web::web::{Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use rust_embed::{Embed, EmbeddedFile};

use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;

pub(crate) mod basemap;
mod range;

use self::basemap::{ARCHIVE_PATH, Archive, Basemap};
use self::range::{Range, read_range};

/// The page's files as they were built.
#[derive(Embed)]
#[folder = "dashboard/dist"]
#[allow_missing = true]
struct Files;

/// The page that all of the client's routes begin with.
const INDEX: &str = "index.html";

/// Files below this folder have a digest of what they hold in their names.
const HASHED: &str = "assets/";

/// What the page may load: its own files, workers it makes itself, and telemetry.
pub(crate) struct Dashboard {
    policy: String,
    archive: Option<Archive>,
}

impl Dashboard {
    /// The dashboard beside telemetry on `telemetry_port`, with the map that the operator brought. A style is loaded from elsewhere, and so is what
    /// it names: the page may then ask any host that has a certificate, and the style's own.
    pub(crate) fn new(telemetry_port: u16, basemap: Option<&Basemap>) -> Self {
        let (archive, elsewhere) = match basemap {
            Some(Basemap::Archive(path)) => (Archive::open(path).ok(), String::new()),
            Some(Basemap::Style(address)) => (None, format!(" https: {}", origin(address))),
            None => (None, String::new()),
        };
        Self {
            archive,
            policy: format!(
                "default-src 'self'; connect-src 'self' ws://*:{telemetry_port} wss://*:{telemetry_port}{elsewhere}; \
                 img-src 'self' data: blob:{elsewhere}; style-src 'self'; worker-src 'self' blob:; \
                 object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
            ),
        }
    }
}

/// The scheme and host of an address.
fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find(['/', '?', '#', ';', ' ']);
    end.map_or(address, |at| &address[..host + at])
}

/// The dashboard's endpoints. Its files are looked for where nothing else has an address.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(Endpoint::new("/").on(Method::GET, get_page).done())
        .service(
            Endpoint::new(ARCHIVE_PATH)
                .on(Method::GET, basemap::get_archive)
                .done(),
        )
        .service(
            Endpoint::new("/track/{deliveryId}")
                .on(Method::GET, get_page)
                .done(),
        );
}

async fn get_page(dashboard: Data<Dashboard>, http: HttpRequest) -> HttpResponse {
    page(&dashboard, &http)
}

/// A file, or the page where the path is one of the client's routes: those have no dot, and are none of the services'.
pub(crate) async fn get_file(dashboard: Data<Dashboard>, http: HttpRequest) -> Result<HttpResponse, Problem> {
    let path = http.path().trim_start_matches('/');
    let is_read = matches!(*http.method(), Method::GET | Method::HEAD);
    let is_services = path.starts_with("api/") || path == "api";
    match Files::get(path).filter(|_| is_read) {
        Some(file) => Ok(answer(&dashboard, path, file, &http)),
        None if is_read && !is_services && !path.contains('.') => Ok(page(&dashboard, &http)),
        None => Err(Problem::not_found("nothing has this address")),
    }
}

fn page(dashboard: &Dashboard, http: &HttpRequest) -> HttpResponse {
    match Files::get(INDEX) {
        Some(file) => answer(dashboard, INDEX, file, http),
        None => HttpResponse::ServiceUnavailable()
            .insert_header((RETRY_AFTER, "60"))
            .content_type("text/plain; charset=utf-8")
            .body("The dashboard is not part of this build: run `make build`.\n"),
    }
}

/// A file, or the part of it that is asked for. Hashed names never change what they hold; all others are asked about again.
fn answer(dashboard: &Dashboard, path: &str, file: EmbeddedFile, http: &HttpRequest) -> HttpResponse {
    let digest: String = file.metadata.sha256_hash()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = format!("\"{digest}\"");
    let cached = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headed = |mut response: HttpResponseBuilder| {
        response
            .insert_header((ETAG, tag.as_str()))
            .insert_header((CACHE_CONTROL, cached))
            .insert_header((ACCEPT_RANGES, "bytes"))
            .insert_header((CONTENT_SECURITY_POLICY, dashboard.policy.as_str()));
        response
    };
    let says = |value: &HeaderValue| value.as_bytes() == tag.as_bytes();
    if http.headers().get(IF_NONE_MATCH).is_some_and(says) {
        return headed(HttpResponse::NotModified()).finish();
    }
    let is_same = http.headers().get(IF_RANGE).is_none_or(says);
    let range = http
        .headers()
        .get(RANGE)
        .filter(|_| is_same)
        .and_then(|value| value.to_str().ok());
    let length = file.data.len();
    let media_type = file.metadata.mimetype();
    match range.map_or(Range::Whole, |text| read_range(text, length)) {
        Range::Whole => headed(HttpResponse::Ok())
            .content_type(media_type)
            .body(part(file, 0, length)),
        Range::Part { from, to } => headed(HttpResponse::PartialContent())
            .content_type(media_type)
            .insert_header((CONTENT_RANGE, format!("bytes {from}-{}/{length}", to - 1)))
            .body(part(file, from, to)),
        Range::Beyond => headed(HttpResponse::RangeNotSatisfiable())
            .insert_header((CONTENT_RANGE, format!("bytes */{length}")))
            .finish(),
    }
}

/// Bytes of a file; those in the program are not copied.
fn part(file: EmbeddedFile, from: usize, to: usize) -> Bytes {
    match file.data {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes).slice(from..to),
        std::borrow::Cow::Owned(bytes) => Bytes::from(bytes).slice(from..to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_lets_the_page_reach_telemetry_and_nothing_else() {
        let policy = Dashboard::new(8_081, None).policy;
        assert!(
            policy.contains("connect-src 'self' ws://*:8081 wss://*:8081;"),
            "{policy}"
        );
        assert!(!policy.contains("  "), "{policy}");
    }

    #[test]
    fn a_style_from_elsewhere_may_be_loaded_from_there() {
        let style = Basemap::Style("http://tiles.example:8000/a/style.json?x=1".to_owned());
        let policy = Dashboard::new(8_081, Some(&style)).policy;
        assert!(
            policy.contains("wss://*:8081 https: http://tiles.example:8000;"),
            "{policy}"
        );
        assert!(
            policy.contains("img-src 'self' data: blob: https: http://tiles.example:8000;"),
            "{policy}"
        );
    }
}
