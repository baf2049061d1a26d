//! How the OpenAPI document describes what may be written in several ways: names or their numbers, numbers or texts, instants.

use std::borrow::Cow;
use std::marker::PhantomData;

use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::fields::Named;

/// A number as a text: digits with a sign, a fraction and an exponent.
const NUMBER_PATTERN: &str = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$";

/// The first and the last millisecond since 1970 that an instant may be: the years -9999 and 9999.
const INSTANT_MS: std::ops::RangeInclusive<i64> = -377_705_023_201_000..=253_402_207_200_000;

/// A member of an enum: its name, or its number.
pub(crate) struct Said<N>(PhantomData<N>);

/// A number, or a text that is one.
pub(crate) enum NumberSaid {}

/// Kilograms: a number of 0 or more, or a text that is one.
pub(crate) enum WeightSaid {}

/// Degrees of latitude.
pub(crate) enum LatitudeSaid {}

/// Degrees of longitude.
pub(crate) enum LongitudeSaid {}

/// An instant: RFC 3339, or milliseconds since 1970.
pub(crate) enum InstantSaid {}

/// An instant, or an empty text that says that there is none.
pub(crate) enum InstantOrEmptySaid {}

/// A box in degrees: west, south, east, north.
pub(crate) enum BoxSaid {}

/// A box, or an empty text that says that there is none.
pub(crate) enum BoxOrEmptySaid {}

/// `true` or `false`, or an empty text that says neither.
pub(crate) enum FlagOrEmptySaid {}

/// A speed: 0.1 to 1000, or `max`.
pub(crate) enum SpeedSaid {}

/// A span of time: a number of seconds, or a text with its unit.
pub(crate) enum SpanSaid {}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn number() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Number)
}

fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer)
}

fn one_of_these(described: &str, ways: impl IntoIterator<Item = ObjectBuilder>) -> RefOr<Schema> {
    let any = AnyOfBuilder::new().description(Some(described));
    ways.into_iter().fold(any, AnyOfBuilder::item).into()
}

fn numeric_text() -> ObjectBuilder {
    text().pattern(Some(NUMBER_PATTERN))
}

fn instants() -> [ObjectBuilder; 2] {
    [
        text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
        integer()
            .minimum(Some(*INSTANT_MS.start()))
            .maximum(Some(*INSTANT_MS.end())),
    ]
}

impl<N: Named> PartialSchema for Said<N> {
    fn schema() -> RefOr<Schema> {
        let names = N::ALL.iter().map(|member| member.name());
        let last = N::ALL.len().saturating_sub(1);
        let described = "A name, in any letter case, or its number in the order of the names.";
        one_of_these(
            described,
            [
                text().enum_values(Some(names)),
                integer().minimum(Some(0)).maximum(Some(last)),
            ],
        )
    }
}

impl<N: Named> ToSchema for Said<N> {
    fn name() -> Cow<'static, str> {
        let whole = std::any::type_name::<N>();
        Cow::Borrowed(whole.rsplit("::").next().unwrap_or(whole))
    }
}

impl PartialSchema for NumberSaid {
    fn schema() -> RefOr<Schema> {
        one_of_these("A number, or a text that is one.", [number(), numeric_text()])
    }
}

impl PartialSchema for WeightSaid {
    fn schema() -> RefOr<Schema> {
        let described = "Kilograms, 0 or more: a number, or a text that is one.";
        one_of_these(described, [number().minimum(Some(0.0)), numeric_text()])
    }
}

impl PartialSchema for LatitudeSaid {
    fn schema() -> RefOr<Schema> {
        let degrees = number().minimum(Some(-90.0)).maximum(Some(90.0));
        one_of_these("Degrees, north positive.", [degrees, numeric_text()])
    }
}

impl PartialSchema for LongitudeSaid {
    fn schema() -> RefOr<Schema> {
        let degrees = number().minimum(Some(-180.0)).maximum(Some(180.0));
        one_of_these("Degrees, east positive.", [degrees, numeric_text()])
    }
}

