//! The audit log: who asked for what, when, and what came of it, folded from events into the operations store.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use skyhaul_actors::account::{AccountChange, AccountRecord};
use skyhaul_actors::command::Command;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::{Event, ZoneRefusal};
use skyhaul_actors::ids::{CommandId, DepotId};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use super::Operations;
use super::shown::{AuditItem, AuditResponse};
use super::zones::history;
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;
use crate::http::query::{Query, cursor_text};
use crate::ports::StoreError;
use crate::store::{Fold, Key, Rows, Table};

/// What was asked, by the number of the journal's record.
const ASKED: u8 = b'a';

/// Something that somebody with a key did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditRow {
    /// The number of the journal's record.
    pub(super) number: u64,
    /// When, in virtual time.
    pub(super) at: SimTime,
    /// When, by the wall clock: microseconds since 1970.
    pub(super) at_unix_micros: i64,
    /// Who.
    pub(super) by: String,
    /// What.
    pub(super) action: String,
    /// To what.
    pub(super) subject: String,
    /// Why it was not done, where it was not.
    pub(super) refusal: Option<Refusal>,
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refusal {
    /// The zone could not be declared or lifted.
    Zone(ZoneRefusal),
}

impl Refusal {
    /// In words.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Zone(ZoneRefusal::NameTaken) => "a zone that is not over has this name",
            Self::Zone(ZoneRefusal::Unknown) => "no zone has this name, or it is over",
            Self::Zone(ZoneRefusal::Unsound) => "it encloses nothing, or ends before it can come into force",
            Self::Zone(ZoneRefusal::TooMany) => "as many zones were declared as one may",
            Self::Zone(ZoneRefusal::Quarantined) => "the engine died at it again and again",
        }
    }

    /// How whoever asked is told.
    pub(super) fn problem(self) -> Problem {
        match self {
            Self::Zone(ZoneRefusal::Unknown) => Problem::not_found(self.text()),
            Self::Zone(ZoneRefusal::Unsound) => Problem::impossible("feature", self.text()),
            Self::Zone(ZoneRefusal::NameTaken | ZoneRefusal::TooMany | ZoneRefusal::Quarantined) => {
                Problem::conflict(self.text())
            }
        }
    }
}

/// The row of what was asked by a command.
pub(super) fn audit_row(command: CommandId) -> Key {
    Key::of(ASKED).number(command.0)
}

/// Folds events into the operations store.
pub(super) struct AuditFold(pub(super) Arc<Environment>);

impl Fold for AuditFold {
    const NAME: &'static str = "operations";

    fn fold(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        match &event.event {
            Event::OperatorActed {
                command: Some(command),
                operation,
            } => {
                let (action, subject) = deed(&operation.command, &self.0);
                let row = AuditRow {
                    number: command.0,
                    at: event.at,
                    at_unix_micros: operation.at_unix_micros,
                    by: operation.by.clone(),
                    action: action.to_owned(),
                    subject,
                    refusal: None,
                };
                rows.put(audit_row(*command), &row)
            }
            Event::AccountChanged {
                command: Some(command),
                record,
            } => rows.put(audit_row(*command), &account_changed(*command, event.at, record)),
            Event::ZoneChangeRefused {
                command: Some(command),
                reason,
                ..
            } => rows.change(audit_row(*command), |row: &mut AuditRow| {
                row.refusal = Some(Refusal::Zone(*reason));
            }),
            _ => history::on_event(event, rows),
        }
    }

    fn forget(&self, before: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        history::forget(before, rows)
    }
}

fn account_changed(command: CommandId, at: SimTime, record: &AccountRecord) -> AuditRow {
    let action = match record.change {
        AccountChange::Opened { .. } => "openAccount",
        AccountChange::Changed { .. } => "changeAccount",
        AccountChange::KeyIssued(_) => "issueKey",
        AccountChange::KeyRevoked(_) => "revokeKey",
    };
    AuditRow {
        number: command.0,
        at,
        at_unix_micros: record.at_unix_micros,
        by: record.by.clone(),
        action: action.to_owned(),
        subject: record.account.to_string(),
        refusal: None,
    }
}

