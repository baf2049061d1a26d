//! Operations: what a person at the controls looks at and does, who did what, and what the page needs to know before it begins.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use skyhaul_actors::command::{Command, Operation};
use tokio::time::timeout;

use crate::context::Context;
use crate::gateway::caller::Caller;
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;
use crate::ports::simulation::SimulationPort;
use crate::ports::{KeyValueStore, Projection, StoreError};
use crate::store::{Progress, StoredProjection, Table};

pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod depots;
pub(crate) mod landmarks;
pub(crate) mod performance;
pub(crate) mod places;
pub(crate) mod shown;
pub(crate) mod simulation;
pub(crate) mod weather;
pub(crate) mod zones;

use self::audit::{AuditFold, AuditRow, audit_row};
use self::shown::ConfigResponse;

/// How long an answer waits for what was asked to take effect. It takes milliseconds, unless the engine is behind its clock; what was asked is durable
/// then all the same, and takes effect once the engine gets to it.
const SEEN_WITHIN: Duration = Duration::from_secs(5);

/// The service.
pub(crate) struct Operations {
    context: Arc<Context>,
    simulation: Arc<dyn SimulationPort>,
    table: Table,
    progress: Progress,
}

impl Operations {
    /// The service on its store, and the projection that fills the store.
    pub(crate) fn open(
        context: &Arc<Context>,
        simulation: Arc<dyn SimulationPort>,
        store: Arc<dyn KeyValueStore>,
    ) -> Result<(Self, Box<dyn Projection>), StoreError> {
        let fold = AuditFold(Arc::clone(&context.environment));
        let projection = StoredProjection::open(store, fold)?;
        let service = Self {
            context: Arc::clone(context),
            simulation,
            table: projection.table(),
            progress: projection.progress(),
        };
        Ok((service, Box::new(projection)))
    }

    /// Makes what an operator asks durable, with who asked, and waits for it to take effect; `None` where that takes too long.
    pub(crate) async fn operate(
        &self,
        http: &HttpRequest,
        command: Command,
    ) -> Result<Option<AuditRow>, Problem> {
        let operation = Operation {
            by: Caller::of(http).name,
            at_unix_micros: Timestamp::now().as_microsecond(),
            command,
        };
        let command = Command::Operate(Box::new(operation));
        let number = self.context.commands.submit(command).await?;
        let seen = self
            .progress
            .until(|| self.table.get::<AuditRow>(&audit_row(number)));
        let Ok(row) = timeout(SEEN_WITHIN, seen).await else {
            return Ok(None);
        };
        let row = row?;
        match row.refusal {
            Some(refusal) => Err(refusal.problem()),
            None => Ok(Some(row)),
        }
    }
}

/// The service's endpoints.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(Endpoint::new("/api/config").on(Method::GET, get_config).done())
        .configure(simulation::configure)
        .configure(depots::configure)
        .configure(zones::configure)
        .configure(alerts::configure)
        .configure(audit::configure)
        .configure(places::configure)
        .configure(landmarks::configure)
        .configure(performance::configure)
        .configure(weather::configure);
}

/// What a page needs to know before it begins: where telemetry listens, what area is served, what time it is, and for whom it may order.
#[utoipa::path(get, path = "/api/config", tag = "Operations", responses((status = 200, description = "The configuration", body = ConfigResponse)))]
pub(crate) async fn get_config(
    service: Data<Operations>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&http);
    let own = caller.only().filter(|owner| !owner.is_empty());
    let owner = own.map(|owner| service.context.people.name(owner)).transpose()?;
    Ok(HttpResponse::Ok().json(ConfigResponse::new(&service.context, owner)))
}
