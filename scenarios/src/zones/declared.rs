//! Zones that are declared while a world runs: one GeoJSON feature, with the properties that zone files have.

use geojson::{Feature, GeoJson};
use serde_json::{Map, Value};
use skyhaul_actors::environment::{Epoch, Zone};
use skyhaul_engine::time::SimTime;

use super::{Moment, PlannedZone, read_feature};

/// The longest name, bytes: it is part of an address.
const NAME_BYTES_MAX: usize = 256;

/// Other names of properties, as they are read and shown by interfaces.
const ALIASES: [(&str, &str); 4] = [
    ("from", "active_from"),
    ("until", "active_until"),
    ("floor", "floor_m"),
    ("ceiling", "ceiling_m"),
];

/// Reads a zone that is declared at `now`. `from` and `until` may stand beside the geometry, or among the properties; spans are counted from `now`.
/// The zone has the name that it says, else `name`.
///
/// # Errors
/// Where it is no feature, no zone, or more than one.
pub fn read_declared(
    feature: &Map<String, Value>,
    name: &str,
    epoch: &Epoch,
    now: SimTime,
) -> Result<Zone, String> {
    let feature = parse(feature)?;
    if feature
        .property("announced")
        .is_some_and(|value| !value.is_null())
    {
        return Err("`announced` cannot be said: a zone that is declared is known at once".to_owned());
    }
    let is_named = ["name", "identifier"]
        .iter()
        .any(|key| feature.property(key).is_some_and(Value::is_string));
    let mut zones = read_feature(0, &feature)?;
    let (Some(planned), true) = (zones.pop(), zones.is_empty()) else {
        return Err("is not one outline in force once: declare each by itself".to_owned());
    };
    let name = if is_named {
        planned.name.clone()
    } else {
        name.to_owned()
    };
    if name.len() > NAME_BYTES_MAX {
        return Err(format!("its name is longer than {NAME_BYTES_MAX} bytes"));
    }
    Ok(declared(&planned, name, epoch, now))
}

/// The feature, its properties under the names of zone files.
fn parse(feature: &Map<String, Value>) -> Result<Feature, String> {
    let mut object = feature.clone();
    let mut properties = match object.remove("properties") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(properties)) => properties,
        Some(_) => return Err("`properties` must be an object".to_owned()),
    };
    for (alias, ours) in ALIASES {
        let said = object.remove(alias).or_else(|| properties.remove(alias));
        if let Some(value) = said
            && properties.insert(ours.to_owned(), value).is_some()
        {
            return Err(format!("has both `{alias}` and `{ours}`"));
        }
    }
    object.insert("properties".to_owned(), Value::Object(properties));
    object.entry("geometry").or_insert(Value::Null);
    match serde_json::from_value(Value::Object(object)) {
        Ok(GeoJson::Feature(feature)) => Ok(feature),
        Ok(_) => Err("is no GeoJSON feature".to_owned()),
        Err(error) => Err(format!("is no GeoJSON feature: {error}")),
    }
}

fn declared(planned: &PlannedZone, name: String, epoch: &Epoch, now: SimTime) -> Zone {
    let time = |moment: Moment| match moment {
        Moment::At(_) => moment.sim_time(epoch),
        Moment::AfterStart(span) => now + span,
    };
    Zone {
        name,
        shape: planned.shape.clone(),
        from: planned.from.map(time),
        until: planned.until.map(time),
        announced: None,
        floor_m: planned.floor_m,
        ceiling_m: planned.ceiling_m,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use skyhaul_engine::time::SimDuration;

    use super::*;

    fn read(feature: Value) -> Result<Zone, String> {
        let epoch = Epoch {
            unix_micros: 0,
            utc_offset_s: 0,
        };
        let Value::Object(feature) = feature else {
            panic!("a feature is an object");
        };
        let now = SimTime::ZERO + SimDuration::from_mins(60);
        read_declared(&feature, "zone x", &epoch, now)
    }

    fn square(properties: &Value) -> Value {
        let ring = [[11.25, 43.77], [11.26, 43.77], [11.26, 43.78], [11.25, 43.77]];
        json!({"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    }

    #[test]
    fn spans_are_counted_from_now_and_times_are_on_the_calendar() {
        let zone = read(square(
            &json!({"name": "fire", "from": "30m", "until": "1970-01-01T02:00:00Z", "floor": 10, "ceiling": 50}),
        ));
        let zone = zone.expect("it is right");
        let minutes = |count| Some(SimTime::ZERO + SimDuration::from_mins(count));
        assert_eq!((zone.from, zone.until), (minutes(90), minutes(120)));
        assert_eq!(
            (zone.name.as_str(), zone.floor_m, zone.ceiling_m),
            ("fire", 10.0, Some(50.0))
        );
    }

    #[test]
    fn times_may_stand_beside_the_geometry_and_a_name_is_given_where_none_is_said() {
        let mut feature = square(&Value::Null);
        feature["until"] = json!("10m");
        let zone = read(feature).expect("it is right");
        assert_eq!(zone.name, "zone x");
        assert_eq!(zone.until, Some(SimTime::ZERO + SimDuration::from_mins(70)));
    }

    #[test]
    fn what_is_not_one_zone_is_refused_with_why() {
        let windows = json!({"applicability": [{"permanent": "YES"}, {"permanent": "YES"}]});
        let long = json!({"name": "x".repeat(257)});
        for (feature, why) in [
            (
                json!({"type": "Point", "coordinates": [1, 2]}),
                "no GeoJSON feature",
            ),
            (json!({"type": "Feature"}), "has no geometry"),
            (square(&json!({"restriction": "NO_RESTRICTION"})), "one outline"),
            (square(&windows), "one outline"),
            (square(&json!({"announced": "1h"})), "known at once"),
            (square(&json!({"from": "1h", "active_from": "1h"})), "has both"),
            (square(&json!(7)), "must be an object"),
            (square(&long), "longer than"),
        ] {
            let error = read(feature).expect_err(why);
            assert!(error.contains(why), "{error}");
        }
    }
}
