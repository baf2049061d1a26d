//! Services: all REST services of one process, put together from what the runtime gives them.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use parking_lot::RwLock;
use prometheus::Registry;
use skyhaul_actors::environment::Environment;
use skyhaul_scenarios::gazetteer::Gazetteer;
use skyhaul_telemetry::clock::VirtualClock;
use skyhaul_telemetry::tracks::Tracks;

use crate::calendar::Calendar;
use crate::change::ChangeDesk;
use crate::context::{Context, heaviest};
use crate::health::Health;
use crate::http::observe::{HttpMetrics, observe};
use crate::http::problem::Problem;
use crate::inbox::Inbox;
use crate::ingestion::{self, Ingestion};
use crate::ports::{CommandPort, KeyValueStore, Projection, StoreError};
use crate::{health, http};

pub use crate::health::Readiness;

/// What the services are put together from.
pub struct Parts {
    /// The world as it was planned.
    pub environment: Arc<Environment>,
    /// What clients' words for places mean.
    pub gazetteer: Arc<Gazetteer>,
    /// Where everything is.
    pub tracks: Arc<RwLock<Tracks>>,
    /// Virtual time.
    pub clock: Arc<dyn VirtualClock>,
    /// Takes commands.
    pub commands: Arc<dyn CommandPort>,
    /// One store a service.
    pub stores: Stores,
    /// The metrics of the process; the services add theirs.
    pub registry: Registry,
    /// Whether the process is ready.
    pub readiness: Arc<Readiness>,
    /// What is configured.
    pub settings: Settings,
}

/// The stores; each service has its own.
pub struct Stores {
    /// Ingestion's.
    pub ingestion: Arc<dyn KeyValueStore>,
    /// The delivery service's.
    pub delivery: Arc<dyn KeyValueStore>,
    /// The package service's.
    pub package: Arc<dyn KeyValueStore>,
    /// The drone scheduler's.
    pub drone: Arc<dyn KeyValueStore>,
    /// Third-party transportation's.
    pub carrier: Arc<dyn KeyValueStore>,
}

/// What is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether a text that names no place is refused.
    pub strict_geocoding: bool,
    /// Where telemetry listens; the page learns it from `GET /api/config`.
    pub telemetry_address: SocketAddr,
}

/// All services of one process.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    registry: Registry,
    metrics: Data<HttpMetrics>,
    health: Data<Health>,
    ingestion: Data<Ingestion>,
}

impl Services {
    /// The services, and the projections that fill their stores.
    ///
    /// # Errors
    /// Where a store cannot be read.
    ///
    /// # Panics
    /// Where the registry holds the services' metrics already: there is one set of services in a process.
    pub fn new(parts: Parts) -> Result<(Self, Vec<Box<dyn Projection>>), StoreError> {
        let (registry, stores) = (parts.registry, parts.stores);
        let metrics = HttpMetrics::new(&registry).expect("the services' metrics are registered once");
        let inbox = Arc::new(Inbox::new(&registry).expect("the services' metrics are registered once"));
        let context = Arc::new(Context {
            calendar: Calendar::new(parts.environment.epoch),
            heaviest: heaviest(&parts.environment),
            changes: ChangeDesk::new(Arc::clone(&parts.commands), Arc::clone(&inbox)),
            environment: parts.environment,
            gazetteer: parts.gazetteer,
            tracks: parts.tracks,
            clock: parts.clock,
            commands: parts.commands,
            inbox,
            settings: parts.settings,
        });
        let (ingestion, ingestion_projection) = Ingestion::open(&context, stores.ingestion)?;
        let inner = Inner {
            metrics: Data::new(metrics),
            health: Data::new(Health::new(parts.readiness, registry.clone())),
            registry,
            ingestion: Data::new(ingestion),
        };
        Ok((Self(Arc::new(inner)), vec![ingestion_projection]))
    }

    /// Adds all endpoints to an application.
    pub fn configure(&self, config: &mut ServiceConfig) {
        let inner = &self.0;
        let all = web::scope("")
            .app_data(inner.metrics.clone())
            .app_data(inner.health.clone())
            .app_data(inner.ingestion.clone())
            .configure(health::configure)
            .configure(ingestion::configure)
            .default_service(web::to(nothing_here))
            .wrap(from_fn(observe));
        config.service(all);
    }
}

async fn nothing_here() -> Result<&'static str, Problem> {
    Err(Problem::not_found("nothing has this address"))
}
