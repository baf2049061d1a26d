//! The event log as its readers see it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::town::{eventful_town, lines, run, verdict};

/// The fields the contract gives each type, besides `seq`, `t` and `type`.
const FIELDS: [(&str, &[&str]); 24] = [
    ("ZoneDeclared", &["zone", "from_t", "to_t"]),
    (
        "DroneCommissioned",
        &[
            "drone",
            "depot",
            "aircraft",
            "at",
            "battery_wh",
            "capacity_wh",
            "reserve_wh",
            "payload_max_kg",
            "speed_max_mps",
        ],
    ),
    (
        "DeliveryRequested",
        &[
            "delivery",
            "package",
            "owner",
            "pickup",
            "dropoff",
            "weight_kg",
            "expedited",
            "deadline_t",
        ],
    ),
    (
        "DroneAssigned",
        &["delivery", "drone", "eta_pickup_t", "eta_dropoff_t"],
    ),
    ("DroneReleased", &["delivery", "drone", "reason"]),
    ("DroneAssignmentRefused", &["delivery", "reason"]),
    (
        "CarrierBooked",
        &["delivery", "carrier", "price_usd", "eta_dropoff_t", "reason"],
    ),
    (
        "CarrierFailed",
        &["delivery", "carrier", "reason", "at", "fee_usd"],
    ),
    (
        "LegStarted",
        &[
            "drone",
            "delivery",
            "purpose",
            "path",
            "path_t",
            "arrives_t",
            "distance_m",
            "payload_kg",
            "energy_wh",
            "battery_wh",
        ],
    ),
    ("LegEnded", &["drone", "delivery", "at", "battery_wh"]),
    ("PackagePickedUp", &["delivery", "package", "at"]),
    ("PackageDroppedOff", &["delivery", "package", "at"]),
    (
        "DeliveryRescheduled",
        &["delivery", "pickup", "dropoff", "deadline_t"],
    ),
    ("DeliveryCompleted", &["delivery", "by"]),
    ("DeliveryCancelled", &["delivery", "reason"]),
    ("ChargeStarted", &["drone", "depot", "battery_wh", "kind"]),
    ("ChargeEnded", &["drone", "depot", "battery_wh", "kind"]),
    ("DroneFailed", &["drone", "reason", "at"]),
    ("DroneRecovered", &["drone", "at", "battery_wh"]),
    ("LinkLost", &["drone", "at"]),
    ("LinkRestored", &["drone"]),
    ("DroneMoved", &["drone", "depot"]),
    ("ActorRestarted", &["actor", "cause"]),
    ("RunEnded", &["digest", "state_digest"]),
];

fn keys(line: &Value) -> BTreeSet<&str> {
    line.as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn an_eventful_day_breaks_no_invariant() {
    let recorded = run(eventful_town(7), 8);
    assert_eq!(recorded.violations, []);
    assert_eq!(recorded.summary.invariant_violations, 0);
    assert_eq!(verdict(&recorded.out).count, 0);
}

#[test]
fn every_line_has_the_fields_that_were_promised() {
    let log = lines(&run(eventful_town(7), 8).out);
    let promised: BTreeMap<_, _> = FIELDS.into_iter().collect();
    let mut seen = BTreeSet::new();
    for line in &log {
        let kind = line["type"].as_str().expect("a type");
        let fields = promised
            .get(kind)
            .unwrap_or_else(|| panic!("{kind} is in no contract"));
        let keys = keys(line);
        let missing: Vec<_> = fields.iter().filter(|field| !keys.contains(*field)).collect();
        assert!(missing.is_empty(), "{kind} lacks {missing:?}");
        match kind {
            "ZoneDeclared" => assert!(keys.contains("circle") != keys.contains("polygon")),
            "PackagePickedUp" | "PackageDroppedOff" => {
                assert!(keys.contains("drone") != keys.contains("carrier"));
                assert!(line["package"].as_str().expect("a label").starts_with("parcel-"));
            }
            _ => {}
        }
        seen.insert(kind);
    }
    assert!(seen.len() >= 18, "the day was not eventful: {seen:?}");
}

#[test]
fn the_log_opens_with_the_world_and_closes_with_its_end() {
    let log = lines(&run(eventful_town(7), 1).out);
    let kinds: Vec<&str> = log
        .iter()
        .map(|line| line["type"].as_str().expect("a type"))
        .collect();
    assert_eq!(kinds[..2], ["ZoneDeclared"; 2]);
    assert_eq!(kinds[2..8], ["DroneCommissioned"; 6]);
    assert_eq!(kinds.iter().filter(|kind| **kind == "RunEnded").count(), 1);
    let end = log.last().expect("a line");
    assert_eq!(
        (&end["type"], &end["t"]),
        (&Value::from("RunEnded"), &Value::from(3_600.0))
    );
}

#[test]
fn names_are_escaped_and_numbers_have_all_their_places() {
    let log = run(eventful_town(7), 2).out;
    let text = String::from_utf8(log).expect("text");
    assert!(text.contains(r#""carrier":"van \"blue\"""#));
    assert!(text.starts_with("{\"seq\":0,\"t\":0.000000,\"type\":\"ZoneDeclared\",\"zone\":\"field\",\"circle\":[43.7834898,11.2500000,500.000]"));
}

#[test]
fn equal_seeds_give_equal_bytes_and_other_seeds_do_not() {
    let [first, second, other] = [7, 7, 8].map(|seed| run(eventful_town(seed), 8));
    assert!(first.out == second.out);
    assert_eq!(first.summary, second.summary);
    assert_ne!(first.summary.digest, other.summary.digest);
    assert_ne!(first.summary.state_digest, other.summary.state_digest);
}