/// What an operator asked, and of what.
fn deed(command: &Command, environment: &Environment) -> (&'static str, String) {
    let depot = |id: &DepotId| {
        let named = environment.depots.get(usize::from(id.0));
        named.map_or_else(|| id.0.to_string(), |depot| depot.name.clone())
    };
    match command {
        Command::RequestDelivery(request) => ("requestDelivery", request.delivery.to_string()),
        Command::CancelDelivery { delivery } => ("cancelDelivery", delivery.to_string()),
        Command::RescheduleDelivery { delivery, .. } => ("rescheduleDelivery", delivery.to_string()),
        Command::RecordPackage(package) => ("recordPackage", package.label.clone()),
        Command::RecordConfirmation(confirmation) => ("confirmDelivery", confirmation.delivery.to_string()),
        Command::RecallDrone { drone } => ("recallDrone", drone.to_string()),
        Command::GroundDepot { depot: id } => ("groundDepot", depot(id)),
        Command::ReleaseDepot { depot: id } => ("releaseDepot", depot(id)),
        Command::RequestNotification(request) => ("notify", request.delivery.to_string()),
        Command::ChangeAccount(record) => ("changeAccount", record.account.to_string()),
        Command::DeclareZone { zone } => ("declareZone", zone.name.clone()),
        Command::LiftZone { name } => ("liftZone", name.clone()),
        Command::ReleaseDelivery { delivery } => ("releaseDelivery", delivery.to_string()),
        Command::RetryDelivery { delivery, .. } => ("retryDelivery", delivery.to_string()),
        Command::Operate(operation) => deed(&operation.command, environment),
        Command::Traced(traced) => deed(&traced.command, environment),
        Command::AcknowledgeAlert { alert } => ("acknowledgeAlert", alert.to_string()),
        Command::ErasePerson { owner } => ("erasePerson", owner.clone()),
    }
}

/// The endpoint.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(Endpoint::new("/api/audit").on(Method::GET, list_audit).done());
}

/// Who changed what, newest first: depots, drones, zones, alerts, accounts and their keys. What was done to the pace of time is at
/// `/api/simulation/actions`.
#[utoipa::path(get, path = "/api/audit", tag = "Operations",
    params(("limit" = Option<usize>, Query, minimum = 1, maximum = 1000, description = "At most so many, 1 to 1000"), ("cursor" = Option<String>, Query, pattern = "^[0-9a-fA-F]{0,16}$", description = "Where the last page ended")),
    responses(
        (status = 200, description = "A page", body = AuditResponse),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list_audit(
    service: Data<Operations>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = Query::read(&http)?;
    let (limit, before) = (query.limit(), query.cursor());
    query.check()?;
    let table = service.table.clone();
    let rows = web::block(move || page(&table, before, limit + 1));
    let rows = rows.await.map_err(|_| Problem::saturated())??;
    let context = &service.context;
    let items = rows
        .iter()
        .take(limit)
        .map(|row| AuditItem::new(row, &context.calendar));
    let last = rows.get(limit).and_then(|_| rows.get(limit.saturating_sub(1)));
    Ok(HttpResponse::Ok().json(AuditResponse {
        items: items.collect(),
        next_cursor: last.map(|row| cursor_text(row.number)),
    }))
}

fn page(table: &Table, before: Option<u64>, count: usize) -> Result<Vec<AuditRow>, StoreError> {
    let from = Key::of(ASKED);
    let to = before.map_or_else(|| from.end(), |before| from.clone().number(before));
    let mut rows = Vec::new();
    table.scan((&from, &to), true, &mut |_, row| {
        rows.push(row);
        rows.len() < count
    })?;
    Ok(rows)
}
