//! Reads binary frames by `PROTOCOL.md`, as a client would; what legs and fixes say is turned into the protocol's JSON, to be compared.

use serde_json::{Value, json};
use skyhaul_actors::environment::Epoch;
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_actors::stage::Stage;

use crate::frame::rfc3339;
use crate::view::DroneState;

/// Marks a fix of an aircraft that is no drone of the fleet.
const EXTERNAL: u32 = 0x400;

/// Marks a fix that is the last word of a drone whose link is lost, or of an external that has fallen silent.
const STALE: u32 = 0x800;

/// A battery of which nothing is known.
const NO_BATTERY: f64 = 65_535.0;

const PURPOSES: [&str; 5] = ["pickup", "dropoff", "return", "reposition", "divert"];

/// A frame, read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) flags: u8,
    pub(crate) cell: (u8, u32),
    pub(crate) epoch: u32,
    pub(crate) tick: u32,
    pub(crate) now: String,
    pub(crate) body: Body,
}

/// What it says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Clock(f64),
    View {
        id: String,
        seq: u32,
        frames: u32,
        left: Vec<(u8, u32)>,
    },
    /// A keyframe or a delta: who is gone, and who is there, with what is said of them.
    Cell {
        is_whole: bool,
        gone: Vec<u32>,
        drones: Vec<(u32, Drone)>,
    },
    /// As the JSON form has it.
    Json(Value),
}

/// What is said of a drone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drone {
    pub(crate) flies: bool,
    pub(crate) json: Value,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    unix_ms: f64,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let taken = self.bytes[self.at..self.at + N].try_into().expect("so many");
        self.at += N;
        taken
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn signed(&mut self) -> i32 {
        i32::from_le_bytes(self.take())
    }

    fn double(&mut self) -> f64 {
        f64::from_le_bytes(self.take())
    }

    fn words(&mut self, count: u32) -> Vec<u32> {
        (0..count).map(|_| self.word()).collect()
    }

    fn signed_words(&mut self, count: u32) -> Vec<i32> {
        (0..count).map(|_| self.signed()).collect()
    }

    fn halves(&mut self, count: u32) -> Vec<f64> {
        let column = (0..count)
            .map(|_| f64::from(u16::from_le_bytes(self.take())))
            .collect();
        self.align();
        column
    }

    fn deliveries(&mut self, count: u32) -> std::vec::IntoIter<String> {
        let column: Vec<String> = (0..count)
            .map(|_| DeliveryId(u128::from_le_bytes(self.take())).to_string())
            .collect();
        column.into_iter()
    }

    fn text(&mut self, length: u32) -> String {
        let bytes: Vec<u8> = (0..length).map(|_| u8::from_le_bytes(self.take())).collect();
        self.align();
        String::from_utf8(bytes).expect("UTF-8")
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(4);
    }

    fn after(&self, offset_ms: i32) -> String {
        time(self.unix_ms + f64::from(offset_ms))
    }
}

/// Milliseconds since 1970 as the JSON form shows them.
#[expect(clippy::cast_possible_truncation, reason = "tests use whole milliseconds")]
fn time(unix_ms: f64) -> String {
    let epoch = Epoch {
        unix_micros: unix_ms as i64 * 1_000,
        utc_offset_s: 0,
    };
    rfc3339(&epoch, skyhaul_engine::time::SimTime::ZERO)
}

