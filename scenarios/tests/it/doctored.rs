//! Logs of a real run, doctored: for every clause of what readers may rely on, exactly its checker objects.

use proptest::prelude::*;
use serde_json::{Value, json};

use self::forgery::{Log, digest, number, objections};
use crate::town::verdict;

mod forgery;

/// The point so many degrees north of another.
fn north_of(point: &Value, degrees: f64) -> Value {
    json!([number(&point[0]) + degrees, point[1]])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a log holds, the checkers read it to its end.
    #[test]
    fn no_damage_brings_the_checkers_down(
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..6_usize), 1..200),
    ) {
        let mut log = Log::good();
        for (line, field, value) in damages {
            let count = log.0.len();
            let line = log.0[line.index(count)].as_object_mut().expect("an object");
            let keys: Vec<String> = line.keys().filter(|key| *key != "type").cloned().collect();
            let values = [json!(-1e300), json!(u64::MAX), json!([]), json!([[90.0, 180.0], [-90.0, -180.0]]), json!(null), json!([1e300, -0.5])];
            line.insert(keys[field.index(keys.len())].clone(), values[value].clone());
        }
        let bytes: Vec<u8> = log.0.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect();
        prop_assert!(verdict(&bytes).count > 0);
    }
}

#[test]
fn a_log_that_nobody_doctored_passes() {
    assert_eq!(Log::good().objections(), [""; 0]);
}

#[test]
fn lines_are_numbered_without_a_gap() {
    let log = Log::good().sealed();
    let text = String::from_utf8(log)
        .expect("text")
        .replacen("\"seq\":9,", "\"seq\":90,", 1);
    let (body, end) = text.rsplit_once("{\"digest\"").expect("the end");
    let end: Value = serde_json::from_str(&format!("{{\"digest\"{end}")).expect("JSON");
    let mut doctored = body.as_bytes().to_vec();
    let mut end = end;
    end["digest"] = json!(digest(&doctored));
    doctored.extend(format!("{end}\n").into_bytes());
    assert_eq!(objections(&doctored), ["EV-1"]);
}

#[test]
fn time_never_goes_back() {
    let mut log = Log::good();
    let line = log.find("ActorRestarted", |line| number(&line["t"]) > 100.0);
    log.add(line, "t", -50.0);
    assert_eq!(log.objections(), ["EV-2"]);
}

#[test]
fn every_line_has_the_fields_of_its_type() {
    let mut log = Log::good();
    let line = log.find("DroneAssignmentRefused", |_| true);
    log.0[line].as_object_mut().expect("an object").remove("reason");
    assert_eq!(log.objections(), ["EV-3"]);
}

#[test]
fn the_digest_is_that_of_all_bytes_before() {
    let mut log = Log::good().sealed();
    let at = log
        .windows(8)
        .position(|bytes| bytes == b"parcel-7")
        .expect("a parcel");
    log[at + 7] = b'8';
    assert_eq!(objections(&log), ["EV-4"]);
}

#[test]
fn a_log_that_breaks_off_is_not_a_whole_one() {
    let mut log = Log::good();
    log.0.pop();
    assert_eq!(log.objections(), ["EV-4"]);
}

#[test]
fn nothing_is_said_of_who_is_not_there() {
    let mut log = Log::good();
    let line = log.find("DroneAssignmentRefused", |_| true);
    log.set(line, "delivery", json!("00000000-0000-4000-8000-000000000000"));
    assert_eq!(log.objections(), ["EV-5"]);
    let mut log = Log::good();
    let end = log.find("RunEnded", |_| true);
    let mut stray = log.0[log.find("ChargeStarted", |_| true)].clone();
    stray["drone"] = json!("drone-99");
    log.insert(end, stray);
    assert_eq!(log.objections(), ["EV-5"]);
}

#[test]
fn a_drone_that_stands_all_day_is_looked_at_as_any_other() {
    let mut log = Log::good();
    let end = log.find("RunEnded", |_| true);
    let mut idle = log.0[log.find("DroneCommissioned", |_| true)].clone();
    idle["drone"] = json!("drone-99");
    let mut moved = idle.clone();
    moved["type"] = json!("DroneMoved");
    let mut overfull = idle.clone();
    overfull["battery_wh"] = json!(1e6);
    for (lines, objections) in [
        (vec![idle.clone()], vec![]),
        (vec![idle.clone(), moved.clone()], vec![]),
        (vec![moved], vec!["EV-5"]),
        (vec![idle.clone(), idle], vec!["EV-5"]),
        (vec![overfull], vec!["BT-1"]),
    ] {
        let mut doctored = log.clone();
        for line in lines.into_iter().rev() {
            doctored.insert(end, line);
        }
        assert_eq!(doctored.objections(), objections);
    }
    log.0.remove(log.find("DroneCommissioned", |_| true));
    assert!(log.objections().contains(&"EV-5"));
}

