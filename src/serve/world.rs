//! What a service is put together from: its data folder, its scenario, its stores.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use parking_lot::RwLock;
use prometheus::Registry;
use skyhaul_actors::environment::Environment;
use skyhaul_engine::ports::{Journal, JournalError};
use skyhaul_engine::time::SimTime;
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::gazetteer::Gazetteer;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};
use skyhaul_telemetry::external::Externals;
use skyhaul_telemetry::server::{TelemetryLimits, TelemetryParts, TelemetryServer};
use skyhaul_telemetry::tracks::Tracks;
use skyhaul_web::{HttpOptions, LinkKey, Parts, Readiness, Services, Stores};
use tokio::sync::mpsc;

use super::pace;
use crate::build;
use crate::commands::Commands;
use crate::config::{NotificationSettings, Settings};
use crate::data_dir::DataDir;
use crate::exit::Failure;
use crate::export::{self, Export};
use crate::journal::FileJournal;
use crate::keys::Provider;
use crate::notify::secret;
use crate::notify::sender::{Sender, SenderSettings};
use crate::observe::{Metrics, NoticeMetrics};
use crate::record::{Identity, Record};
use crate::runtime::deaths::Deaths;
use crate::runtime::hub::Hub;
use crate::runtime::notifier::{Notifier, NotifierParts};
use crate::runtime::pacer::unix_micros;
use crate::runtime::running::{ProjectionAndBacklog, Running, Supervised};
use crate::runtime::supervisor::Fatal;
use crate::runtime::world::{ScenarioWorlds, SharedTracks};
use crate::runtime::{Shared, SharedParts, recovery};
use crate::simulation::Simulation;
use crate::snapshot::FileSnapshotStore;
use crate::step::Step;
use crate::store::{self, OpenError};
use crate::tls::{self, Certificate, TlsSettings};

mod mavlink;

/// A service that is ready to start.
pub(super) struct Prepared {
    pub(super) environment: Arc<Environment>,
    pub(super) services: Services,
    pub(super) readiness: Arc<Readiness>,
    pub(super) telemetry_address: SocketAddr,
    shared: Arc<Shared>,
    projections: Vec<ProjectionAndBacklog>,
    tracks: Arc<RwLock<Tracks>>,
    registry: Registry,
    sender: Arc<Sender>,
    notices: NoticeMetrics,
    externals: Arc<Externals>,
    certificate: Option<Arc<Certificate>>,
    pub(super) export: Export,
    _data: DataDir,
}

