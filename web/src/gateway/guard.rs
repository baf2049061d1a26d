//! The guard of one endpoint: lets a request through to its handler, with who asks, or answers in its place.

use std::net::IpAddr;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _, HttpRequest, ResponseError as _};
use skyhaul_actors::account::AccountStatus;
use skyhaul_actors::ids::DeliveryId;

use super::Gateway;
use super::access::{Access, Own, access};
use super::caller::Caller;
use super::link::Link;
use super::token::Bearer;
use crate::account::{AccountRow, unknown_account};
use crate::change::{delivery_id, unknown_delivery};
use crate::delivery::events::EVENTS;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::trace;

/// The header that holds a key.
const API_KEY: &str = "X-Api-Key";

/// Guards the endpoint at `path`.
pub(crate) async fn guard(
    path: &'static str,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let passed = match request.app_data::<Data<Gateway>>() {
        Some(gateway) => {
            gateway.seek_key(path, request.request()).await;
            gateway.pass(path, request.request())
        }
        None => Err(Problem::unavailable("the gateway is not there", 5)),
    };
    note_delivery(path, request.request());
    match passed {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.call(request).await
        }
        Err(problem) => Ok(request.into_response(problem.error_response())),
    }
}

/// Lets it be known which delivery a request is about.
fn note_delivery(path: &str, request: &HttpRequest) {
    let named = |name| request.match_info().get(name);
    if let Some(text) = named("id").or_else(|| named("deliveryId"))
        && path.contains("deliver")
        && let Ok(delivery) = text.parse()
    {
        trace::concerns(delivery);
    }
}

impl Gateway {
    /// Has the provider's key looked up that the caller's token needs, where it is not known.
    async fn seek_key(&self, path: &str, request: &HttpRequest) {
        if let (Some(tokens), Ok(told)) = (&self.tokens, told(path, request)) {
            tokens.seek(&told).await;
        }
    }

    /// Who asks, where they may.
    fn pass(&self, path: &str, request: &HttpRequest) -> Result<Caller, Problem> {
        if !self.settings.asks_who_calls {
            return Ok(Caller::unasked(address(request)));
        }
        let access = access(path, request.method());
        if access == Access::Open {
            return Ok(Caller::nobody());
        }
        let caller = self.caller(&told(path, request)?)?;
        self.limits.take_key(&caller.name).map_err(Problem::too_many)?;
        if let Some(delivery) = caller.link() {
            check_linked(delivery, path, request)?;
            return Ok(caller);
        }
        match access {
            Access::Open => {}
            Access::From(role) if caller.role < role => {
                return Err(Problem::forbidden("your key does not open this"));
            }
            Access::From(_) => {}
            Access::Own(own) => self.check_own(own, &caller, request)?,
        }
        Ok(caller)
    }

    /// Whoever shows this key, or this token.
    pub(crate) fn caller(&self, told: &str) -> Result<Caller, Problem> {
        if self.settings.admin_key.as_ref().is_some_and(|key| key.is(told)) {
            return Ok(Caller::admin());
        }
        if let Some(link) = self.links.read(told) {
            if !self.deliveries.has_link(link)? {
                return Err(Problem::unauthorized("the link was revoked"));
            }
            return Ok(Caller::with_link(link));
        }
        let register = self.accounts.register();
        if let Some((account, key)) = register.opened_by(told) {
            check_active(&account)?;
            return Ok(Caller::with_key(&account, &key));
        }
        let bearer = self.tokens.as_ref().and_then(|tokens| tokens.read(told));
        let bearer = bearer.ok_or_else(|| Problem::unauthorized("the key opens nothing"))?;
        let bearer = Bearer {
            owner: self.people.pseudonym(&bearer.owner)?,
            ..bearer
        };
        let account = register.of_owner(&bearer.owner);
        if let Some(account) = &account {
            check_active(account)?;
        }
        Ok(Caller::with_token(bearer, account.map(|account| account.id)))
    }

    fn check_own(&self, own: Own, caller: &Caller, request: &HttpRequest) -> Result<(), Problem> {
        let Some(only) = caller.only() else {
            return Ok(());
        };
        let named = |name| request.match_info().get(name);
        match own {
            Own::Said => Ok(()),
            Own::Owner => match named("ownerId") {
                Some(owner) => caller.check_owner(&self.people.pseudonym(owner)?),
                None => {
                    let query = Query::read(request)?;
                    let owner = query.required_text("ownerId");
                    let Some(owner) = owner else {
                        return query.check();
                    };
                    caller.check_owner(&self.people.pseudonym(owner)?)
                }
            },
            Own::Delivery => {
                let text = named("id").or_else(|| named("deliveryId")).unwrap_or_default();
                let owner = self.deliveries.owner(delivery_id(text)?)?;
                let is_own = owner.is_some_and(|owner| owner == only);
                is_own.then_some(()).ok_or_else(unknown_delivery)
            }
            Own::Account => {
                let account = named("id").and_then(|id| id.parse().ok());
                let is_own = account.is_some() && account == caller.account;
                is_own.then_some(()).ok_or_else(unknown_account)
            }
        }
    }
}

/// Refuses what a link to this delivery does not open. Other deliveries are answered as if there were none.
fn check_linked(delivery: DeliveryId, path: &str, request: &HttpRequest) -> Result<(), Problem> {
    if !Link::opens(path, request.method()) {
        return Err(Problem::forbidden("a link opens its delivery and nothing else"));
    }
    match request.match_info().get("id") {
        Some(id) if delivery_id(id)? != delivery => Err(unknown_delivery()),
        _ => Ok(()),
    }
}

fn check_active(account: &AccountRow) -> Result<(), Problem> {
    match account.status {
        AccountStatus::Active => Ok(()),
        AccountStatus::Suspended => Err(Problem::forbidden("the account is suspended")),
    }
}

/// The address that a request comes from.
pub(super) fn address(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|address| address.ip())
}

/// The key that a request for an endpoint shows.
fn told(path: &str, request: &HttpRequest) -> Result<String, Problem> {
    let headers = request.headers();
    let key = headers.get(API_KEY).and_then(|value| value.to_str().ok());
    let key = key.or_else(|| {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    let in_address = || {
        let query = (path == EVENTS).then(|| Query::read(request).ok()).flatten()?;
        query.text("access_token").map(str::to_owned)
    };
    key.map(str::to_owned)
        .or_else(in_address)
        .ok_or_else(|| Problem::unauthorized("send a key as `X-Api-Key`, or as `Authorization: Bearer`"))
}
