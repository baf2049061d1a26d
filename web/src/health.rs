//! Health: whether the process lives, whether it is ready, and what it has counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Data, ServiceConfig};
use prometheus::{Encoder as _, Registry, TextEncoder};
use tracing::error;

use crate::http::endpoint::Endpoint;

const STARTING: u8 = 0;
const READY: u8 = 1;
const DRAINING: u8 = 2;

/// Whether the process is ready to be asked; it is not at first.
#[derive(Debug, Default)]
pub struct Readiness(AtomicU8);

impl Readiness {
    /// Start-up is done, or no longer so. Nothing is ready again once it drains.
    pub fn set_ready(&self, is_ready: bool) {
        let (from, to) = if is_ready {
            (STARTING, READY)
        } else {
            (READY, STARTING)
        };
        let _ = self
            .0
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The process is about to stop: no new clients, please.
    pub fn set_draining(&self) {
        self.0.store(DRAINING, Ordering::Release);
    }

    /// Whether it is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire) == READY
    }

    /// Whether the process is about to stop.
    pub(crate) fn is_draining(&self) -> bool {
        self.0.load(Ordering::Acquire) == DRAINING
    }

    fn reason(&self) -> &'static str {
        match self.0.load(Ordering::Acquire) {
            READY => "ready",
            DRAINING => "draining: the service is about to stop",
            _ => "starting: the service is catching up",
        }
    }
}

/// What health is read from.
pub(crate) struct Health {
    readiness: Arc<Readiness>,
    registry: Registry,
}

impl Health {
    /// The health of this process.
    pub(crate) fn new(readiness: Arc<Readiness>, registry: Registry) -> Self {
        Self { readiness, registry }
    }
}

/// The endpoints of health.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(Endpoint::new("/api/probe").on(Method::GET, probe).done())
        .service(Endpoint::new("/healthz").on(Method::GET, healthz).done())
        .service(Endpoint::new("/readyz").on(Method::GET, readyz).done())
        .service(Endpoint::new("/metrics").on(Method::GET, metrics).done());
}

/// Says that the process lives.
#[utoipa::path(get, path = "/api/probe", tag = "Health", responses((status = 200, description = "It lives")))]
pub(crate) async fn probe() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// Says that the process lives; asks nothing and nobody.
#[utoipa::path(get, path = "/healthz", tag = "Health", responses((status = 200, description = "It lives", body = String, content_type = "text/plain")))]
pub(crate) async fn healthz() -> &'static str {
    "alive\n"
}

/// Says whether the process is ready to be asked.
#[utoipa::path(get, path = "/readyz", tag = "Health", responses(
    (status = 200, description = "It is", body = String, content_type = "text/plain"),
    (status = 503, description = "It starts or stops, and says so", body = String, content_type = "text/plain"),
))]
pub(crate) async fn readyz(health: Data<Health>) -> HttpResponse {
    let reason = format!("{}\n", health.readiness.reason());
    if health.readiness.is_ready() {
        HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body(reason)
    } else {
        HttpResponse::ServiceUnavailable()
            .insert_header((RETRY_AFTER, "1"))
            .content_type("text/plain; charset=utf-8")
            .body(reason)
    }
}

/// Everything the process has counted, in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "Health", responses((status = 200, description = "The metrics", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(health: Data<Health>) -> HttpResponse {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&health.registry.gather(), &mut text) {
        Ok(()) => HttpResponse::Ok().content_type(encoder.format_type()).body(text),
        Err(failure) => {
            error!(%failure, "the metrics cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drains_is_never_ready_again() {
        let readiness = Readiness::default();
        assert!(!readiness.is_ready());
        readiness.set_ready(true);
        assert!(readiness.is_ready());
        readiness.set_ready(false);
        readiness.set_ready(true);
        readiness.set_draining();
        readiness.set_ready(true);
        assert!(!readiness.is_ready());
        assert!(readiness.reason().starts_with("draining"));
    }
}
