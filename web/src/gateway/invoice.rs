//! Invoices: what an owner owes for a month, from what three services have counted. One that cannot answer is named, and the rest is shown.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::join3;
use serde::Serialize;
use serde_json::Number;
use skyhaul_actors::account::PricePlan;
use skyhaul_engine::units::Kilograms;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::account::Accounts;
use crate::delivery::Delivery;
use crate::drone::Drones;
use crate::drone::shown::UtilizationResponse;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Named as _, json_number};
use crate::http::problem::Problem;
use crate::http::query::{OwnerMonth, Query};
use crate::package::Package;
use crate::people::People;
use crate::ports::StoreError;

/// How long a service may take. They read one row each; what takes longer than this is a disk that hangs.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Millimetres of a statute mile.
const MILE_MM: i128 = 1_609_344;

/// Grams of a kilogram.
const KILOGRAM_G: i128 = 1_000;

/// What a plan asks for, in cents of a dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prices {
    /// Each delivery.
    base: i128,
    /// Each mile that a drone flew for it.
    mile: i128,
    /// Each kilogram that was carried.
    kilogram: i128,
}

const fn prices(plan: PricePlan) -> Prices {
    let (base, mile, kilogram) = match plan {
        PricePlan::Standard => (490, 60, 50),
        PricePlan::Business => (390, 45, 40),
        PricePlan::Enterprise => (290, 30, 30),
    };
    Prices { base, mile, kilogram }
}

/// What an owner owes for a month.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvoiceResponse {
    /// Whose.
    owner_id: String,
    /// The year, UTC.
    year: u16,
    /// The month, 1 to 12.
    month: u8,
    /// Deliveries asked for and not cancelled; null where the delivery service did not answer.
    deliveries: Option<InvoicedDeliveries>,
    /// What they weigh; null where the package service did not answer.
    packages: Option<InvoicedPackages>,
    /// What was flown for them; null where the drone scheduler did not answer.
    drones: Option<UtilizationResponse>,
    /// What it comes to.
    amount: InvoiceAmount,
    /// The services that did not answer: `deliveries`, `packages`, `drones`. Ask again for a whole invoice.
    missing: Vec<&'static str>,
}

/// How many deliveries.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct InvoicedDeliveries {
    /// How many.
    count: i64,
}

/// How heavy.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvoicedPackages {
    /// Kilograms.
    #[schema(value_type = f64)]
    total_weight: Option<Number>,
}

/// What it comes to, in dollars. Parts that a missing service would have told are null, and so is the total then.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct InvoiceAmount {
    /// `USD`.
    currency: &'static str,
    /// What the owner's account pays by; owners without one pay by `Standard`.
    plan: &'static str,
    /// For each delivery.
    #[schema(value_type = Option<f64>)]
    base: Option<Number>,
    /// For the miles flown.
    #[schema(value_type = Option<f64>)]
    distance: Option<Number>,
    /// For the weight.
    #[schema(value_type = Option<f64>)]
    weight: Option<Number>,
    /// Together.
    #[schema(value_type = Option<f64>)]
    total: Option<Number>,
}

impl InvoiceAmount {
    /// What so many deliveries, so much weight and so many miles come to.
    pub(crate) fn new(
        plan: PricePlan,
        count: Option<i64>,
        grams: Option<i64>,
        millimetres: Option<i64>,
    ) -> Self {
        let prices = prices(plan);
        let base = count.map(|count| i128::from(count) * prices.base);
        let distance = millimetres.map(|length| rounded(i128::from(length) * prices.mile, MILE_MM));
        let weight = grams.map(|grams| rounded(i128::from(grams) * prices.kilogram, KILOGRAM_G));
        let total = base.zip(distance).zip(weight);
        Self {
            currency: "USD",
            plan: plan.name(),
            base: base.and_then(dollars),
            distance: distance.and_then(dollars),
            weight: weight.and_then(dollars),
            total: total.and_then(|((base, distance), weight)| dollars(base + distance + weight)),
        }
    }
}

impl InvoiceAmount {
    /// Together, where nothing is missing.
    pub(crate) fn total(&self) -> Option<Number> {
        self.total.clone()
    }
}

/// The nearest whole number of cents; half a cent counts as one.
const fn rounded(numerator: i128, denominator: i128) -> i128 {
    (numerator + denominator / 2).div_euclid(denominator)
}

