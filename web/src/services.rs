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
use skyhaul_telemetry::door::Door;
use skyhaul_telemetry::tracks::Tracks;

use crate::account::{self, Accounts};
use crate::calendar::Calendar;
use crate::carrier::{self, Carriers};
use crate::change::ChangeDesk;
use crate::context::{Context, heaviest};
use crate::dashboard::{self, Dashboard};
use crate::delivery::{self, Delivery};
use crate::drone::{self, Drones};
use crate::gateway::admit::admit;
use crate::gateway::{Gateway, invoice};
use crate::health::{self, Health};
use crate::http::etag::Edits;
use crate::http::observe::{HttpMetrics, observe};
use crate::inbox::Inbox;
use crate::ingestion::fold::pushed_out_counter;
use crate::ingestion::{self, Ingestion};
use crate::notification::NotificationSettings;
use crate::notification::outbox::Outbox;
use crate::openapi;
use crate::operations::{self, Operations};
use crate::package::{self, Package};
use crate::people::{People, erasure};
use crate::ports::simulation::SimulationPort;
use crate::ports::{CommandPort, KeyValueStore, Projection, StoreError};
use crate::quote::{self, Quotes};
use crate::sky::Sky;
use crate::trace::DeliveryTraces;
use crate::trace::port::TracingPort;
use crate::trace::span::Spans;

pub use crate::dashboard::basemap::Basemap;
pub use crate::gateway::link::LinkKey;
pub use crate::gateway::settings::{AddressRange, AdminKey, GatewaySettings};
pub use crate::gateway::token::{TokenSettings, Tokens};
pub use crate::health::Readiness;

/// Where telemetry is found on its listener, as its protocol says.
pub(crate) const TELEMETRY_PATH: &str = "/telemetry";

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
    /// Lets operators control the world.
    pub simulation: Arc<dyn SimulationPort>,
    /// One store a service.
    pub stores: Stores,
    /// The metrics of the process; the services add theirs.
    pub registry: Registry,
    /// Whether the process is ready.
    pub readiness: Arc<Readiness>,
    /// What is configured.
    pub settings: Settings,
    /// Recognises tokens of an identity provider, where any are taken.
    pub tokens: Option<Tokens>,
    /// Signs links to deliveries.
    pub links: LinkKey,
    /// Where spans of what is done go.
    pub spans: Spans,
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
    /// The account service's.
    pub account: Arc<dyn KeyValueStore>,
    /// The operations service's.
    pub operations: Arc<dyn KeyValueStore>,
    /// Who hides behind the pseudonyms in all others.
    pub people: Arc<dyn KeyValueStore>,
}

/// What is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether a text that names no place is refused.
    pub strict_geocoding: bool,
    /// How clients are told of their deliveries.
    pub notifications: NotificationSettings,
    /// Where telemetry listens; the page learns it from `GET /api/config`.
    pub telemetry_address: SocketAddr,
    /// Whether both listeners speak TLS.
    pub is_secured: bool,
    /// Who may call, and how often.
    pub gateway: GatewaySettings,
    /// The map that the operator brought.
    pub basemap: Option<Basemap>,
}