impl Prepared {
    /// Opens everything; nothing runs yet.
    pub(super) fn open(
        settings: &Settings,
        telemetry: &TcpListener,
        fatal: mpsc::UnboundedSender<Fatal>,
    ) -> Result<Self, Failure> {
        let registry = Registry::new();
        let export = export::start(&settings.export, &registry)?;
        let spans = export.spans.clone();
        let metrics = Arc::new(Metrics::new(&registry, spans.clone()).map_err(Failure::broken)?);
        let data = DataDir::lock(&settings.data)?;
        let mut journal = open_journal(&data)?;
        let sender = Arc::new(sender(&settings.notifications, &data)?);
        let certificate = certificate(settings, &data)?;
        let bundle = read_scenario(settings)?;
        let mut summary = recovery::summarise(&journal).map_err(Failure::broken)?;
        let identity = match summary.identity.take() {
            Some(identity) => recognise(identity, &bundle, settings)?,
            None => found(&mut journal, bundle, settings)?,
        };
        let snapshots = FileSnapshotStore::open(&data.snapshots()).map_err(Failure::try_again)?;
        let scenario = Scenario::parse(&identity.scenario).map_err(Failure::usage)?;
        let environment = Arc::new(scenario.environment(BuildOptions {
            seed: identity.seed,
            epoch_unix_micros: Some(identity.epoch_unix_micros),
            demand: identity.demand,
        }));
        let speed = pace::settle(&mut journal, &mut summary, settings).map_err(Failure::try_again)?;
        let reached = summary.reached();
        let clock = Arc::new(pace::start_clock(
            &summary.pacing.state,
            identity.epoch_unix_micros,
            reached,
            speed,
        ));
        metrics.quarantined.inc_by(summary.quarantine.len() as u64);
        let shared = Arc::new(Shared::new(SharedParts {
            journal: Box::new(journal),
            snapshots: Box::new(snapshots),
            clock: Arc::clone(&clock),
            metrics,
            fatal,
            deaths: Deaths::open(&data.running()).map_err(Failure::try_again)?,
            sealed: summary.sealed,
            builds: summary.builds,
            build: build::name().to_owned(),
            retention: settings.retention,
            reached,
            pacing: summary.pacing,
        }));
        let tracks = Arc::new(RwLock::new(Tracks::new(Arc::clone(&environment))));
        let readiness = Arc::new(Readiness::default());
        let telemetry_address = telemetry.local_addr().map_err(Failure::try_again)?;
        let parts = Parts {
            environment: Arc::clone(&environment),
            gazetteer: Arc::new(Gazetteer::new(&scenario, &environment)),
            tracks: Arc::clone(&tracks),
            clock,
            commands: Arc::new(Commands(Arc::clone(&shared))),
            simulation: Arc::new(Simulation(Arc::clone(&shared))),
            stores: open_stores(&data, settings)?,
            registry: registry.clone(),
            readiness: Arc::clone(&readiness),
            settings: skyhaul_web::Settings {
                strict_geocoding: settings.strict_geocoding,
                notifications: skyhaul_web::notification::NotificationSettings {
                    allow_private_addresses: settings.notifications.allow_private_addresses,
                },
                telemetry_address,
                is_secured: certificate.is_some(),
                gateway: settings.gateway.clone(),
                basemap: settings.basemap.clone(),
            },
            tokens: settings.provider.as_ref().map(Provider::reader),
            links: links(&data)?,
            spans: spans.clone(),
        };
        let step = Step::begin("the services");
        let (services, projections) = Services::new(parts).map_err(Failure::try_again)?;
        shared.metrics.traces.keep(services.traces());
        step.done("they stand on their stores");
        let projections = ProjectionAndBacklog::pair(&shared, projections);
        crate::observe::watch(&registry, &shared).map_err(Failure::broken)?;
        Ok(Self {
            environment,
            services,
            readiness,
            telemetry_address,
            shared,
            projections,
            tracks,
            externals: Arc::default(),
            notices: NoticeMetrics::new(&registry).map_err(Failure::broken)?,
            registry,
            sender,
            certificate,
            export,
            _data: data,
        })
    }

    /// How fast time goes, in words.
    pub(super) fn pace(&self) -> String {
        let clock = &self.shared.clock;
        let paused = if clock.is_paused() {
            ", paused by an operator: POST /api/simulation/resume goes on"
        } else {
            ""
        };
        format!("at speed {}{paused}", clock.speed_set())
    }

    /// Starts projectors, host and sequencer.
    pub(super) fn start(&self) -> Running {
        let picture = SharedTracks {
            environment: Arc::clone(&self.environment),
            tracks: Arc::clone(&self.tracks),
        };
        let worlds = ScenarioWorlds(Arc::clone(&self.environment));
        Running::start(
            &self.shared,
            &self.projections,
            Arc::new(worlds),
            Arc::new(picture),
        )
    }

    /// Starts the notifier.
    pub(super) fn start_notifier(&self) -> Supervised {
        Supervised::start("notifier", &self.shared, |stop| {
            let parts = NotifierParts {
                spans: self.export.spans.clone(),
                outbox: self.services.outbox(),
                sender: Arc::clone(&self.sender),
                metrics: self.notices.clone(),
                stop,
            };
            move |pulse| Notifier::new(parts.clone(), pulse)
        })
    }

