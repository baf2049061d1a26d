//! The weather that flights go through now.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{Data, ServiceConfig};
use serde::Serialize;
use skyhaul_actors::environment::Weather;
use utoipa::ToSchema;

use super::Operations;
use crate::http::endpoint::Endpoint;

/// The endpoint.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(Endpoint::new("/api/weather").on(Method::GET, get_weather).done());
}

/// The weather now, the same everywhere in the area.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WeatherResponse {
    /// Wind speed at flight level, metres a second.
    wind_mps: f64,
    /// Where the wind comes from, degrees clockwise from north.
    wind_from_deg: f64,
    /// Peak gust at flight level, metres a second: never less than the wind.
    gust_mps: f64,
    /// Rain, millimetres an hour.
    rain_mm_h: f64,
    /// How far one sees, metres; null where nothing is said of it.
    visibility_m: Option<f64>,
    /// Temperature at the ground, °C.
    temperature_c: f64,
    /// When it changes next, virtual time; null where it never does.
    changes_at: Option<String>,
}

impl WeatherResponse {
    fn new(weather: &Weather, changes_at: Option<String>) -> Self {
        Self {
            wind_mps: weather.wind_mps,
            wind_from_deg: weather.wind_from_deg,
            gust_mps: weather.gust_mps.max(weather.wind_mps),
            rain_mm_h: weather.rain_mm_h,
            visibility_m: Some(weather.visibility_m).filter(|metres| metres.is_finite()),
            temperature_c: weather.temperature_c,
            changes_at,
        }
    }
}

/// The weather that flights take off in now, as the scenario plans it.
#[utoipa::path(get, path = "/api/weather", tag = "Operations", responses((status = 200, description = "The weather", body = WeatherResponse)))]
pub(crate) async fn get_weather(service: Data<Operations>) -> HttpResponse {
    let context = &service.context;
    let now = context.clock.now();
    let series = context.environment.weather.highest();
    let changes_at = series.next_change(now).map(|at| context.calendar.text(at));
    HttpResponse::Ok().json(WeatherResponse::new(series.at(now), changes_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gusts_are_no_weaker_than_the_wind_and_endless_sight_is_none() {
        let windy = WeatherResponse::new(&Weather::windy(7.5, 315.0), None);
        assert_eq!((windy.gust_mps, windy.wind_from_deg), (7.5, 315.0));
        let misty = Weather {
            gust_mps: 9.0,
            visibility_m: 800.0,
            ..Weather::windy(7.5, 315.0)
        };
        let misty = WeatherResponse::new(&misty, None);
        assert_eq!((misty.gust_mps, misty.visibility_m), (9.0, Some(800.0)));
        assert_eq!(windy.visibility_m, None);
    }
}
