//! The socket's description against what the socket says.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

fn document() -> Value {
    serde_json::from_str(skyhaul_telemetry::ASYNCAPI).expect("JSON")
}

fn golden() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/conversation.txt");
    fs::read_to_string(path).expect("the golden conversation is there")
}

/// Why a value is not as a schema says, for the words that the document uses.
fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        let target = document.pointer(pointer).ok_or_else(|| format!("no {pointer}"))?;
        return check(document, target, value);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = choices
            .iter()
            .filter(|choice| check(document, choice, value).is_ok());
        return (fits.count() == 1)
            .then_some(())
            .ok_or_else(|| format!("{value} fits none"));
    }
    check_type(schema, value)?;
    let is_listed = schema["enum"]
        .as_array()
        .is_none_or(|listed| listed.contains(value));
    let is_const = schema.get("const").is_none_or(|constant| constant == value);
    if !is_listed || !is_const {
        return Err(format!("{value} is another"));
    }
    for item in value.as_array().into_iter().flatten() {
        check(document, &schema["items"], item)?;
    }
    if let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        for (name, field) in fields {
            let property = properties
                .get(name)
                .ok_or_else(|| format!("`{name}` is not described"))?;
            check(document, property, field).map_err(|why| format!("{name}: {why}"))?;
        }
        let required = schema["required"].as_array().into_iter().flatten();
        let missing = required
            .filter_map(Value::as_str)
            .find(|name| !fields.contains_key(*name));
        return missing.map_or(Ok(()), |name| Err(format!("`{name}` is missing")));
    }
    Ok(())
}

fn check_type(schema: &Value, value: &Value) -> Result<(), String> {
    let is_of = |name: &Value| match name.as_str().unwrap_or_default() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        _ => false,
    };
    let fits = match &schema["type"] {
        Value::Null => true,
        Value::Array(names) => names.iter().any(is_of),
        name => is_of(name),
    };
    fits.then_some(())
        .ok_or_else(|| format!("{value} is no {}", schema["type"]))
}

/// The messages that a frame fits, among those that are told or asked.
fn fitting(document: &Value, operation: &str, frame: &Value) -> Vec<String> {
    let messages = document["operations"][operation]["messages"]
        .as_array()
        .expect("a list");
    let names = messages
        .iter()
        .filter_map(|message| message["$ref"].as_str()?.rsplit('/').next());
    names
        .filter(|name| {
            let payload = &document["components"]["messages"][name]["payload"];
            check(document, payload, frame).is_ok()
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_frame_of_the_conversation_is_one_of_the_messages() {
    let document = document();
    let mut met = std::collections::BTreeSet::new();
    for line in golden().lines() {
        let (who, frame) = line.split_once(' ').expect("who says what");
        let operation = if who == ">" { "ask" } else { "tell" };
        let frame: Value = serde_json::from_str(frame).expect("JSON");
        let fitting = fitting(&document, operation, &frame);
        assert_eq!(fitting.len(), 1, "{frame} is {fitting:?}");
        met.extend(fitting);
    }
    for name in [
        "hello",
        "clock",
        "fleet",
        "delivery",
        "stats",
        "error",
        "subscribe",
        "unsubscribe",
    ] {
        assert!(met.contains(name), "{name} is not in the conversation");
    }
}

#[test]
fn what_is_in_no_conversation_is_described_as_well() {
    let document = document();
    for (operation, frame, message) in [
        ("tell", json!({"type": "gap", "id": "a", "missed": 3}), "gap"),
        ("ask", json!({"op": "resume", "id": "a", "after": 3}), "resume"),
        (
            "ask",
            json!({"op": "subscribe", "id": "a", "topic": "fleet", "bbox": [11.0, 43.0, 11.5, 44.0], "mode": "legs", "hz": 1, "epoch": 1, "tick": 2}),
            "subscribe",
        ),
    ] {
        assert_eq!(fitting(&document, operation, &frame), [message]);
    }
    for wrong in [
        json!({"type": "gap", "id": "a"}),
        json!({"type": "gap", "id": "a", "missed": 3, "more": 1}),
        json!({"type": "other"}),
    ] {
        assert!(fitting(&document, "tell", &wrong).is_empty(), "{wrong}");
    }
}

#[test]
fn errors_topics_and_the_address_are_those_of_the_protocol() {
    let document = document();
    let protocol = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("PROTOCOL.md"));
    let protocol = protocol.expect("the protocol is there");
    let codes = document["components"]["schemas"]["error"]["properties"]["code"]["enum"].as_array();
    for code in codes.expect("a list") {
        let code = code.as_str().expect("a text");
        assert!(
            protocol.contains(&format!("`{code}`")),
            "{code} is not in PROTOCOL.md"
        );
    }
    let channel = &document["channels"]["telemetry"];
    assert_eq!(channel["address"], skyhaul_telemetry::server::PATH);
    let spoken = channel["description"].as_str().expect("a text");
    for name in [
        skyhaul_telemetry::server::SUBPROTOCOL,
        skyhaul_telemetry::server::SUBPROTOCOL_BINARY,
    ] {
        assert!(spoken.contains(name), "{name}");
    }
}