    /// Starts the telemetry hub on a listener that is bound already.
    pub(super) fn start_telemetry(
        &self,
        settings: &Settings,
        rest: SocketAddr,
        listener: TcpListener,
    ) -> Result<Supervised, Failure> {
        let failed =
            |error: &dyn std::fmt::Display| Failure::try_again(format!("telemetry cannot start: {error}"));
        listener.set_nonblocking(true).map_err(|error| failed(&error))?;
        let server = TelemetryServer::new(TelemetryParts {
            environment: Arc::clone(&self.environment),
            tracks: Arc::clone(&self.tracks),
            clock: Arc::clone(&self.shared.clock) as _,
            allowed_origins: self.origins(settings, rest),
            door: self.services.door(),
            registry: self.registry.clone(),
            limits: TelemetryLimits {
                threads: settings.telemetry_threads,
                clients_per_address: settings.telemetry_clients,
                ..TelemetryLimits::default()
            },
        });
        let server = server
            .map_err(|error| failed(&error))?
            .beside(Arc::clone(&self.externals));
        let server = Arc::new(match self.tls() {
            Some(tls) => server.secured(Arc::new(tls)),
            None => server,
        });
        let listener = Arc::new(listener);
        Ok(Supervised::start("telemetry", &self.shared, |stop| {
            move |pulse| Hub::new(Arc::clone(&server), Arc::clone(&listener), stop.clone(), pulse)
        }))
    }

    /// How the REST server runs.
    pub(super) fn http_options(&self, settings: &Settings) -> HttpOptions {
        HttpOptions {
            workers: settings.workers,
            tls: self.tls(),
            ..HttpOptions::default()
        }
    }

    /// How the listeners speak TLS, where they do.
    fn tls(&self) -> Option<rustls::ServerConfig> {
        self.certificate
            .as_ref()
            .map(|certificate| tls::server_config(Arc::clone(certificate)))
    }

    /// What keeps the certificate as its files are, for as long as it is polled.
    pub(super) fn watch_certificate(&self) -> Result<impl Future<Output = ()> + use<>, Failure> {
        let changes = tls::counter(&self.registry).map_err(Failure::broken)?;
        let certificate = self.certificate.clone();
        Ok(async move {
            match certificate {
                Some(certificate) => tls::watch(certificate, changes).await,
                None => std::future::pending().await,
            }
        })
    }

    /// How addresses of the REST interface begin.
    pub(super) fn scheme(&self) -> &'static str {
        if self.certificate.is_some() {
            "https"
        } else {
            "http"
        }
    }

    /// Origins whose pages may open telemetry: the dashboard's own, and those configured. Where the dashboard is served on every address of the
    /// machine, its names cannot be known; such a service asks for a key, or was called insecure, and any page may connect.
    fn origins(&self, settings: &Settings, rest: SocketAddr) -> Vec<String> {
        let scheme = self.scheme();
        let mut origins = settings.allowed_origins.clone();
        if rest.ip().is_unspecified() {
            origins.push("*".to_owned());
        } else {
            origins.push(format!("{scheme}://{rest}"));
        }
        if rest.ip().is_loopback() {
            origins.push(format!("{scheme}://localhost:{}", rest.port()));
        }
        origins
    }
}

/// Opens the journal; a torn tail is cut off and said.
fn open_journal(data: &DataDir) -> Result<FileJournal, Failure> {
    let step = Step::begin("the journal");
    let (journal, report) = FileJournal::open(&data.journal()).map_err(Failure::broken)?;
    if let Some(cut) = report.cut {
        tracing::warn!(
            segment = cut.segment,
            offset = cut.offset,
            record = cut.record.0,
            "the journal's tail was torn by a crash and is cut back to its last good record; nothing that was answered is lost"
        );
    }
    step.done(format_args!("{} records are good", report.records));
    Ok(journal)
}

/// The certificate that both listeners show.
fn certificate(settings: &Settings, data: &DataDir) -> Result<Option<Arc<Certificate>>, Failure> {
    let opened = match &settings.tls {
        None => return Ok(None),
        Some(TlsSettings::Files { cert, key }) => Certificate::open(cert, key),
        Some(TlsSettings::Development) => {
            let addresses = [settings.bind.ip(), settings.telemetry_bind.ip()];
            Certificate::development(&data.development_certificate(), &addresses)
        }
    };
    opened
        .map(|certificate| Some(Arc::new(certificate)))
        .map_err(Failure::usage)
}