/// Reads a frame; it must be whole and hold nothing else.
pub(crate) fn read(bytes: &[u8]) -> Read {
    let mut reader = Reader {
        bytes,
        at: 0,
        unix_ms: 0.0,
    };
    let [kind, layout, flags, cell_kind] = reader.take();
    assert_eq!(layout, super::LAYOUT);
    let cell = (cell_kind, reader.word());
    let (epoch, tick) = (reader.word(), reader.word());
    reader.unix_ms = reader.double();
    let now = reader.after(0);
    let body = match kind {
        1 => Body::Clock(reader.double()),
        2 => view(&mut reader),
        3 | 4 => cell_body(&mut reader, kind == 3),
        5 => Body::Json(counts(&mut reader)),
        6 => Body::Json(delivery(&mut reader, flags)),
        7 => Body::Json(stats(&mut reader)),
        other => panic!("kind {other}"),
    };
    assert_eq!(reader.at, bytes.len(), "nothing is left over");
    Read {
        flags,
        cell,
        epoch,
        tick,
        now,
        body,
    }
}

fn view(reader: &mut Reader<'_>) -> Body {
    let [seq, frames, left, id] = [(); 4].map(|()| reader.word());
    let id = reader.text(id);
    let kinds = reader.words(left);
    let cells = reader.words(left);
    let kinds = kinds.into_iter().map(|kind| u8::try_from(kind).expect("a kind"));
    Body::View {
        id,
        seq,
        frames,
        left: kinds.zip(cells).collect(),
    }
}

fn counts(reader: &mut Reader<'_>) -> Value {
    let [seq, zoom, count, id] = [(); 4].map(|()| reader.word());
    let id = reader.text(id);
    let [tiles, flying, standing] = [(); 3].map(|()| reader.words(count));
    json!({"id": id, "seq": seq, "zoom": zoom, "tiles": tiles, "flying": flying, "standing": standing})
}

fn cell_body(reader: &mut Reader<'_>, is_whole: bool) -> Body {
    let gone = reader.word();
    let gone = reader.words(gone);
    let mut drones = legs(reader);
    drones.extend(fixes(reader));
    Body::Cell {
        is_whole,
        gone,
        drones,
    }
}

fn legs(reader: &mut Reader<'_>) -> Vec<(u32, Drone)> {
    let [legs, points, with_delivery] = [(); 3].map(|()| reader.word());
    let (drones, words) = (reader.words(legs), reader.words(legs));
    let (departs, arrives) = (reader.signed_words(legs), reader.signed_words(legs));
    let (battery, battery_end) = (reader.signed_words(legs), reader.signed_words(legs));
    let ends = reader.words(legs);
    let mut deliveries = reader.deliveries(with_delivery);
    let (lat, lon) = (reader.signed_words(points), reader.signed_words(points));
    let (times, heights) = (reader.words(points), reader.halves(points));
    let mut begin = 0;
    let read = |n: usize| {
        let end = ends[n] as usize;
        let path: Vec<Value> = (begin..end)
            .map(|p| {
                json!([
                    degrees(lat[p]),
                    degrees(lon[p]),
                    heights[p] / 10.0,
                    f64::from(times[p]) / 1_000.0
                ])
            })
            .collect();
        begin = end;
        let delivery = (words[n] & 0x100 != 0).then(|| deliveries.next());
        let json = json!({
            "drone": DroneId(drones[n]).to_string(),
            "delivery": delivery,
            "purpose": PURPOSES[(words[n] & 0xFF) as usize],
            "path": path,
            "departs": reader.after(departs[n]),
            "arrives": reader.after(arrives[n]),
            "battery_wh": f64::from(battery[n]) / 1_000.0,
            "battery_wh_end": f64::from(battery_end[n]) / 1_000.0,
        });
        (drones[n], Drone { flies: true, json })
    };
    (0..legs as usize).map(read).collect()
}