#[test]
fn a_delivery_ends_once() {
    let mut log = Log::good();
    let line = log.find("DeliveryCompleted", |_| true);
    let twice = log.0[line].clone();
    log.insert(line + 1, twice);
    assert_eq!(log.objections(), ["SG-1"]);
    let mut log = Log::good();
    let line = log.find("DeliveryCompleted", |_| true);
    let cancelled =
        json!({"type": "DeliveryCancelled", "delivery": log.0[line]["delivery"], "reason": "requested"});
    log.insert(line + 1, cancelled);
    assert_eq!(log.objections(), ["SG-1"]);
}

#[test]
fn a_delivery_whose_parcel_arrived_does_not_stay_open() {
    let mut log = Log::good();
    let line = log.find("DeliveryCompleted", |_| true);
    log.0.remove(line);
    assert_eq!(log.objections(), ["SG-1"]);
}

#[test]
fn a_parcel_is_in_one_place() {
    let mut log = Log::good();
    let line = log.find("PackagePickedUp", |line| line["carrier"].is_string());
    let twice = log.0[line].clone();
    log.insert(line + 1, twice);
    assert_eq!(log.objections(), ["PK-1"]);
    let mut log = Log::good();
    let line = log.find("PackagePickedUp", |line| line["carrier"].is_string());
    log.0.remove(line);
    assert_eq!(log.objections(), ["PK-1"]);
}

#[test]
fn a_parcel_changes_hands_near_its_place() {
    for kind in ["PackagePickedUp", "PackageDroppedOff"] {
        let mut log = Log::good();
        let line = log.find(kind, |line| line["carrier"].is_string());
        let away = north_of(&log.0[line]["at"], 0.002);
        log.set(line, "at", away);
        assert_eq!(log.objections(), ["PK-2"]);
    }
}

#[test]
fn whoever_has_the_delivery_brings_it() {
    let mut log = Log::good();
    let dropped = log.find("PackageDroppedOff", |line| line["carrier"].is_string());
    let delivery = log.0[dropped]["delivery"].clone();
    let picked = log.find("PackagePickedUp", |line| line["delivery"] == delivery);
    for line in [picked, dropped] {
        log.set(line, "carrier", json!("somebody"));
    }
    assert_eq!(log.objections(), ["PK-3"]);
    let mut log = Log::good();
    let line = log.find("DeliveryCompleted", |line| line["by"] == "carrier");
    log.set(line, "by", json!("drone"));
    assert_eq!(log.objections(), ["PK-3"]);
}

#[test]
fn a_drone_takes_a_parcel_on_the_ground() {
    let mut log = Log::good();
    let (_, landed) = log.whole_leg("pickup");
    let picked = log.next_of_drone(landed, "PackagePickedUp");
    let line = log.0.remove(picked);
    log.insert(landed, line);
    assert_eq!(log.objections(), ["PK-4"]);
}

#[test]
fn a_drone_has_one_delivery_at_a_time() {
    let mut log = Log::good();
    let (start, _) = log.whole_leg("pickup");
    let drone = log.0[start]["drone"].clone();
    let request = log.find_from(start, "DeliveryRequested", |_| true);
    let delivery = log.0[request]["delivery"].clone();
    let released =
        json!({"type": "DroneReleased", "delivery": delivery, "drone": drone, "reason": "rescheduled"});
    let assigned = json!({
        "type": "DroneAssigned", "delivery": delivery, "drone": drone, "eta_pickup_t": 0.0, "eta_dropoff_t": 0.0
    });
    log.insert(request + 1, released);
    log.insert(request + 1, assigned);
    assert_eq!(log.objections(), ["DR-1"]);
}

#[test]
fn a_drone_starts_where_it_last_was() {
    let mut log = Log::good();
    let line = log.find("DroneCommissioned", |_| true);
    let away = north_of(&log.0[line]["at"], 0.01);
    log.set(line, "at", away);
    assert_eq!(log.objections(), ["DR-2"]);
}

#[test]
fn a_drone_keeps_to_its_greatest_speed() {
    let mut log = Log::good();
    log.set_all("DroneCommissioned", "speed_max_mps", &json!(24.0));
    assert_eq!(log.objections(), ["DR-3"]);
}