/// The key of links to deliveries, made at the first start.
fn links(data: &DataDir) -> Result<LinkKey, Failure> {
    let path = data.tracking_secret();
    let secret = secret::read_or_make(&path);
    let secret = secret.map_err(|error| {
        Failure::usage(format!(
            "{}: the secret for links to deliveries cannot be read: {error}",
            path.display()
        ))
    })?;
    Ok(LinkKey::new(secret.as_bytes()))
}

/// Talks to those who are told of deliveries.
fn sender(settings: &NotificationSettings, data: &DataDir) -> Result<Sender, Failure> {
    let (path, secret) = match &settings.webhook_secret_file {
        Some(path) => (path.clone(), secret::read(path)),
        None => (
            data.webhook_secret(),
            secret::read_or_make(&data.webhook_secret()),
        ),
    };
    let secret = secret.map_err(|error| {
        Failure::usage(format!(
            "{}: the secret for webhooks cannot be read: {error}",
            path.display()
        ))
    })?;
    Sender::new(SenderSettings {
        allow_private_addresses: settings.allow_private_addresses,
        secret,
        sms_webhook: settings.sms_webhook.clone(),
        smtp_url: settings.smtp_url.clone(),
        email_from: settings.email_from.clone(),
    })
    .map_err(Failure::usage)
}

fn read_scenario(settings: &Settings) -> Result<ScenarioBundle, Failure> {
    match &settings.scenario {
        Some(path) => ScenarioBundle::read(path).map_err(Failure::usage),
        None => Ok(ScenarioBundle::florence()),
    }
}

/// Writes record 0 of a new world, which begins at the wall clock's now.
fn found(
    journal: &mut FileJournal,
    scenario: ScenarioBundle,
    settings: &Settings,
) -> Result<Identity, Failure> {
    Scenario::parse(&scenario).map_err(Failure::usage)?;
    let identity = Identity {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario,
        epoch_unix_micros: unix_micros(),
        demand: settings.demand,
        seed: None,
    };
    let record = Record::Identity(Box::new(identity.clone())).encode();
    let written = journal
        .append(SimTime::ZERO, &record)
        .and_then(|_| journal.flush());
    written
        .map_err(|error: JournalError| Failure::try_again(format!("{}: {error}", settings.data.display())))?;
    Ok(identity)
}

/// Checks that the data folder's world is the one that is asked for.
fn recognise(identity: Identity, asked: &ScenarioBundle, settings: &Settings) -> Result<Identity, Failure> {
    let data = settings.data.display();
    let (kept, wanted) = (&identity.scenario, asked);
    if (&kept.text, &kept.files) != (&wanted.text, &wanted.files) {
        return Err(Failure::usage(format!(
            "{data}: this data folder belongs to another scenario ({}, not {} as it is now); choose another folder with --data, or start it with its own scenario",
            kept.name, wanted.name
        )));
    }
    if identity.demand != settings.demand {
        let (was, flag) = if identity.demand {
            ("with", "without --no-demand")
        } else {
            ("without", "with --no-demand")
        };
        return Err(Failure::usage(format!(
            "{data}: this data folder's world was begun {was} the scenario's own demand; start it {flag}, or choose another folder with --data"
        )));
    }
    Ok(identity)
}

fn open_stores(data: &DataDir, settings: &Settings) -> Result<Stores, Failure> {
    let services = [
        "ingestion",
        "delivery",
        "package",
        "drone",
        "carrier",
        "account",
        "operations",
        "people",
    ];
    let step = Step::begin("the stores");
    let [
        ingestion,
        delivery,
        package,
        drone,
        carrier,
        account,
        operations,
        people,
    ] = store::open(&data.stores(), settings.store, services).map_err(|error| match error {
        OpenError::Other { .. } => Failure::usage(format!("{}: {error}", settings.data.display())),
        OpenError::Failed(error) => Failure::try_again(error),
    })?;
    step.done("they are open");
    Ok(Stores {
        ingestion,
        delivery,
        package,
        drone,
        carrier,
        account,
        operations,
        people,
    })
}