fn fixes(reader: &mut Reader<'_>) -> Vec<(u32, Drone)> {
    let [fixes, with_delivery] = [(); 2].map(|()| reader.word());
    let (drones, words) = (reader.words(fixes), reader.words(fixes));
    let (lat, lon) = (reader.signed_words(fixes), reader.signed_words(fixes));
    let etas = reader.signed_words(fixes);
    let (heights, headings) = (reader.halves(fixes), reader.halves(fixes));
    let (speeds, batteries) = (reader.halves(fixes), reader.halves(fixes));
    let mut deliveries = reader.deliveries(with_delivery);
    let read = |n: usize| {
        let delivery = (words[n] & 0x100 != 0).then(|| deliveries.next());
        let eta = (etas[n] != i32::MIN).then(|| reader.after(etas[n]));
        let flies = words[n] & 0x200 != 0;
        let battery = (batteries[n] < NO_BATTERY).then(|| batteries[n] / 10_000.0);
        let mut json = json!({
            "drone": DroneId(drones[n]).to_string(),
            "state": DroneState::ALL[(words[n] & 0xFF) as usize].name(),
            "latitude": degrees(lat[n]),
            "longitude": degrees(lon[n]),
            "altitude": heights[n] / 10.0,
            "heading_deg": headings[n] / 10.0,
            "speed_mps": speeds[n] / 100.0,
            "battery": battery,
            "delivery": delivery,
            "eta": eta,
        });
        if words[n] & EXTERNAL != 0 {
            json["drone"] = json!(format!("external-{}", drones[n] ^ 0x8000_0000));
            json["external"] = json!(true);
        }
        if words[n] & STALE != 0 {
            json["stale"] = json!(true);
        }
        (drones[n], Drone { flies, json })
    };
    (0..fixes as usize).map(read).collect()
}

fn delivery(reader: &mut Reader<'_>, flags: u8) -> Value {
    let [seq, id, carrier, stage, drone] = [(); 5].map(|()| reader.word());
    let [lat, lon, height] = [(); 3].map(|()| reader.signed());
    let times = [(); 6].map(|()| time(reader.double()));
    let delivery = reader.deliveries(1).next();
    let (id, carrier) = (reader.text(id), reader.text(carrier));
    let leg = (flags & 4 != 0).then(|| legs(reader).remove(0).1.json);
    let arrived = (flags & 16 != 0).then(|| time(reader.double()));
    let [
        pickup,
        pickup_low,
        pickup_high,
        arrives,
        arrives_low,
        arrives_high,
    ] = times;
    json!({
        "type": if flags & 1 == 0 { "delivery" } else { "snapshot" },
        "id": id,
        "seq": seq,
        "deliveryId": delivery,
        "stage": Stage::ALL[stage as usize].name(),
        "droneId": (flags & 2 != 0).then(|| DroneId(drone).to_string()),
        "carrier": (flags & 8 != 0).then_some(carrier),
        "lastKnownLocation": {
            "altitude": f64::from(height) / 10.0,
            "latitude": degrees(lat),
            "longitude": degrees(lon),
        },
        "pickupETA": pickup,
        "pickupETALow": pickup_low,
        "pickupETAHigh": pickup_high,
        "deliveryETA": arrives,
        "deliveryETALow": arrives_low,
        "deliveryETAHigh": arrives_high,
        "arrivedAt": arrived,
        "leg": leg,
    })
}

fn stats(reader: &mut Reader<'_>) -> Value {
    let [seq, id, completed, p50, p95, waiting, behind] = [(); 7].map(|()| reader.word());
    let drones: serde_json::Map<String, Value> = DroneState::ALL
        .iter()
        .map(|state| (state.name().to_owned(), json!(reader.word())))
        .collect();
    let deliveries: serde_json::Map<String, Value> = Stage::ALL
        .iter()
        .map(|stage| (stage.name().to_owned(), json!(reader.word())))
        .collect();
    let seconds = |ms: u32| f64::from(ms) / 1_000.0;
    json!({
        "id": reader.text(id),
        "seq": seq,
        "drones": drones,
        "deliveries": deliveries,
        "completedPerMinute": completed,
        "waitP50S": seconds(p50),
        "waitP95S": seconds(p95),
        "waiting": waiting,
        "behindS": seconds(behind),
    })
}

fn degrees(e7: i32) -> f64 {
    f64::from(e7) / 1e7
}
