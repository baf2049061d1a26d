//! Query strings: parameters by name, limits, boxes, months.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use jiff::{SignedDuration, Timestamp};
use skyhaul_engine::geo::Position;

use super::fields::{Faults, Named};
use super::problem::Problem;
use crate::people::People;

/// Most items an answer holds: a page of deliveries is then below half a megabyte. More are asked for with the cursor.
pub(crate) const ITEMS_MAX: usize = 1_000;

/// Items an answer holds where nothing was said.
const ITEMS_DEFAULT: usize = 100;

/// The parameters of a query string.
pub(crate) struct Query {
    parameters: BTreeMap<String, String>,
    faults: Faults,
}

impl Query {
    /// Reads the query string.
    pub(crate) fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
            .map_err(|error| Problem::malformed(format!("the query cannot be read: {error}")))?;
        Ok(Self {
            parameters: pairs.into_inner().into_iter().collect(),
            faults: Faults::default(),
        })
    }

    /// A parameter; an empty one counts as left out.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.parameters
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// Whether a parameter is there, be it empty.
    pub(crate) fn is_said(&self, name: &str) -> bool {
        self.parameters.contains_key(name)
    }

    /// A parameter that must be there.
    pub(crate) fn required_text(&self, name: &str) -> Option<&str> {
        let text = self.text(name);
        if text.is_none() {
            self.faults.malformed(name, "is required");
        }
        text
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str, wanted: &str) -> Option<T> {
        let parsed = self.text(name)?.parse().ok();
        if parsed.is_none() {
            self.faults.malformed(name, format!("must be {wanted}"));
        }
        parsed
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.parsed(name, "true or false")
    }

    /// A share, 0 to 1.
    pub(crate) fn share(&self, name: &str) -> Option<f64> {
        let share = self.parsed::<f64>(name, "a number from 0 to 1")?;
        if !(0.0..=1.0).contains(&share) {
            self.faults.malformed(name, "must be a number from 0 to 1");
        }
        Some(share)
    }

    /// A member of an enum.
    pub(crate) fn named<N: Named>(&self, name: &str) -> Option<N> {
        let member = N::said(self.text(name)?);
        if member.is_none() {
            self.faults
                .malformed(name, format!("must be one of {}", N::names()));
        }
        member
    }

    /// How many items are wanted.
    pub(crate) fn limit(&self) -> usize {
        let wanted = format!("a number from 1 to {ITEMS_MAX}");
        let limit = self.parsed::<usize>("limit", &wanted);
        if limit.is_some_and(|limit| !(1..=ITEMS_MAX).contains(&limit)) {
            self.faults.malformed("limit", format!("must be {wanted}"));
        }
        limit.unwrap_or(ITEMS_DEFAULT)
    }

    /// After which number the page begins.
    pub(crate) fn cursor(&self) -> Option<u64> {
        let number = self.text("cursor").map(|text| u64::from_str_radix(text, 16));
        match number? {
            Ok(number) => Some(number),
            Err(_) => {
                self.faults
                    .malformed("cursor", "is not one that this service gave");
                None
            }
        }
    }

    /// A box.
    pub(crate) fn bounds(&self) -> Option<Bounds> {
        let sides = Bounds::sides(self.text("bbox")?);
        let Some(sides) = sides else {
            let wanted = "must be west,south,east,north in degrees";
            self.faults.malformed("bbox", wanted);
            return None;
        };
        let bounds = Bounds::new(sides);
        if bounds.is_none() {
            let reason = "must lie on the sphere, south not above north";
            self.faults.impossible("bbox", reason);
        }
        bounds
    }

    /// A span of time from `from` to `to`, no longer than `longest`.
    pub(crate) fn span(&self, longest: SignedDuration) -> Option<(Timestamp, Timestamp)> {
        let wanted = "a time, RFC 3339";
        let (from, to) = (self.required_text("from"), self.required_text("to"));
        let from = from.and_then(|_| self.parsed::<Timestamp>("from", wanted));
        let to = to.and_then(|_| self.parsed::<Timestamp>("to", wanted));
        let (from, to) = (from?, to?);
        if to <= from || to.duration_since(from) > longest {
            let said = format!(
                "must be later than from, by {} minutes at most",
                longest.as_mins()
            );
            self.faults.impossible("to", said);
        }
        Some((from, to))
    }

    /// The owner and month that are asked for.
    pub(crate) fn owner_and_month(&self, owner: Option<&str>) -> Result<OwnerMonth, Problem> {
        let owner = owner
            .or_else(|| self.required_text("ownerId"))
            .unwrap_or_default();
        let (year, month) = (self.required_text("year"), self.required_text("month"));
        let year = year.and_then(|_| self.parsed::<u16>("year", "a year, 1 to 9999"));
        let month = month.and_then(|_| self.parsed::<u8>("month", "a month, 1 to 12"));
        if year.is_some_and(|year| !(1..=9_999).contains(&year)) {
            self.faults.malformed("year", "must be a year, 1 to 9999");
        }
        if month.is_some_and(|month| !(1..=12).contains(&month)) {
            self.faults.malformed("month", "must be a month, 1 to 12");
        }
        self.check()?;
        Ok(OwnerMonth {
            owner: owner.to_owned(),
            year: year.unwrap_or_default(),
            month: month.unwrap_or_default(),
        })
    }

    /// Says that a parameter cannot be what it is, and why.
    pub(crate) fn refuse(&self, name: &str, reason: String) {
        self.faults.impossible(name, reason);
    }

    /// Says what was wrong.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        self.faults.check()
    }
}