/// All services of one process.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    metrics: Data<HttpMetrics>,
    spans: Data<Spans>,
    health: Data<Health>,
    ingestion: Data<Ingestion>,
    delivery: Data<Delivery>,
    package: Data<Package>,
    drones: Data<Drones>,
    carriers: Data<Carriers>,
    accounts: Data<Accounts>,
    gateway: Arc<Gateway>,
    operations: Data<Operations>,
    people: Data<People>,
    quotes: Data<Quotes>,
    dashboard: Data<Dashboard>,
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
        let keys = pushed_out_counter(&registry).expect("the services' metrics are registered once");
        let commands: Arc<dyn CommandPort> = Arc::new(TracingPort {
            commands: parts.commands,
            spans: parts.spans.clone(),
        });
        let context = Arc::new(Context {
            calendar: Calendar::new(parts.environment.epoch),
            heaviest: heaviest(&parts.environment),
            changes: ChangeDesk::new(Arc::clone(&commands), Arc::clone(&inbox)),
            environment: parts.environment,
            gazetteer: parts.gazetteer,
            tracks: parts.tracks,
            clock: parts.clock,
            commands,
            inbox,
            settings: parts.settings,
            sky: Sky::default(),
            edits: Edits::default(),
            readiness: Arc::clone(&parts.readiness),
            people: Arc::new(People::open(stores.people)),
        });
        let (ingestion, of_ingestion) = Ingestion::open(&context, stores.ingestion, keys)?;
        let (delivery, of_delivery) = Delivery::open(&context, stores.delivery)?;
        let (package, of_package) = Package::open(&context, stores.package)?;
        let (drones, of_drones) = Drones::open(&context, stores.drone)?;
        let (carriers, of_carriers) = Carriers::open(&context, stores.carrier)?;
        let (accounts, of_accounts) = Accounts::open(&context, stores.account)?;
        let (operations, of_operations) = Operations::open(&context, parts.simulation, stores.operations)?;
        let (delivery, accounts) = (Arc::new(delivery), Arc::new(accounts));
        let gateway = Gateway::new(
            context.settings.gateway.clone(),
            (parts.tokens, parts.links),
            Arc::clone(&accounts),
            Arc::clone(&delivery),
            Arc::clone(&context.people),
        );
        let inner = Inner {
            metrics: Data::new(metrics),
            spans: Data::new(parts.spans),
            health: Data::new(Health::new(parts.readiness, registry)),
            ingestion: Data::new(ingestion),
            delivery: Data::from(delivery),
            package: Data::new(package),
            drones: Data::new(drones),
            carriers: Data::new(carriers),
            accounts: Data::from(accounts),
            gateway: Arc::new(gateway),
            operations: Data::new(operations),
            people: Data::from(Arc::clone(&context.people)),
            quotes: Data::new(Quotes::new(Arc::clone(&context))),
            dashboard: Data::new(Dashboard::new(
                context.settings.telemetry_address.port(),
                context.settings.basemap.as_ref(),
            )),
        };
        let projections = vec![
            of_ingestion,
            of_delivery,
            of_package,
            of_drones,
            of_carriers,
            of_accounts,
            of_operations,
        ];
        Ok((Self(Arc::new(inner)), projections))
    }

    /// What clients are still to be told.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.0.delivery.outbox()
    }

    /// To which traces deliveries belong.
    #[must_use]
    pub fn traces(&self) -> DeliveryTraces {
        self.0.delivery.traces()
    }

    /// Decides who may look at telemetry, as the gateway decides who may call.
    #[must_use]
    pub fn door(&self) -> Arc<dyn Door> {
        Arc::clone(&self.0.gateway) as Arc<dyn Door>
    }

    /// Adds all endpoints to an application.
    pub fn configure(&self, config: &mut ServiceConfig) {
        let inner = &self.0;
        let all = web::scope("")
            .app_data(inner.metrics.clone())
            .app_data(inner.spans.clone())
            .app_data(inner.health.clone())
            .app_data(inner.ingestion.clone())
            .app_data(inner.delivery.clone())
            .app_data(inner.package.clone())
            .app_data(inner.drones.clone())
            .app_data(inner.carriers.clone())
            .app_data(inner.accounts.clone())
            .app_data(Data::from(Arc::clone(&inner.gateway)))
            .app_data(inner.operations.clone())
            .app_data(inner.people.clone())
            .app_data(inner.quotes.clone())
            .app_data(inner.dashboard.clone())
            .configure(health::configure)
            .configure(openapi::configure)
            .configure(ingestion::configure)
            .configure(delivery::configure)
            .configure(package::configure)
            .configure(drone::configure)
            .configure(carrier::configure)
            .configure(account::configure)
            .configure(invoice::configure)
            .configure(operations::configure)
            .configure(quote::configure)
            .configure(erasure::configure)
            .service(openapi::pages())
            .service(web::redirect("/docs", "/docs/"))
            .configure(dashboard::configure)
            .default_service(web::to(dashboard::get_file))
            .wrap(from_fn(admit))
            .wrap(from_fn(observe));
        config.service(all);
    }
}
