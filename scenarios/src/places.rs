//! Lists of places: where demand goes and comes from, and what clients may call by name.

use skyhaul_actors::airspace::Airspace;
use skyhaul_actors::environment::{Area, WeightedPlace};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;

use crate::error::ScenarioError;
use crate::table::{Row, Table};

/// Scatter round a place of which neither the scenario nor the list says how large it is, m.
const SPREAD_M_DEFAULT: f64 = 100.0;

/// Square metres in a square mile.
const M2_PER_SQUARE_MILE: f64 = 2_589_988.110_336;

/// Columns whose cells name a place.
const NAME_COLUMNS: [&str; 4] = ["name", "zip", "postcode", "postal_code"];

/// The greatest weight of a place: sums of them stay exact enough.
const WEIGHT_MAX: f64 = 1e12;

/// How far demand scatters round a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Spread {
    /// Not at all: each place is one address.
    None,
    /// Over a disc of this radius, m.
    Metres(f64),
    /// Over a disc of the place's `land_area_sq_mi`, else of 100 m.
    ByLandArea,
}

/// The land on which places count.
pub(crate) struct Land<'a> {
    /// Places outside are left out.
    pub(crate) area: Area,
    /// What is closed for ever; places inside are left out where it is given.
    pub(crate) clear_of: Option<&'a Airspace>,
}

/// A list as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlaceList {
    /// The places that count, with cumulative weights.
    pub(crate) weighted: Vec<WeightedPlace>,
    /// Places with the names that their rows give.
    pub(crate) named: Vec<(String, Position)>,
    /// Rows left out because they lie outside the area.
    pub(crate) outside: usize,
    /// Rows left out because they lie in a zone.
    pub(crate) closed: usize,
}

/// Reads a list.
///
/// # Errors
/// Where the file is not as it should be, or no place of it counts.
pub(crate) fn read_places(
    file: &str,
    text: &str,
    weight: Option<&str>,
    spread: Spread,
    land: &Land<'_>,
) -> Result<PlaceList, ScenarioError> {
    let table = Table::read(file, text)?;
    let weight = weight.map(|name| table.require(name)).transpose()?;
    let land_area = table
        .column("land_area_sq_mi")
        .filter(|_| spread == Spread::ByLandArea);
    let mut list = PlaceList {
        weighted: Vec::new(),
        named: Vec::new(),
        outside: 0,
        closed: 0,
    };
    let mut total = 0.0;
    for (row, at) in table.places()? {
        let weight = weight.map_or(Ok(1.0), |column| row.number(column, 0.0..=WEIGHT_MAX))?;
        let spread_m = match (spread, land_area) {
            (Spread::None, _) => 0.0,
            (Spread::Metres(metres), _) => metres,
            (Spread::ByLandArea, None) => SPREAD_M_DEFAULT,
            (Spread::ByLandArea, Some(column)) => {
                let square_metres = row.number(column, 0.0..=1e8)? * M2_PER_SQUARE_MILE;
                (square_metres / std::f64::consts::PI).sqrt()
            }
        };
        if !land.area.contains(at) {
            list.outside += 1;
            continue;
        }
        list.named.extend(names(&table, &row).map(|name| (name, at)));
        if land
            .clear_of
            .is_some_and(|closed| closed.is_closed(at, SimTime::ZERO))
        {
            list.closed += 1;
            continue;
        }
        if weight > 0.0 {
            total += weight;
            list.weighted.push(WeightedPlace {
                at,
                cumulative_weight: total,
                spread_m,
            });
        }
    }
    if list.weighted.is_empty() {
        let why = "no place of it counts: all lie outside the area, in a no-fly zone, or weigh nothing; check `area` and the weights";
        return Err(ScenarioError::of_file(file, why));
    }
    Ok(list)
}

/// What the row's place is called.
fn names(table: &Table<'_>, row: &Row<'_>) -> impl Iterator<Item = String> {
    NAME_COLUMNS
        .iter()
        .filter_map(|name| table.column(name))
        .map(|column| row.text(column).to_owned())
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area() -> Area {
        Area {
            centre: Position::new(43.77, 11.25).expect("on the sphere"),
            radius_m: 5_000.0,
        }
    }

    fn read(text: &str, weight: Option<&str>, spread: Spread) -> Result<PlaceList, ScenarioError> {
        let land = Land {
            area: area(),
            clear_of: None,
        };
        read_places("a.csv", text, weight, spread, &land)
    }

    #[test]
    fn sums_weights_and_leaves_out_what_weighs_nothing_or_lies_outside() {
        let text = "zip,lat,lon,people\n50121,43.77,11.25,3\n50122,43.78,11.25,0\n50123,43.77,11.26,4\nfar,44.77,11.25,9\n";
        let list = read(text, Some("people"), Spread::ByLandArea).expect("it is right");
        let weights: Vec<f64> = list
            .weighted
            .iter()
            .map(|place| place.cumulative_weight)
            .collect();
        assert_eq!(weights, [3.0, 7.0]);
        assert_eq!(list.outside, 1);
        assert_eq!(list.named.len(), 3);
        assert!(
            list.weighted
                .iter()
                .all(|place| place.spread_m == SPREAD_M_DEFAULT)
        );
    }

    #[test]
    fn scatters_over_a_disc_of_the_land_area() {
        let list = read(
            "lat,lon,land_area_sq_mi\n43.77,11.25,1\n",
            None,
            Spread::ByLandArea,
        )
        .expect("it is right");
        let spread_m = list.weighted[0].spread_m;
        assert!((std::f64::consts::PI * spread_m * spread_m - M2_PER_SQUARE_MILE).abs() < 1.0);
    }

    #[test]
    fn says_which_weight_is_wrong() {
        let error =
            read("lat,lon,people\n43.77,11.25,-1\n", Some("people"), Spread::None).expect_err("it is wrong");
        let expected = "a.csv:2: column `people` is `-1`, must be a number between 0 and 1000000000000";
        assert_eq!(error.to_string(), expected);
        let error = read("lat,lon\n43.77,11.25\n", Some("people"), Spread::None).expect_err("it is wrong");
        assert_eq!(
            error.to_string(),
            "a.csv:1: there is no column `people`; the nearest known is `lon`; there are `lat`, `lon`"
        );
    }

    #[test]
    fn refuses_a_list_of_which_nothing_is_left() {
        let error = read("lat,lon\n44.77,11.25\n", None, Spread::None).expect_err("nothing is left");
        assert!(
            error.to_string().starts_with("a.csv: no place of it counts"),
            "{error}"
        );
    }
}
