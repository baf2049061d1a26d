//! The interface described by itself: the OpenAPI document, the pages that show it, and telemetry's description beside it.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use skyhaul_telemetry::ASYNCAPI;
use utoipa::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::http::endpoint::Endpoint;
use crate::{
    account, carrier, delivery, drone, gateway, health, ingestion, notification, operations, package, people,
    quote,
};

/// The interface.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Skyhaul",
        description = "Drone delivery: requests, deliveries as they fly, packages, drones, carriers.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact()
    ),
    paths(
        ingestion::create_delivery,
        ingestion::reschedule_delivery,
        ingestion::cancel_delivery,
        delivery::get_delivery,
        delivery::get_owner,
        delivery::get_status,
        delivery::get_history,
        delivery::events::follow_delivery,
        delivery::list_deliveries,
        delivery::summarise,
        delivery::track::get_track,
        delivery::link::make_link,
        delivery::link::list_links,
        delivery::link::revoke_links,
        delivery::link::revoke_link,
        delivery::write::put_delivery,
        delivery::write::patch_delivery,
        delivery::write::delete_delivery,
        delivery::retry::retry_delivery,
        delivery::confirmation::confirm_delivery,
        delivery::confirmation::get_confirmations,
        notification::request::notify_me,
        notification::request::list_notifications,
        package::get_package,
        package::put_package,
        package::put_new_package,
        package::patch_package,
        package::summarise_packages,
        drone::list_drones,
        drone::map_drones,
        drone::remote_id::remote_id,
        drone::get_drone,
        drone::get_utilization,
        drone::assignment::put_drone_delivery,
        drone::assignment::delete_drone_delivery,
        carrier::assess_transport,
        carrier::get_booking,
        carrier::list_carriers,
        account::is_active,
        account::open_account,
        account::get_account,
        account::change_account,
        account::issue_key,
        account::revoke_key,
        gateway::invoice::get_invoice,
        quote::quote,
        operations::get_config,
        operations::simulation::get_simulation,
        operations::simulation::pause,
        operations::simulation::resume,
        operations::simulation::step,
        operations::simulation::set_speed,
        operations::simulation::list_parked,
        operations::simulation::list_dead_letters,
        operations::simulation::list_actions,
        operations::depots::list_depots,
        operations::depots::ground_depot,
        operations::depots::release_depot,
        operations::depots::recall_drone,
        operations::zones::map_zones,
        operations::zones::declare_zone,
        operations::zones::lift_zone,
        operations::alerts::list_alerts,
        operations::alerts::acknowledge_alert,
        operations::audit::list_audit,
        operations::places::list_places,
        operations::landmarks::map_landmarks,
        operations::performance::get_performance,
        operations::weather::get_weather,
        drone::past::play_back,
        asyncapi,
        people::erasure::erase,
        health::probe,
        health::healthz,
        health::readyz,
        health::metrics,
    )
)]
pub(crate) struct Interface;

/// The endpoint of telemetry's description.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.service(Endpoint::new("/asyncapi.json").on(Method::GET, asyncapi).done());
}

/// Telemetry's socket, described by AsyncAPI 3: what clients say, and what they are told.
#[utoipa::path(get, path = "/asyncapi.json", tag = "Operations", responses((status = 200, description = "The AsyncAPI document", body = Object)))]
pub(crate) async fn asyncapi() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(ASYNCAPI)
}

/// The pages that show the interface, and the document they read. They ask nobody else whether it is valid.
pub(crate) fn pages() -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}")
        .url("/openapi.json", Interface::openapi())
        .config(Config::default().validator_url("none"))
}
