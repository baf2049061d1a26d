//! Fields of a JSON object, read one by one; what is wrong with them is collected, so that a client is told all at once.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Number, Value};

use super::problem::Problem;

/// What is wrong with a request's fields.
#[derive(Debug, Default)]
pub(crate) struct Faults(RefCell<Collected>);

#[derive(Debug, Default)]
struct Collected {
    malformed: BTreeMap<String, Vec<String>>,
    impossible: BTreeMap<String, Vec<String>>,
}

impl Faults {
    /// A field is missing, or its type is wrong.
    pub(crate) fn malformed(&self, field: &str, reason: impl Into<String>) {
        let mut collected = self.0.borrow_mut();
        collected
            .malformed
            .entry(field.to_owned())
            .or_default()
            .push(reason.into());
    }

    /// A field is well-formed and holds what cannot be.
    pub(crate) fn impossible(&self, field: &str, reason: impl Into<String>) {
        let mut collected = self.0.borrow_mut();
        collected
            .impossible
            .entry(field.to_owned())
            .or_default()
            .push(reason.into());
    }

    /// Says what was wrong: 400 where something could not be understood, else 422.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let collected = self.0.take();
        if !collected.malformed.is_empty() {
            Err(Problem::malformed_fields(collected.malformed))
        } else if !collected.impossible.is_empty() {
            Err(Problem::impossible_fields(collected.impossible))
        } else {
            Ok(())
        }
    }

    /// The value read, unless something was wrong. A required field that was left out is wrong.
    pub(crate) fn into_value<T>(self, value: Option<T>) -> Result<T, Problem> {
        self.check()?;
        value.ok_or_else(|| Problem::malformed("a required field is missing"))
    }
}

/// How field names are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letters {
    /// As they are written.
    Exact,
    /// In any letter case.
    AnyCase,
}

/// Names that can be said by name, in any letter case, or by ordinal.
pub(crate) trait Named: Copy + 'static {
    /// All members, by ordinal.
    const ALL: &'static [Self];

    /// The member's name.
    fn name(self) -> &'static str;

    /// The member with this name, in any letter case, or this ordinal.
    fn said(text: &str) -> Option<Self> {
        let by_name = Self::ALL
            .iter()
            .find(|member| member.name().eq_ignore_ascii_case(text));
        by_name
            .or_else(|| Self::ALL.get(text.parse::<usize>().ok()?))
            .copied()
    }

    /// All names, for telling what would have been right.
    fn names() -> String {
        let names: Vec<&str> = Self::ALL.iter().map(|member| member.name()).collect();
        names.join(", ")
    }
}

/// The fields of one JSON object.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    prefix: String,
    letters: Letters,
    faults: &'a Faults,
}

impl<'a> Fields<'a> {
    /// The fields of a body.
    pub(crate) fn new(object: &'a Map<String, Value>, letters: Letters, faults: &'a Faults) -> Self {
        Self {
            object,
            prefix: String::new(),
            letters,
            faults,
        }
    }

