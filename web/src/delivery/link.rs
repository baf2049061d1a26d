//! A delivery's link for its receiver.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, Result};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::Delivery;
use crate::change::delivery_id;
use crate::gateway::Gateway;
use crate::gateway::link::Link;
use crate::http::problem::Problem;

/// A link to the page of one delivery.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrackingLinkResponse {
    /// Where the page is, below the service's own address.
    url: String,
    /// What the link is made of. As a bearer token it opens what the page asks for.
    token: String,
    /// When it ends, RFC 3339, by the wall clock.
    expires_at: String,
}

/// Makes a link that shows this delivery, and nothing else, to whoever has it; it lets them cancel while that is allowed. It cannot be guessed, and ends
/// after two weeks.
#[utoipa::path(
    post,
    path = "/api/deliveries/{id}/trackinglinks",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 201, description = "A link", body = TrackingLinkResponse, headers(("Location" = String, description = "The page"))),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn make_link(
    service: Data<Delivery>,
    gateway: Data<Gateway>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let delivery = delivery_id(&id)?;
    service.get(delivery)?;
    let link = Link::to(delivery);
    let token = gateway.links().sign(link);
    let url = format!("/track/{token}");
    let expires_at = i64::try_from(link.ends_at_s)
        .ok()
        .and_then(|at| Timestamp::from_second(at).ok());
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, url.as_str()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(TrackingLinkResponse {
            url,
            token,
            expires_at: expires_at.unwrap_or(Timestamp::MAX).to_string(),
        }))
}
