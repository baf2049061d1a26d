//! A delivery's links for its receiver: made, listed, revoked. Those that are good stand in the delivery store, each durable before anyone is told of
//! it, and revoked before it is answered so; where the store is lost, so are all links.

use std::sync::atomic::Ordering;

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::{Data, Path, block};
use actix_web::{HttpResponse, Result};
use jiff::Timestamp;
use serde::Serialize;
use skyhaul_actors::ids::DeliveryId;
use tokio::sync::MutexGuard;
use utoipa::ToSchema;

use super::Delivery;
use super::row::{LinkRow, links_row};
use crate::change::delivery_id;
use crate::gateway::Gateway;
use crate::gateway::link::{Link, LinkKey};
use crate::http::problem::Problem;
use crate::ports::StoreError;

/// Most links of a delivery that have not ended: receiver, sender, and a few whom they ask to look. Further ones are answered 409.
const LINKS_MAX: usize = 16;

/// A link to the page of one delivery.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrackingLinkResponse {
    /// What it is revoked by.
    id: String,
    /// Where the page is, below the service's own address.
    url: String,
    /// What the link is made of. As a bearer token it opens what the page asks for.
    token: String,
    /// When it ends, RFC 3339, by the wall clock.
    expires_at: String,
}

impl TrackingLinkResponse {
    fn new(link: Link, key: &LinkKey) -> Self {
        let token = key.sign(link);
        let ends_at = i64::try_from(link.ends_at_s)
            .ok()
            .and_then(|at| Timestamp::from_second(at).ok());
        Self {
            id: id_of(link.number),
            url: format!("/track/{token}"),
            token,
            expires_at: ends_at.unwrap_or(Timestamp::MAX).to_string(),
        }
    }
}

/// What a link is revoked by: its number, in hexadecimal digits.
fn id_of(number: u32) -> String {
    format!("{number:08x}")
}

/// Makes a link that shows this delivery, and nothing else, to whoever has it; it lets them cancel while that is allowed. It cannot be guessed, and ends
/// after two weeks, or when it is revoked.
#[utoipa::path(
    post,
    path = "/api/deliveries/{id}/trackinglinks",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 201, description = "A link", body = TrackingLinkResponse, headers(("Location" = String, description = "The page"))),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The delivery has as many links as it may", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn make_link(
    service: Data<Delivery>,
    gateway: Data<Gateway>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let delivery = delivery_id(&id)?;
    service.get(delivery)?;
    let _alone = service.changing_links(delivery).await;
    let mut links = service.links(delivery)?;
    if links.len() >= LINKS_MAX {
        return Err(Problem::conflict(format!(
            "a delivery has at most {LINKS_MAX} links; revoke some"
        )));
    }
    let link = Link::to(delivery);
    links.push(link);
    service.keep_links(delivery, &links).await?;
    let made = TrackingLinkResponse::new(link, gateway.links());
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, made.url.as_str()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(made))
}

/// The links to this delivery that are good, oldest first.
#[utoipa::path(
    get,
    path = "/api/deliveries/{id}/trackinglinks",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "Its links", body = Vec<TrackingLinkResponse>),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_links(
    service: Data<Delivery>,
    gateway: Data<Gateway>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let delivery = delivery_id(&id)?;
    service.get(delivery)?;
    let links = service.links(delivery)?;
    let shown = links
        .into_iter()
        .map(|link| TrackingLinkResponse::new(link, gateway.links()));
    let shown: Vec<_> = shown.collect();
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(shown))
}

/// Revokes all links to this delivery: they open nothing from now on, and who looks by one is shown nothing more within seconds.
#[utoipa::path(
    delete,
    path = "/api/deliveries/{id}/trackinglinks",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 204, description = "There are none any more"),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn revoke_links(service: Data<Delivery>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let delivery = delivery_id(&id)?;
    service.get(delivery)?;
    let _alone = service.changing_links(delivery).await;
    service.revoke(delivery, &[]).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Revokes one link to this delivery.
#[utoipa::path(
    delete,
    path = "/api/deliveries/{id}/trackinglinks/{link}",
    tag = "Delivery",
    params(
        ("id" = Uuid, Path, description = "The delivery"),
        ("link" = String, Path, description = "The link's id"),
    ),
    responses(
        (status = 204, description = "It is revoked"),
        (status = 404, description = "No delivery has this id, or it has no such link", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn revoke_link(
    service: Data<Delivery>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, link) = path.into_inner();
    let delivery = delivery_id(&id)?;
    service.get(delivery)?;
    let _alone = service.changing_links(delivery).await;
    let mut links = service.links(delivery)?;
    let before = links.len();
    links.retain(|known| id_of(known.number) != link);
    if links.len() == before {
        return Err(Problem::not_found("the delivery has no such link"));
    }
    service.revoke(delivery, &links).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl Delivery {
    /// Whether a link was made here and not revoked.
    pub(crate) fn has_link(&self, link: Link) -> Result<bool, StoreError> {
        Ok(self.links(link.delivery)?.contains(&link))
    }

    /// How often links were revoked since the service started.
    pub(crate) fn revocations(&self) -> u64 {
        self.revocations.load(Ordering::Acquire)
    }

    /// The links to a delivery that are good.
    fn links(&self, delivery: DeliveryId) -> Result<Vec<Link>, StoreError> {
        let rows: Option<Vec<LinkRow>> = self.table.get(&links_row(delivery))?;
        let links = rows.unwrap_or_default().into_iter().map(|row| Link {
            delivery,
            number: row.number,
            ends_at_s: row.ends_at_s,
        });
        Ok(links.filter(|link| link.is_good()).collect())
    }

    /// Waits until nobody else changes a delivery's links.
    async fn changing_links(&self, delivery: DeliveryId) -> MutexGuard<'_, ()> {
        self.context.edits.of(&format!("links to {delivery}")).await
    }

    /// Leaves a delivery these of its links; whoever looks by another one is looked at again.
    async fn revoke(&self, delivery: DeliveryId, left: &[Link]) -> Result<(), Problem> {
        self.keep_links(delivery, left).await?;
        self.revocations.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// Makes these the links to a delivery, durably.
    async fn keep_links(&self, delivery: DeliveryId, links: &[Link]) -> Result<(), Problem> {
        let rows = links.iter().map(|link| LinkRow {
            number: link.number,
            ends_at_s: link.ends_at_s,
        });
        let (table, rows): (_, Vec<LinkRow>) = (self.table.clone(), rows.collect());
        let kept = block(move || match rows.is_empty() {
            true => table.remove(&links_row(delivery)),
            false => table.keep(&links_row(delivery), &rows),
        });
        Ok(kept.await.map_err(|_| Problem::saturated())??)
    }
}
