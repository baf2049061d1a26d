//! A real browser places a delivery on the page and sees it completed, also where the service dies meanwhile.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::service::{Service, data, parcel, repository};

/// The key that opens everything, where keys are asked for.
const ADMIN: &str = "the-administrators-own-key-0123456789";

/// A town whose map is drawn in no time: no streets, one roof, two drones, two carriers of which one takes what is too heavy for the other,
/// an airfield at its edge, nobody who asks for anything.
const TOWN: &str = r#"
name = "A small town"
seed = 1
start = 2026-05-12T11:00:00+02:00
duration = "2h"

[area]
centre = [45.0, 10.0]
radius = 3_000

[demand]
kind = "uniform"
requests_per_day = 1
weight_kg = { mean = 0.5, max = 1.0 }

[[depots]]
name = "roof"
at = [44.995, 9.988]
pads = 2

[[fleets]]
depot = "roof"
aircraft = "matternet-m2"
count = 2

[weather]
kind = "calm"

[airspace]
airports = { file = "airports.csv", radius = 100 }

[[carriers]]
name = "courier"

[[carriers]]
name = "wagon"
base_usd = 30
payload_max_kg = 40
"#;

/// The town's airfield.
const AIRPORTS: &str = "name,lat,lon\nTown airfield,45.02,10.02\n";

/// Writes the town's scenario and what it names; where it is.
fn found_town(folder: &Path) -> String {
    let town = folder.join("town.toml");
    fs::write(&town, TOWN).expect("there is room");
    fs::write(folder.join("airports.csv"), AIRPORTS).expect("there is room");
    town.to_str().expect("a plain path").to_owned()
}

/// Runs a script of the dashboard's browser tests against a service.
fn browse(script: &str, service: &Service, environment: &[(&str, &str)]) {
    let done = Command::new("npm")
        .args(["--prefix", "web/dashboard", "run", script])
        .current_dir(repository("."))
        .env("SKYHAUL_URL", &service.rest)
        .env("SKYHAUL_SCREENSHOTS", repository("target/screenshots"))
        .envs(environment.iter().copied())
        .output()
        .expect("npm can be started");
    let said = format!(
        "{}\n{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(done.status.success(), "{said}");
}

#[test]
fn a_person_orders_on_the_page_and_sees_the_parcel_arrive() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "60"]);
    browse("e2e", &service, &[]);
}

#[test]
fn an_operator_closes_a_zone_by_drawing_it_and_sees_aircraft_from_elsewhere() {
    let data = data();
    let town = found_town(data.path());
    let aircraft = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let aircraft = aircraft.expect("a port is free").to_string();
    let service = Service::start_with(
        data.path(),
        &["--scenario", &town, "--no-demand"],
        &[("SKYHAUL__MAVLINK__LISTEN", &aircraft)],
    );
    browse("e2e:town", &service, &[("SKYHAUL_MAVLINK", &aircraft)]);
}

#[test]
fn a_customer_orders_with_a_key_and_follows_by_a_link() {
    let data = data();
    let (town, key) = (found_town(data.path()), data.path().join("key"));
    fs::write(&key, ADMIN).expect("there is room");
    let key = key.to_str().expect("a plain path");
    let service = Service::start_with(
        data.path(),
        &["--scenario", &town, "--no-demand"],
        &[
            ("SKYHAUL__AUTH__MODE", "on"),
            ("SKYHAUL__AUTH__ADMIN_KEY_FILE", key),
        ],
    );
    browse("e2e:customer", &service, &[("SKYHAUL_ADMIN", ADMIN)]);
}

#[test]
fn a_page_goes_on_after_kill_9_and_the_past_is_still_there() {
    let data = data();
    let args = ["--speed", "60"];
    let service = Service::start(data.path(), &args);
    let id = service.request_delivery(&parcel());
    service.wait_for_stage(&id, "Completed");
    let config = service.get("/api/config").body;
    let past = format!(
        "/api/playback?from={}&to={}",
        began(&config["now"]),
        text(&config["now"])
    );
    let flown = flights_for(&service, &past, &id);
    assert!(flown.contains(&"pickup".to_owned()) && flown.contains(&"dropoff".to_owned()));
    let mut browser = Command::new("node")
        .arg("web/dashboard/e2e/restart.mjs")
        .current_dir(repository("."))
        .env("SKYHAUL_URL", &service.rest)
        .stdout(Stdio::piped())
        .spawn()
        .expect("node can be started");
    let mut said = BufReader::new(browser.stdout.take().expect("piped")).lines();
    let first = said.next().expect("it says something").expect("in words");
    assert_eq!(first, "live");
    let (rest, telemetry) = (service.rest.clone(), service.telemetry.clone());
    service.kill();
    let service = Service::start_in_place_of((&rest, &telemetry), data.path(), &args);
    let rest = said.map_while(Result::ok).collect::<Vec<_>>().join("\n");
    assert!(browser.wait().expect("it ends").success(), "{rest}");
    assert_eq!(flights_for(&service, &past, &id), flown);
}

/// Fifty minutes of virtual time before an instant.
fn began(now: &serde_json::Value) -> String {
    let now: jiff::Timestamp = text(now).parse().expect("an instant");
    (now - jiff::SignedDuration::from_mins(50)).to_string()
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().expect("a text")
}

/// What the flights for a delivery were for, of those that are over.
fn flights_for(service: &Service, past: &str, delivery: &str) -> Vec<String> {
    let body = service.get(past).body;
    let flights = body["flights"].as_array().expect("a list").iter();
    flights
        .filter(|flight| flight["deliveryId"] == delivery && flight["ended"].is_string())
        .map(|flight| text(&flight["purpose"]).to_owned())
        .collect()
}
