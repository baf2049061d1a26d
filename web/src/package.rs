//! Package: what clients say about packages, by the client's label; a parcel without one goes by its delivery's id.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::LOCATION;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use skyhaul_actors::command::{Command, PackageRecord, PackageSize};
use skyhaul_engine::units::Kilograms;
use uuid::Uuid;

use crate::context::Context;
use crate::gateway::caller::Caller;
use crate::http::body::json_object;
use crate::http::endpoint::Endpoint;
use crate::http::etag;
use crate::http::problem::Problem;
use crate::http::query::{OwnerMonth, Query};
use crate::ingestion::BODY_BYTES_MAX;
use crate::ports::{KeyValueStore, Projection, StoreError};
use crate::store::{StoredProjection, Table};

mod fold;
pub(crate) mod request;

use self::fold::{OwnedRow, PackageFold, PackageRow, owned_row, package_row, weight_row};
use self::request::{
    PackageChanges, PackageResponse, PackageSummaryResponse, PatchPackageRequest, PutPackageRequest,
};

/// The service.
pub(crate) struct Package {
    context: Arc<Context>,
    table: Table,
}

impl Package {
    /// The service on its store, and the projection that fills the store.
    pub(crate) fn open(
        context: &Arc<Context>,
        store: Arc<dyn KeyValueStore>,
    ) -> Result<(Self, Box<dyn Projection>), StoreError> {
        let fold = PackageFold::new(Arc::clone(&context.inbox), context.calendar);
        let projection = StoredProjection::open(store, fold)?;
        let service = Self {
            context: Arc::clone(context),
            table: projection.table(),
        };
        Ok((service, Box::new(projection)))
    }

    /// What was said last about a package, for its owner or for whoever may see all; what was not projected yet first.
    fn find(&self, only: Option<&str>, label: &str) -> Result<Option<PackageRecord>, StoreError> {
        let people = &self.context.people;
        if let Some(said) = self.context.inbox.package(only, label) {
            return people.reveal(said).map(Some);
        }
        let said = match only {
            Some(owner) => self.owned(owner, label)?,
            None => match self.table.get(&package_row(label))? {
                Some(PackageRow::Owned(owner)) => self.owned(&owner, label)?,
                Some(PackageRow::Nobodys(said)) => Some(said),
                None => None,
            },
        };
        said.map(|said| people.reveal(Arc::unwrap_or_clone(said)))
            .transpose()
    }

    fn owned(&self, owner: &str, label: &str) -> Result<Option<OwnedRow>, StoreError> {
        self.table.get(&owned_row(owner, label))
    }

    /// What an owner's parcels of a month weigh, in grams.
    pub(crate) fn grams(&self, asked: &OwnerMonth) -> Result<i64, StoreError> {
        let grams = self
            .table
            .get(&weight_row(&asked.owner, (asked.year, asked.month)))?;
        Ok(grams.unwrap_or(0))
    }

    async fn record(&self, mut record: PackageRecord) -> Result<(), Problem> {
        self.context.people.disguise_package(&mut record).await?;
        let entry = self.context.inbox.say(record.clone())?;
        self.context
            .commands
            .submit(Command::RecordPackage(record))
            .await?;
        entry.keep();
        Ok(())
    }
}

/// The service's endpoints.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(
            Endpoint::new("/api/packages")
                .on(Method::PUT, put_new_package)
                .done(),
        )
        .service(
            Endpoint::new("/api/packages/")
                .on(Method::PUT, put_new_package)
                .done(),
        )
        .service(
            Endpoint::new("/api/packages/summary/{ownerId}")
                .on(Method::GET, summarise_packages)
                .done(),
        )
        .service(
            Endpoint::new("/api/packages/{id}")
                .on(Method::GET, get_package)
                .on(Method::PUT, put_package)
                .on(Method::PATCH, patch_package)
                .done(),
        );
}

fn unknown_package() -> Problem {
    Problem::not_found("no package has this id")
}

/// A package.
#[utoipa::path(
    get,
    path = "/api/packages/{id}",
    tag = "Package",
    params(("id" = String, Path, description = "The package")),
    responses(
        (status = 200, description = "The package", body = PackageResponse, headers(("ETag" = String, description = "Its form"))),
        (status = 304, description = "It is as `If-None-Match` says"),
        (status = 404, description = "No package has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_package(
    service: Data<Package>,
    id: web::Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&http);
    let record = service.find(caller.only(), &id)?.ok_or_else(unknown_package)?;
    Ok(etag::show(&http, &PackageResponse::new(&record)))
}

