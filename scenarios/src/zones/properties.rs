//! What a GeoJSON feature says of its zone beside the outline: its name, when it is in force, how high it reaches. Properties are ours, or those of
//! the European format for geographical zones (EUROCAE ED-269).

use geojson::Feature;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Moment;
use crate::file::parse_duration;

/// Most windows of one zone. More are refused.
const WINDOWS_MAX: usize = 1_000;

/// The restrictions of ED-269 that close a zone to whoever asks nobody.
const CLOSED: [&str; 3] = ["PROHIBITED", "REQ_AUTHORISATION", "CONDITIONAL"];

/// The restriction that closes nothing.
const OPEN: &str = "NO_RESTRICTION";

/// Metres in a foot.
const FOOT_M: f64 = 0.304_8;

/// What is said of a zone.
pub(super) struct Properties {
    pub(super) name: String,
    /// The spans in which it is in force; none where it closes nothing.
    pub(super) windows: Vec<Window>,
    pub(super) announced: Option<Moment>,
    pub(super) floor_m: f64,
    pub(super) ceiling_m: Option<f64>,
}

/// From when and until when.
pub(super) type Window = (Option<Moment>, Option<Moment>);

/// Reads what a feature says; `index` is its place in the file.
pub(super) fn read(index: usize, feature: &Feature) -> Result<Properties, String> {
    let none = Map::new();
    let said = feature.properties.as_ref().unwrap_or(&none);
    let (floor_m, ceiling_m) = read_heights(said)?;
    Ok(Properties {
        name: read_name(said).unwrap_or_else(|| format!("zone {}", index + 1)),
        windows: if is_closed(said)? {
            read_windows(said)?
        } else {
            Vec::new()
        },
        announced: read_moment(said, "announced")?,
        floor_m,
        ceiling_m,
    })
}

fn get<'a>(said: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    said.get(key).filter(|value| !value.is_null())
}

fn read_name(said: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| {
        get(said, key)?
            .as_str()
            .map(str::trim)
            .filter(|name| !name.is_empty())
    };
    let name = text("name").or_else(|| text("identifier"))?;
    Some(
        name.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect(),
    )
}

fn is_closed(said: &Map<String, Value>) -> Result<bool, String> {
    match get(said, "restriction") {
        None => Ok(true),
        Some(value) => match value.as_str() {
            Some(OPEN) => Ok(false),
            Some(word) if CLOSED.contains(&word) => Ok(true),
            _ => Err(format!(
                "`restriction` is {value}, must be one of {}, {OPEN}",
                CLOSED.join(", ")
            )),
        },
    }
}

fn read_windows(said: &Map<String, Value>) -> Result<Vec<Window>, String> {
    let Some(value) = get(said, "applicability") else {
        let window = (
            read_moment(said, "active_from")?,
            read_moment(said, "active_until")?,
        );
        return Ok(vec![in_order(window, "active_from", "active_until")?]);
    };
    let wrong = || format!("`applicability` is {value}, must be an array of objects");
    let list = value.as_array().ok_or_else(wrong)?;
    if list.is_empty() || list.len() > WINDOWS_MAX {
        return Err(format!(
            "`applicability` has {} windows, must have 1 to {WINDOWS_MAX}",
            list.len()
        ));
    }
    list.iter()
        .map(|window| {
            let window = window.as_object().ok_or_else(wrong)?;
            if get(window, "schedule").is_some() {
                return Err(
                    "`applicability.schedule` is not supported: give a window for each time".to_owned(),
                );
            }
            if get(window, "permanent").is_some_and(|value| value == "YES" || value == true) {
                return Ok((None, None));
            }
            let window = (
                read_moment(window, "startDateTime")?,
                read_moment(window, "endDateTime")?,
            );
            in_order(window, "startDateTime", "endDateTime")
        })
        .collect()
}

fn in_order(window: Window, from_key: &str, until_key: &str) -> Result<Window, String> {
    match window {
        (Some(Moment::At(from)), Some(Moment::At(until))) if until <= from => {
            Err(format!("`{until_key}` is not after `{from_key}`"))
        }
        _ => Ok(window),
    }
}

/// A time: RFC 3339, or a span since the start; null is none.
fn read_moment(said: &Map<String, Value>, key: &str) -> Result<Option<Moment>, String> {
    let Some(value) = get(said, key) else {
        return Ok(None);
    };
    let text = value.as_str().unwrap_or_default();
    let span = parse_duration(text).map(Moment::AfterStart);
    let calendar = || Some(Moment::At(text.parse::<Timestamp>().ok()?.as_microsecond()));
    span.or_else(calendar).map(Some).ok_or_else(|| {
        format!("`{key}` is {value}, must be a time such as \"2015-03-10T07:00:00-08:00\", or a span since the start such as \"2h\"")
    })
}

/// From where to where above ground it reaches, m. What is given above the sea reaches down to the ground, and up as far: nowhere does the ground
/// lie below the sea by more than that errs.
fn read_heights(said: &Map<String, Value>) -> Result<(f64, Option<f64>), String> {
    let unit_m = unit_m(get(said, "uomDimensions"))?;
    let limit = |ours: &str, theirs: &str| match (read_height(said, ours)?, read_height(said, theirs)?) {
        (Some(_), Some(_)) => Err(format!("has both `{ours}` and `{theirs}`")),
        (height, None) => Ok(height),
        (None, Some(height)) => Ok(Some(height * unit_m)),
    };
    let floor_m = limit("floor_m", "lowerLimit")?.unwrap_or(0.0);
    let floor_m = if above_sea(said, "lowerVerticalReference")? {
        0.0
    } else {
        floor_m
    };
    above_sea(said, "upperVerticalReference")?;
    let ceiling_m = limit("ceiling_m", "upperLimit")?;
    if ceiling_m.is_some_and(|ceiling_m| ceiling_m <= floor_m) {
        return Err("does not end above where it begins".to_owned());
    }
    Ok((floor_m, ceiling_m))
}

/// The unit that ED-269 gives limits and radii in, m.
pub(super) fn unit_m(said: Option<&Value>) -> Result<f64, String> {
    match said {
        None => Ok(1.0),
        Some(value) if value == "M" => Ok(1.0),
        Some(value) if value == "FT" => Ok(FOOT_M),
        Some(value) => Err(format!("`uomDimensions` is {value}, must be \"M\" or \"FT\"")),
    }
}

fn read_height(said: &Map<String, Value>, key: &str) -> Result<Option<f64>, String> {
    match get(said, key) {
        None => Ok(None),
        Some(value) => match value.as_f64() {
            Some(height) if (0.0..=100_000.0).contains(&height) => Ok(Some(height)),
            _ => Err(format!("`{key}` is {value}, must be a number from 0 to 100000")),
        },
    }
}

fn above_sea(said: &Map<String, Value>, key: &str) -> Result<bool, String> {
    match get(said, key) {
        None => Ok(false),
        Some(value) if value == "AGL" => Ok(false),
        Some(value) if value == "AMSL" => Ok(true),
        Some(value) => Err(format!("`{key}` is {value}, must be \"AGL\" or \"AMSL\"")),
    }
}