/// A cursor as a client is given it.
pub(crate) fn cursor_text(number: u64) -> String {
    format!("{number:x}")
}

/// An owner's month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnerMonth {
    /// Whose.
    pub(crate) owner: String,
    /// The year, UTC.
    pub(crate) year: u16,
    /// The month, 1 to 12.
    pub(crate) month: u8,
}

impl OwnerMonth {
    /// The same, by what stands for the owner in the stores.
    pub(crate) fn disguised(self, people: &People) -> Result<Self, Problem> {
        let owner = people.pseudonym(&self.owner)?;
        Ok(Self { owner, ..self })
    }
}

/// A box in degrees; one whose west lies east of its east crosses the date line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl Bounds {
    fn sides(text: &str) -> Option<[f64; 4]> {
        let numbers: Vec<f64> = text
            .split(',')
            .map(|part| part.trim().parse().ok())
            .collect::<Option<_>>()?;
        numbers.try_into().ok()
    }

    /// The box with these edges: west, south, east, north.
    pub(crate) fn new([west, south, east, north]: [f64; 4]) -> Option<Self> {
        Position::new(south, west)?;
        Position::new(north, east)?;
        (south <= north).then_some(Self {
            west,
            south,
            east,
            north,
        })
    }

    /// How far it is from one corner to the opposite one, m.
    pub(crate) fn diagonal_m(&self) -> f64 {
        let corner = |lat, lon| Position::new(lat, lon).unwrap_or_default();
        let (from, to) = (corner(self.south, self.west), corner(self.north, self.east));
        from.distance_m(to)
    }

    /// Degrees of longitude from west to east, also across the date line.
    fn width(&self) -> f64 {
        let width = self.east - self.west;
        if width < 0.0 { width + 360.0 } else { width }
    }

    /// Which of so many parts along each side a place inside is in, counted from the south-west.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the parts there are"
    )]
    pub(crate) fn part(&self, place: Position, per_side: u8) -> (u8, u8) {
        let east = place.lon() - self.west;
        let east = if east < 0.0 { east + 360.0 } else { east };
        let index = |offset: f64, side: f64| {
            let share = if side > 0.0 { offset / side } else { 0.0 };
            (share * f64::from(per_side)).clamp(0.0, f64::from(per_side - 1)) as u8
        };
        let north = index(place.lat() - self.south, self.north - self.south);
        (north, index(east, self.width()))
    }

    /// West, south, east, north of a part.
    pub(crate) fn bbox_of(&self, (north, east): (u8, u8), per_side: u8) -> [f64; 4] {
        let (height, width) = (self.north - self.south, self.width());
        let at = |side: f64, index: u8| side * f64::from(index) / f64::from(per_side);
        let lon = |index| {
            let lon = self.west + at(width, index);
            if lon > 180.0 { lon - 360.0 } else { lon }
        };
        let lat = |index| self.south + at(height, index);
        [lon(east), lat(north), lon(east + 1), lat(north + 1)]
    }

    /// Whether a path may touch it: whether its own box does. A path across the date line is one the long way round, and touches all between.
    pub(crate) fn may_touch(&self, path: impl Iterator<Item = Position>) -> bool {
        let mut own: Option<Self> = None;
        for place in path {
            let (lat, lon) = (place.lat(), place.lon());
            let known = own.get_or_insert(Self {
                west: lon,
                south: lat,
                east: lon,
                north: lat,
            });
            known.west = known.west.min(lon);
            known.east = known.east.max(lon);
            known.south = known.south.min(lat);
            known.north = known.north.max(lat);
        }
        own.is_some_and(|own| {
            let meets = if self.west <= self.east {
                own.west <= self.east && own.east >= self.west
            } else {
                own.east >= self.west || own.west <= self.east
            };
            meets && own.south <= self.north && own.north >= self.south
        })
    }

    /// Whether the place lies inside.
    pub(crate) fn contains(&self, place: Position) -> bool {
        let is_between = if self.west <= self.east {
            (self.west..=self.east).contains(&place.lon())
        } else {
            place.lon() >= self.west || place.lon() <= self.east
        };
        is_between && (self.south..=self.north).contains(&place.lat())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn query(text: &str) -> Query {
        let request = TestRequest::with_uri(&format!("/?{text}")).to_http_request();
        Query::read(&request).expect("the query can be read")
    }

    #[test]
    fn a_path_may_touch_a_box_that_its_own_box_meets() {
        let at = |lat, lon| Position::new(lat, lon).expect("on the sphere");
        let path = [at(43.7, 11.2), at(43.8, 11.3)];
        for (bbox, meets) in [
            ([11.25, 43.75, 11.26, 43.76], true),
            ([11.0, 43.0, 12.0, 44.0], true),
            ([11.3, 43.8, 11.4, 43.9], true),
            ([11.31, 43.7, 11.4, 43.8], false),
            ([11.2, 43.81, 11.3, 43.9], false),
            ([170.0, 43.7, 11.2, 43.8], true),
            ([170.0, 43.7, -170.0, 43.8], false),
        ] {
            let bounds = Bounds::new(bbox).expect("a box");
            assert_eq!(bounds.may_touch(path.into_iter()), meets, "{bbox:?}");
        }
        let all = Bounds::new([-180.0, -90.0, 180.0, 90.0]).expect("a box");
        assert!(!all.may_touch([].into_iter()), "what is nowhere touches nothing");
    }

    #[test]
    fn limits_and_cursors_are_checked() {
        assert_eq!(query("").limit(), ITEMS_DEFAULT);
        assert_eq!(query("limit=1000&cursor=ff").cursor(), Some(255));
        assert_eq!(query("late=true").flag("late"), Some(true));
        assert_eq!(query("share=0.25").share("share"), Some(0.25));
        for wrong in ["late=yes", "share=1.5", "share=NaN", "share=x"] {
            let query = query(wrong);
            let _ = (query.flag("late"), query.share("share"));
            assert!(query.check().is_err(), "{wrong}");
        }
        for wrong in ["limit=0", "limit=1001", "limit=-1", "limit=x", "cursor=zz"] {
            let query = query(wrong);
            let _ = (query.limit(), query.cursor());
            assert!(query.check().is_err(), "{wrong}");
        }
    }

    #[test]
    fn boxes_hold_what_lies_inside_also_across_the_date_line() {
        let at = |lat, lon| Position::new(lat, lon).expect("on the sphere");
        let florence = query("bbox=11.1,%2043.7,11.4,43.9").bounds().expect("is a box");
        assert!(florence.contains(at(43.77, 11.25)) && !florence.contains(at(43.77, 11.5)));
        let fiji = query("bbox=177,-20,-178,-12").bounds().expect("is a box");
        assert!(
            fiji.contains(at(-18.0, 179.9))
                && fiji.contains(at(-18.0, -179.9))
                && !fiji.contains(at(-18.0, 0.0))
        );
        for wrong in ["1,2,3", "a,b,c,d", "0,10,1,9", "0,0,0,91", "NaN,0,1,1"] {
            let query = query(&format!("bbox={wrong}"));
            assert_eq!(query.bounds(), None, "{wrong}");
            assert!(query.check().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_month_without_its_parts_is_refused_by_name() {
        let told = query("ownerId=o&month=13")
            .owner_and_month(None)
            .expect_err("wrong")
            .to_string();
        assert!(
            told.contains("year: is required") && told.contains("month: must be"),
            "{told}"
        );
        let asked = query("year=2026&month=2")
            .owner_and_month(Some("o"))
            .expect("right");
        assert_eq!((asked.owner.as_str(), asked.year, asked.month), ("o", 2_026, 2));
    }
}