/// Says what a package is.
#[utoipa::path(
    put,
    path = "/api/packages/{id}",
    tag = "Package",
    params(("id" = String, Path, description = "The package")),
    request_body = PutPackageRequest,
    responses(
        (status = 201, description = "Created", body = PackageResponse, headers(("Location" = String, description = "The package"))),
        (status = 204, description = "Replaced"),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The body's id is not the path's", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It is not as `If-Match` or `If-None-Match` says", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put_package(
    service: Data<Package>,
    id: web::Path<String>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let changes = PutPackageRequest::read(&body, Some(&id), service.context.heaviest)?;
    let caller = Caller::of(&http);
    let _editing = service.context.edits.of(&id).await;
    let before = service.find(caller.only(), &id)?;
    etag::check(&http, before.as_ref().map(PackageResponse::new).as_ref())?;
    let is_new = before.is_none();
    let owner = caller.only().map(str::to_owned);
    let owner = owner.or_else(|| before.and_then(|before| before.owner));
    let record = changes.applied_to(empty(id.into_inner(), owner));
    service.record(record.clone()).await?;
    Ok(if is_new {
        created(&record)
    } else {
        HttpResponse::NoContent().finish()
    })
}

/// Says what a package is, and is given an id for it.
#[utoipa::path(
    put,
    path = "/api/packages/",
    tag = "Package",
    request_body = PutPackageRequest,
    responses(
        (status = 201, description = "Created", body = PackageResponse, headers(("Location" = String, description = "The package"))),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put_new_package(
    service: Data<Package>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let changes = PutPackageRequest::read(&body, None, service.context.heaviest)?;
    let owner = Caller::of(&http).only().map(str::to_owned);
    let record = changes.applied_to(empty(Uuid::new_v4().to_string(), owner));
    service.record(record.clone()).await?;
    Ok(created(&record))
}

/// Changes what is said about a package; what is left out stays.
#[utoipa::path(
    patch,
    path = "/api/packages/{id}",
    tag = "Package",
    params(("id" = String, Path, description = "The package")),
    request_body = PatchPackageRequest,
    responses(
        (status = 204, description = "Changed"),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No package has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The body's id is not the path's", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It is not as `If-Match` or `If-None-Match` says", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn patch_package(
    service: Data<Package>,
    id: web::Path<String>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let changes = PackageChanges::read(&body, Some(&id), service.context.heaviest)?;
    let caller = Caller::of(&http);
    let _editing = service.context.edits.of(&id).await;
    let before = service.find(caller.only(), &id)?.ok_or_else(unknown_package)?;
    etag::check(&http, Some(&PackageResponse::new(&before)))?;
    service.record(changes.applied_to(before)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// How much an owner's parcels of a month weigh, without those whose delivery was cancelled.
#[utoipa::path(
    get,
    path = "/api/packages/summary/{ownerId}",
    tag = "Package",
    params(
        ("ownerId" = String, Path, description = "The owner"),
        ("year" = u16, Query, minimum = 1, maximum = 9999, description = "The year, UTC"),
        ("month" = u8, Query, minimum = 1, maximum = 12, description = "The month, 1 to 12"),
    ),
    responses(
        (status = 200, description = "The sum", body = PackageSummaryResponse),
        (status = 400, description = "A parameter is missing or wrong", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn summarise_packages(
    service: Data<Package>,
    owner: web::Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let asked = Query::read(&http)?.owner_and_month(Some(&owner))?;
    let asked = asked.disguised(&service.context.people)?;
    let weight = Kilograms::from_milli(service.grams(&asked)?);
    Ok(HttpResponse::Ok().json(PackageSummaryResponse::new(weight)))
}

fn created(record: &PackageRecord) -> HttpResponse {
    let address = format!("/api/packages/{}", crate::address::segment(&record.label));
    HttpResponse::Created()
        .insert_header((LOCATION, address))
        .json(PackageResponse::new(record))
}

/// A package of which nothing is known.
fn empty(label: String, owner: Option<String>) -> PackageRecord {
    PackageRecord {
        label,
        owner,
        size: PackageSize::default(),
        weight: Kilograms::ZERO,
        tag: None,
    }
}