#[test]
fn a_drone_keeps_to_the_times_of_its_path() {
    let mut log = Log::good();
    let failed = log.find("DroneFailed", |line| {
        let leg = log
            .0
            .iter()
            .find(|leg| leg["type"] == "LegEnded" && leg["t"] == line["t"]);
        leg.is_some_and(|leg| leg["drone"] == line["drone"])
    });
    let drone = log.0[failed]["drone"].clone();
    let start = (0..failed)
        .rev()
        .find(|line| log.0[*line]["type"] == "LegStarted" && log.0[*line]["drone"] == drone);
    let start = start.expect("it flew");
    log.0[start]["path_t"][1] = log.0[start]["path_t"][0].clone();
    assert_eq!(log.objections(), ["DR-4"]);
}

#[test]
fn a_drone_lands_when_it_said() {
    let mut log = Log::good();
    let (start, _) = log.whole_leg("return");
    log.add(start, "arrives_t", -1.0);
    let last = log.0[start]["path_t"].as_array().expect("times").len() - 1;
    log.0[start]["path_t"][last] = log.0[start]["arrives_t"].clone();
    assert_eq!(log.objections(), ["DR-4"]);
}

#[test]
fn a_link_is_lost_in_the_air_and_restored_in_turn() {
    let change = |kind: &str, drone: &Value| json!({"type": kind, "drone": drone, "at": [43.77, 11.25]});
    let log = Log::good();
    let (start, end) = log.whole_leg("pickup");
    let drone = log.0[start]["drone"].clone();
    let doctored = |changes: &[(usize, &str)]| {
        let mut log = log.clone();
        for (line, kind) in changes.iter().rev() {
            log.insert(*line, change(kind, &drone));
        }
        log.objections()
    };
    let in_turn = [(start + 1, "LinkLost"), (end, "LinkRestored")];
    assert_eq!(doctored(&in_turn), [""; 0]);
    assert_eq!(doctored(&[(start, "LinkLost"), (end, "LinkRestored")]), ["LK-1"]);
    assert_eq!(doctored(&[(end, "LinkRestored")]), ["LK-1"]);
    assert_eq!(
        doctored(&[(start + 1, "LinkLost"), (start + 1, "LinkLost")]),
        ["LK-1"]
    );
}

#[test]
fn drones_give_a_delivery_back_so_often_and_no_more() {
    let log = Log::good();
    let assigned = log.find("DroneAssigned", |_| true);
    let given = log.0[assigned].clone();
    let released = |reason: &str| json!({"type": "DroneReleased", "delivery": given["delivery"], "drone": given["drone"], "reason": reason});
    let tried = |reason: &str, times: usize, refused: bool| {
        let mut log = log.clone();
        if refused {
            let why = "givenBackTooOften";
            let line =
                json!({"type": "DroneAssignmentRefused", "delivery": given["delivery"], "reason": why});
            log.insert(assigned, line);
        }
        for _ in 0..times {
            log.insert(assigned, released(reason));
            log.insert(assigned, given.clone());
        }
        log.objections()
    };
    assert_eq!(tried("linkLost", 4, false), [""; 0]);
    assert_eq!(tried("linkLost", 5, false), ["SG-3"]);
    assert_eq!(tried("recalled", 5, false), [""; 0]);
    assert_eq!(tried("noFlyZone", 4, true), ["SG-3"]);
}

#[test]
fn a_failed_drone_does_not_fly() {
    let mut log = Log::good();
    let first = log.find("DroneAssigned", |_| true);
    let drone = log.0[first]["drone"].clone();
    let home = log.0[log.find("DroneCommissioned", |line| line["drone"] == drone)]["at"].clone();
    let failed = json!({"type": "DroneFailed", "drone": drone, "reason": "mechanical", "at": home});
    log.insert(first, failed);
    assert_eq!(log.objections(), ["DR-5"]);
}

#[test]
fn a_drone_carries_no_more_than_it_may() {
    let mut log = Log::good();
    log.set_all("DroneCommissioned", "payload_max_kg", &json!(0.4));
    assert_eq!(log.objections(), ["DR-6"]);
}

#[test]
fn a_drone_says_what_it_carries() {
    let mut log = Log::good();
    let (start, _) = log.whole_leg("dropoff");
    log.set(start, "payload_kg", json!(0.0));
    assert_eq!(log.objections(), ["DR-6"]);
}

#[test]
fn a_drone_flies_one_leg_at_a_time() {
    let mut log = Log::good();
    let (start, _) = log.whole_leg("dropoff");
    let twice = log.0[start].clone();
    log.insert(start, twice);
    assert_eq!(log.objections(), ["DR-7"]);
}

#[test]
fn a_drone_does_not_stop_in_the_air() {
    let mut log = Log::good();
    let (start, _) = log.whole_leg("return");
    log.add(start, "arrives_t", 30.0);
    let last = log.0[start]["path_t"].as_array().expect("times").len() - 1;
    log.0[start]["path_t"][last] = log.0[start]["arrives_t"].clone();
    assert_eq!(log.objections(), ["DR-7"]);
}