    /// The field's name as a client is told it.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Where faults are collected.
    pub(crate) fn faults(&self) -> &'a Faults {
        self.faults
    }

    /// The field's value; `null` counts as left out.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        let exact = self.object.get(name);
        let found = match self.letters {
            Letters::Exact => exact,
            Letters::AnyCase => exact.or_else(|| {
                let mut fields = self.object.iter();
                fields
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value)
            }),
        };
        found.filter(|value| !value.is_null())
    }

    /// Says that a required field was left out, where it was.
    pub(crate) fn require<T>(&self, name: &str, value: Option<T>) -> Option<T> {
        if self.value(name).is_none() {
            self.faults.malformed(&self.path(name), "is required");
        }
        value
    }

    fn wrong_type(&self, name: &str, wanted: &str) {
        self.faults
            .malformed(&self.path(name), format!("must be {wanted}"));
    }

    /// A text of at most `bytes_max` bytes.
    pub(crate) fn text(&self, name: &str, bytes_max: usize) -> Option<String> {
        match self.value(name)? {
            Value::String(text) if text.len() <= bytes_max => Some(text.clone()),
            Value::String(_) => {
                let reason = format!("is longer than {bytes_max} bytes");
                self.faults.impossible(&self.path(name), reason);
                None
            }
            _ => {
                self.wrong_type(name, "a string");
                None
            }
        }
    }

    /// A text that must be there and not be empty.
    pub(crate) fn required_text(&self, name: &str, bytes_max: usize) -> Option<String> {
        self.require(name, self.non_empty_text(name, bytes_max))
    }

    /// A text that is not empty where it is there.
    pub(crate) fn non_empty_text(&self, name: &str, bytes_max: usize) -> Option<String> {
        let text = self.text(name, bytes_max)?;
        if text.trim().is_empty() {
            self.faults.impossible(&self.path(name), "is empty");
            return None;
        }
        Some(text)
    }

    /// True or false.
    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        let value = self.value(name)?.as_bool();
        if value.is_none() {
            self.wrong_type(name, "true or false");
        }
        value
    }

    /// A member of an enum, by name in any letter case or by ordinal.
    pub(crate) fn named<N: Named>(&self, name: &str) -> Option<N> {
        let value = self.value(name)?;
        let member = match value {
            Value::String(text) => N::said(text),
            Value::Number(number) => whole(number)
                .and_then(|ordinal| N::ALL.get(usize::try_from(ordinal).ok()?))
                .copied(),
            _ => None,
        };
        if member.is_none() {
            self.wrong_type(name, &format!("one of {} or its number", N::names()));
        }
        member
    }

    /// A finite number, written as one or as a text.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        let number = match self.value(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse::<f64>().ok(),
            _ => None,
        };
        match number {
            None => self.wrong_type(name, "a number"),
            Some(number) if !number.is_finite() => {
                self.faults.impossible(&self.path(name), "is not a finite number");
                return None;
            }
            Some(_) => {}
        }
        number
    }

    /// An object's fields.
    pub(crate) fn object(&self, name: &str) -> Option<Fields<'a>> {
        let Value::Object(object) = self.value(name)? else {
            self.wrong_type(name, "an object");
            return None;
        };
        Some(Fields {
            object,
            prefix: format!("{}{name}.", self.prefix),
            letters: self.letters,
            faults: self.faults,
        })
    }

    /// An instant: RFC 3339, or milliseconds since 1970.
    pub(crate) fn instant(&self, name: &str) -> Option<Timestamp> {
        let instant = match self.value(name)? {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => {
                whole(number).and_then(|millis| Timestamp::from_millisecond(millis).ok())
            }
            _ => None,
        };
        if instant.is_none() {
            self.wrong_type(name, "an RFC 3339 time or milliseconds since 1970");
        }
        instant
    }

    /// An instant in RFC 3339, where an empty text says that there is none.
    pub(crate) fn instant_or_empty(&self, name: &str) -> Option<Option<Timestamp>> {
        match self.value(name)? {
            Value::String(text) if text.trim().is_empty() => Some(None),
            _ => self.instant(name).map(Some),
        }
    }
}

/// A whole number, also one written as `2.0`, which JSON holds to be the same.
fn whole(number: &Number) -> Option<i64> {
    number
        .as_i64()
        .or_else(|| json_number(number.as_f64()?)?.as_i64())
}

/// A number as JSON: whole ones without a fraction, as a client wrote them.
pub(crate) fn json_number(value: f64) -> Option<Number> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2⁵³")]
        let whole = value as i64;
        return Some(whole.into());
    }
    Number::from_f64(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn names_are_read_in_any_letter_case_only_where_asked() {
        let body = map(json!({"Owner": {"userID": "u"}}));
        let faults = Faults::default();
        let any = Fields::new(&body, Letters::AnyCase, &faults);
        let owner = any.object("owner").expect("is there");
        assert_eq!(owner.text("userId", 10).as_deref(), Some("u"));
        assert!(
            Fields::new(&body, Letters::Exact, &faults)
                .value("owner")
                .is_none()
        );
        assert!(faults.check().is_ok());
    }

    #[test]
    fn what_cannot_be_understood_weighs_more_than_what_cannot_be() {
        let body = map(json!({"a": 1, "b": "NaN"}));
        let faults = Faults::default();
        let fields = Fields::new(&body, Letters::Exact, &faults);
        assert_eq!((fields.text("a", 9), fields.number("b")), (None, None));
        let told = faults.check().expect_err("both are wrong").to_string();
        assert!(told.contains("(400): a: must be a string"), "{told}");
        assert!(!told.contains("finite"), "{told}");
    }

    #[test]
    fn whole_numbers_stay_whole() {
        let body = map(json!({"a": 2.0, "b": 2.5}));
        assert_eq!(body["a"].as_number().and_then(whole), Some(2));
        assert_eq!(body["b"].as_number().and_then(whole), None);
        assert_eq!(json_number(10.0).expect("a number").to_string(), "10");
        assert_eq!(json_number(0.25).expect("a number").to_string(), "0.25");
        assert_eq!(json_number(f64::NAN), None);
    }
}
