//! Erasing what is known of a person.

use actix_web::http::Method;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use skyhaul_actors::command::Command;

use super::People;
use crate::account::Accounts;
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;
use crate::operations::Operations;

/// The endpoint.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.service(
        Endpoint::new("/api/owners/{ownerId}/personal-data")
            .on(Method::DELETE, erase)
            .done(),
    );
}

/// Erases an owner's personal data: the name, the words that came with parcels, who is told and where, and what receivers gave. Places and tracks
/// of what has ended are made coarse; of what is under way, once it has ended. What was counted stays, under a pseudonym that the audit names.
#[utoipa::path(
    delete,
    path = "/api/owners/{ownerId}/personal-data",
    tag = "Operations",
    params(("ownerId" = String, Path, description = "The owner")),
    responses(
        (status = 204, description = "Nobody knows who it was any more"),
        (status = 404, description = "Nobody is known by this name", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be recorded", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn erase(
    operations: Data<Operations>,
    accounts: Data<Accounts>,
    people: Data<People>,
    owner: Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    if !people.knows(&owner)? {
        return Err(Problem::not_found("nobody is known by this name"));
    }
    let pseudonym = people.pseudonym(&owner)?;
    let erase = Command::ErasePerson {
        owner: pseudonym.clone(),
    };
    // Durable first: whoever is stopped from here on is asked again, and finds the name still there.
    operations.operate(&http, erase).await?;
    accounts.forget_contact(&pseudonym).await?;
    people.forget(&owner).await?;
    Ok(HttpResponse::NoContent().finish())
}