#[test]
fn a_path_is_as_long_as_it_says() {
    let mut log = Log::good();
    let (start, _) = log.whole_leg("dropoff");
    log.add(start, "distance_m", 10.0);
    assert_eq!(log.objections(), ["DR-8"]);
}

#[test]
fn no_drone_flies_through_a_circle_in_force() {
    let mut log = Log::good();
    let zone = log.find("ZoneDeclared", |line| line["circle"].is_array());
    let (start, _) = log.whole_leg("dropoff");
    let on_the_way = log.0[start]["path"][2].clone();
    log.set(zone, "circle", json!([on_the_way[0], on_the_way[1], 5.0]));
    assert_eq!(log.objections(), ["AS-1"]);
}

#[test]
fn no_drone_flies_through_a_polygon_in_force_and_only_then_it_counts() {
    let mut log = Log::good();
    let zone = log.find("ZoneDeclared", |line| line["polygon"].is_array());
    let (start, end) = log.whole_leg("dropoff");
    let (lat, lon) = (
        number(&log.0[start]["path"][0][0]),
        number(&log.0[start]["path"][0][1]),
    );
    let narrow = json!([
        [lat + 0.0001, lon - 0.1],
        [lat + 0.0001, lon + 0.1],
        [lat - 0.0001, lon]
    ]);
    log.set(zone, "polygon", narrow);
    assert_eq!(log.clone().objections(), ["AS-1"]);
    let (takes_off, lands) = (log.0[start]["t"].clone(), log.0[end]["t"].clone());
    let mut in_force = log.clone();
    (in_force.0[zone]["from_t"], in_force.0[zone]["to_t"]) = (takes_off, lands);
    assert_eq!(in_force.objections(), ["AS-1"]);
    log.0[zone]["to_t"] = log.0[log.find("LegStarted", |_| true)]["t"].clone();
    assert_eq!(log.objections(), [""; 0], "it was lifted before anyone flew");
}

#[test]
fn a_zone_counts_from_when_it_is_declared() {
    let mut log = Log::good();
    let zone = log.find("ZoneDeclared", |line| line["circle"].is_array());
    let mut wide = log.0.remove(zone);
    wide["circle"][2] = json!(20_000.0);
    let end = log.find("RunEnded", |_| true);
    let mut late = log.clone();
    late.insert(end, wide.clone());
    assert_eq!(late.objections(), [""; 0]);
    let (start, _) = log.whole_leg("dropoff");
    log.insert(start, wide);
    assert_eq!(log.objections(), ["AS-1"]);
}

#[test]
fn a_battery_holds_no_more_than_its_capacity_and_no_less_than_nothing() {
    let mut log = Log::good();
    log.set_all("DroneCommissioned", "capacity_wh", &json!(480.0));
    assert_eq!(log.objections(), ["BT-1"]);
}

#[test]
fn a_drone_lands_above_its_reserve() {
    let mut log = Log::good();
    log.set_all("DroneCommissioned", "reserve_wh", &json!(499.0));
    assert_eq!(log.objections(), ["BT-2"]);
}

#[test]
fn energies_add_up_from_leg_to_leg() {
    let mut log = Log::good();
    let (start, _) = log.whole_leg("dropoff");
    log.add(start, "energy_wh", 0.001);
    assert_eq!(log.objections(), ["BT-3"]);
    let mut log = Log::good();
    let (_, end) = log.whole_leg("return");
    log.add(end, "battery_wh", 0.001);
    assert_eq!(log.objections(), ["BT-3"]);
}

#[test]
fn a_grounded_depots_drones_stay_on_the_ground_and_groundings_come_in_turn() {
    let said = |kind: &str, t: &Value, depot: &Value| json!({ "type": kind, "t": t, "depot": depot, "reason": "wind" });
    let mut log = Log::good();
    let takes_off = log.find("LegStarted", |line| line["purpose"] == "pickup");
    let (t, drone) = (log.0[takes_off]["t"].clone(), log.0[takes_off]["drone"].clone());
    let commissioned = log.find("DroneCommissioned", |line| line["drone"] == drone);
    let depot = log.0[commissioned]["depot"].clone();
    log.insert(takes_off + 1, said("FleetReleased", &t, &depot));
    log.insert(takes_off, said("FleetGrounded", &t, &depot));
    assert_eq!(log.objections(), ["WX-2"]);
    for kinds in [&["FleetReleased"][..], &["FleetGrounded", "FleetGrounded"]] {
        let mut log = Log::good();
        let last = log.0.len() - 1;
        let t = log.0[last]["t"].clone();
        for (place, kind) in kinds.iter().enumerate() {
            log.insert(last + place, said(kind, &t, &depot));
        }
        assert_eq!(log.objections(), ["WX-1"]);
    }
}