impl PartialSchema for InstantSaid {
    fn schema() -> RefOr<Schema> {
        one_of_these("RFC 3339, or milliseconds since 1970.", instants())
    }
}

impl PartialSchema for InstantOrEmptySaid {
    fn schema() -> RefOr<Schema> {
        let empty = text().enum_values(Some([""]));
        let described = "RFC 3339, or milliseconds since 1970; empty for none.";
        one_of_these(described, instants().into_iter().chain([empty]))
    }
}

fn sides() -> String {
    let lat = r"-?(90(\.0+)?|[0-8]?[0-9](\.[0-9]+)?)";
    let lon = r"-?(180(\.0+)?|(1[0-7][0-9]|[0-9]{1,2})(\.[0-9]+)?)";
    format!("{lon},{lat},{lon},{lat}")
}

impl PartialSchema for BoxSaid {
    fn schema() -> RefOr<Schema> {
        let described = "A box in degrees: west, south, east, north. South is not above north; a west that lies east of its east crosses the date line.";
        let sides = format!("^{}$", sides());
        text().pattern(Some(sides)).description(Some(described)).into()
    }
}

impl PartialSchema for BoxOrEmptySaid {
    fn schema() -> RefOr<Schema> {
        let described = "A box in degrees: west, south, east, north; empty for none. South is not above north; a west that lies east of its east crosses the date line.";
        let sides = format!("^({})?$", sides());
        text().pattern(Some(sides)).description(Some(described)).into()
    }
}

impl PartialSchema for FlagOrEmptySaid {
    fn schema() -> RefOr<Schema> {
        let flag = ObjectBuilder::new().schema_type(Type::Boolean);
        let empty = text().enum_values(Some([""]));
        one_of_these("`true` or `false`; empty for neither.", [flag, empty])
    }
}

impl PartialSchema for SpeedSaid {
    fn schema() -> RefOr<Schema> {
        let max = text().enum_values(Some(["max"]));
        let described = "Virtual seconds a wall second, or `max`.";
        let times = number().minimum(Some(0.1)).maximum(Some(1_000.0));
        one_of_these(described, [times, numeric_text(), max])
    }
}

impl PartialSchema for SpanSaid {
    fn schema() -> RefOr<Schema> {
        let spans = text().pattern(Some(r"^[0-9]+(\.[0-9]+)?(s|m|h)$"));
        let described = "A number of seconds, or a text such as `90s`, `15m` or `1.5h`; at most a day.";
        let seconds = number().minimum(Some(0.0)).maximum(Some(86_400.0));
        one_of_these(described, [seconds, spans])
    }
}

impl ToSchema for NumberSaid {}
impl ToSchema for WeightSaid {}
impl ToSchema for LatitudeSaid {}
impl ToSchema for LongitudeSaid {}
impl ToSchema for InstantSaid {}
impl ToSchema for InstantOrEmptySaid {}
impl ToSchema for BoxSaid {}
impl ToSchema for BoxOrEmptySaid {}
impl ToSchema for FlagOrEmptySaid {}
impl ToSchema for SpeedSaid {}
impl ToSchema for SpanSaid {}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use skyhaul_actors::command::PackageSize;

    use super::*;

    #[test]
    fn an_enum_is_described_by_its_names_and_numbers() {
        let shown = serde_json::to_value(Said::<PackageSize>::schema()).expect("JSON");
        assert_eq!(Said::<PackageSize>::name(), "PackageSize");
        assert_eq!(
            shown["anyOf"],
            json!([
                {"type": "string", "enum": ["Small", "Medium", "Large"]},
                {"type": "integer", "minimum": 0, "maximum": 2},
            ])
        );
    }

    #[test]
    fn an_instant_may_be_left_open_only_where_that_means_something() {
        let ways = |schema: RefOr<Schema>| -> Vec<Value> {
            let shown = serde_json::to_value(schema).expect("JSON");
            shown["anyOf"].as_array().expect("ways").clone()
        };
        let empty = json!({"type": "string", "enum": [""]});
        assert!(!ways(InstantSaid::schema()).contains(&empty));
        assert!(ways(InstantOrEmptySaid::schema()).contains(&empty));
    }
}