/// Cents as dollars; below 2⁵³ cents an amount is shown exactly.
fn dollars(cents: i128) -> Option<Number> {
    json_number(cents as f64 / 100.0)
}

/// The endpoint.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.service(Endpoint::new("/api/invoices").on(Method::GET, get_invoice).done());
}

/// What an owner owes for a month: a price for each delivery, each mile flown and each kilogram, by the plan of the owner's account.
#[utoipa::path(
    get,
    path = "/api/invoices",
    tag = "Gateway",
    params(
        ("ownerId" = String, Query, min_length = 1, description = "The owner"),
        ("year" = u16, Query, minimum = 1, maximum = 9999, description = "The year, UTC"),
        ("month" = u8, Query, minimum = 1, maximum = 12, description = "The month, 1 to 12"),
    ),
    responses(
        (status = 200, description = "The invoice, or as much of it as could be told", body = InvoiceResponse),
        (status = 400, description = "A parameter is missing or wrong", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_invoice(
    accounts: Data<Accounts>,
    deliveries: Data<Delivery>,
    packages: Data<Package>,
    drones: Data<Drones>,
    people: Data<People>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let said = Query::read(&http)?.owner_and_month(None)?;
    let asked = Arc::new(said.clone().disguised(&people)?);
    let plan = accounts
        .register()
        .of_owner(&asked.owner)
        .map(|account| account.plan);
    let (count, grams, flown) = join3(
        ask("deliveries", &asked, move |asked| deliveries.count(asked)),
        ask("packages", &asked, move |asked| packages.grams(asked)),
        ask("drones", &asked, move |asked| drones.flown(asked)),
    )
    .await;
    let missing = [
        ("deliveries", count.is_none()),
        ("packages", grams.is_none()),
        ("drones", flown.is_none()),
    ];
    let missing = missing.iter().filter(|(_, is_missing)| *is_missing);
    let amount = InvoiceAmount::new(
        plan.unwrap_or_default(),
        count,
        grams,
        flown.map(|(millimetres, _)| millimetres),
    );
    Ok(HttpResponse::Ok().json(InvoiceResponse {
        owner_id: said.owner,
        year: asked.year,
        month: asked.month,
        deliveries: count.map(|count| InvoicedDeliveries { count }),
        packages: grams.map(|grams| InvoicedPackages {
            total_weight: json_number(Kilograms::from_milli(grams).get()),
        }),
        drones: flown.map(|(millimetres, micros)| UtilizationResponse::new(millimetres, micros)),
        amount,
        missing: missing.map(|(name, _)| *name).collect(),
    }))
}

/// Asks a service on a thread of its own; what fails or takes too long is logged and missing.
async fn ask<T: Send + 'static>(
    service: &'static str,
    asked: &Arc<OwnerMonth>,
    read: impl FnOnce(&OwnerMonth) -> Result<T, StoreError> + Send + 'static,
) -> Option<T> {
    let asked = Arc::clone(asked);
    match timeout(ANSWER_WITHIN, web::block(move || read(&asked))).await {
        Ok(Ok(Ok(told))) => Some(told),
        Ok(Ok(Err(failure))) => {
            tracing::warn!(service, %failure, "an invoice lacks what a service did not tell");
            None
        }
        Ok(Err(_)) | Err(_) => {
            tracing::warn!(service, "an invoice lacks what a service did not tell in time");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(amount: &InvoiceAmount) -> serde_json::Value {
        serde_json::to_value(amount).expect("JSON")
    }

    #[test]
    fn each_delivery_mile_and_kilogram_has_its_price() {
        let amount = InvoiceAmount::new(PricePlan::Standard, Some(2), Some(2_500), Some(16_093_440));
        assert_eq!(
            shown(&amount),
            json!({"currency": "USD", "plan": "Standard", "base": 9.8, "distance": 6, "weight": 1.25, "total": 17.05})
        );
    }

    #[test]
    fn what_is_missing_is_neither_priced_nor_summed() {
        let amount = InvoiceAmount::new(PricePlan::Business, Some(1), None, Some(0));
        assert_eq!(
            shown(&amount),
            json!({"currency": "USD", "plan": "Business", "base": 3.9, "distance": 0, "weight": null, "total": null})
        );
    }

    #[test]
    fn half_a_cent_counts_as_one() {
        assert_eq!((rounded(1, 2), rounded(499, 1_000), rounded(0, 7)), (1, 0, 0));
    }
}
