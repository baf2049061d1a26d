//! One line of the log while it is written.

use std::fmt::Display;
use std::io::Write;

use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;

/// A JSON object that grows field by field, in the order in which they are given. Writing to memory does not fail.
pub(super) struct Line<'a>(&'a mut Vec<u8>);

impl<'a> Line<'a> {
    /// Begins a line in an emptied buffer.
    pub(super) fn begin(buffer: &'a mut Vec<u8>, seq: u64, at: SimTime, kind: &str) -> Self {
        buffer.clear();
        let _ = write!(buffer, "{{\"seq\":{seq},\"t\":{at},\"type\":\"{kind}\"");
        Self(buffer)
    }

    fn key(&mut self, key: &str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// Text of any kind, escaped.
    pub(super) fn text(mut self, key: &str, value: &str) -> Self {
        self.key(key);
        let _ = serde_json::to_writer(&mut *self.0, value);
        self
    }

    /// An identity or a word that needs no escaping.
    pub(super) fn word(mut self, key: &str, value: impl Display) -> Self {
        self.key(key);
        let _ = write!(self.0, "\"{value}\"");
        self
    }

    /// An identity, or null.
    pub(super) fn maybe_word(self, key: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.word(key, value),
            None => self.raw(key, "null"),
        }
    }

    /// A number, printed as it displays itself; also `true`, `false` and `null`.
    pub(super) fn raw(mut self, key: &str, value: impl Display) -> Self {
        self.key(key);
        let _ = write!(self.0, "{value}");
        self
    }

    /// An instant, or null.
    pub(super) fn maybe_time(self, key: &str, value: Option<SimTime>) -> Self {
        match value {
            Some(value) => self.raw(key, value),
            None => self.raw(key, "null"),
        }
    }

    /// A place.
    pub(super) fn point(mut self, key: &str, value: Position) -> Self {
        self.key(key);
        self.put_point(value);
        self
    }

    /// Places, in order.
    pub(super) fn points(mut self, key: &str, values: impl Iterator<Item = Position>) -> Self {
        self.key(key);
        self.put_list(values, Self::put_point);
        self
    }

    /// Instants, in order.
    pub(super) fn times(self, key: &str, values: impl Iterator<Item = SimTime>) -> Self {
        self.values(key, values)
    }

    /// Values that are written as they are shown, in order.
    pub(super) fn values(mut self, key: &str, values: impl Iterator<Item = impl Display>) -> Self {
        self.key(key);
        self.put_list(values, |line, value| {
            let _ = write!(line.0, "{value}");
        });
        self
    }

    /// A circle: its centre and its radius in metres.
    pub(super) fn circle(mut self, key: &str, centre: Position, radius_m: impl Display) -> Self {
        self.key(key);
        let _ = write!(
            self.0,
            "[{},{},{radius_m}]",
            Degrees(centre.lat_e7()),
            Degrees(centre.lon_e7())
        );
        self
    }

    /// Ends the line.
    pub(super) fn end(self) {
        self.0.extend_from_slice(b"}\n");
    }

    fn put_point(&mut self, value: Position) {
        let _ = write!(
            self.0,
            "[{},{}]",
            Degrees(value.lat_e7()),
            Degrees(value.lon_e7())
        );
    }

    fn put_list<T>(&mut self, values: impl Iterator<Item = T>, put: impl Fn(&mut Self, T)) {
        let mut separator = b'[';
        for value in values {
            self.0.push(separator);
            put(self, value);
            separator = b',';
        }
        self.0.push(b']');
    }
}

/// A coordinate with seven decimals, exactly.
struct Degrees(i32);

impl Display for Degrees {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let steps = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:07}", steps / 10_000_000, steps % 10_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_every_number_exactly() {
        let mut buffer = b"left over".to_vec();
        let at = Position::new(-0.000_000_1, 122.33).expect("on the sphere");
        Line::begin(&mut buffer, 7, SimTime::from_micros(12_000_345), "Tried")
            .point("at", at)
            .maybe_time("deadline_t", None)
            .points("path", [at, at].into_iter())
            .times("path_t", [SimTime::ZERO].into_iter())
            .end();
        assert_eq!(
            String::from_utf8(buffer).expect("text"),
            "{\"seq\":7,\"t\":12.000345,\"type\":\"Tried\",\"at\":[-0.0000001,122.3300000],\"deadline_t\":null,\
             \"path\":[[-0.0000001,122.3300000],[-0.0000001,122.3300000]],\"path_t\":[0.000000]}\n"
        );
    }

    #[test]
    fn escapes_what_clients_wrote() {
        let mut buffer = Vec::new();
        Line::begin(&mut buffer, 0, SimTime::ZERO, "Tried")
            .text("owner", "a \"b\"\n")
            .end();
        let parsed: serde_json::Value = serde_json::from_slice(&buffer).expect("JSON");
        assert_eq!(parsed["owner"], "a \"b\"\n");
    }
}
