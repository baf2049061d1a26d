//! External aircraft: those that fly outside the simulated world, a real one or one of another simulator. They are shown and nothing else: no event
//! tells of them, no actor hears of them, and they are forgotten when nothing is heard of them. Their time is the wall clock's.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;
use skyhaul_engine::geo::Position;
use tokio::time::Instant;

/// Most aircraft that are shown: they are told to everyone who looks at the fleet, wherever that is. Others are not taken in until one is gone.
pub const EXTERNALS_MAX: usize = 64;

/// An aircraft of which no position came for so long is shown as stale: autopilots send one a second or oftener.
pub const STALE_AFTER: Duration = Duration::from_secs(5);

/// After so long it is shown no more.
pub const GONE_AFTER: Duration = Duration::from_secs(30);

/// Where the numbers of externals begin among those of drones, as frames have them.
const FIRST_NUMBER: u32 = 1 << 31;

/// Who speaks: a system at an address, since systems number themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Where it sends from.
    pub address: IpAddr,
    /// What it calls itself, 1 to 255.
    pub system: u8,
}

/// What an aircraft says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Report {
    /// Whether its motors are armed.
    Armed(bool),
    /// Where it is and how it moves.
    Moving(Movement),
    /// What is left in its battery, 0 to 1.
    Battery(f64),
}

/// Where an aircraft is and how it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Movement {
    /// Over the ground.
    pub at: Position,
    /// Above where it took off, m.
    pub altitude_m: f64,
    /// Degrees clockwise from north.
    pub heading_deg: f64,
    /// Over the ground, m/s.
    pub speed_mps: f64,
}

/// An aircraft as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalView {
    /// Its number among the externals.
    pub number: u32,
    /// Where it was when it said so last.
    pub movement: Movement,
    /// What was left in its battery, 0 to 1, where it says so.
    pub battery: Option<f64>,
    /// Whether it flies.
    pub flies: bool,
    /// Whether nothing was heard of it for some seconds.
    pub is_stale: bool,
}

impl ExternalView {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        name_of(self.number)
    }

    /// Its number among those of drones.
    pub(crate) const fn code(&self) -> u32 {
        code_of(self.number)
    }
}

/// The name of an external by its number.
pub(crate) fn name_of(number: u32) -> String {
    format!("external-{number}")
}

/// The number of an external among those of drones.
pub(crate) const fn code_of(number: u32) -> u32 {
    FIRST_NUMBER + number
}

/// The aircraft that were heard of late.
#[derive(Debug, Default)]
pub struct Externals(Mutex<BTreeMap<Source, Heard>>);

/// What was heard of one.
#[derive(Debug)]
struct Heard {
    number: u32,
    movement: Movement,
    /// When it said where it is.
    at: Instant,
    battery: Option<f64>,
    is_armed: Option<bool>,
}

impl Externals {
    /// Takes what an aircraft says at `now`. Nobody is known before it has said where it is.
    ///
    /// # Errors
    /// Where there are as many as may be.
    pub fn hear(&self, source: Source, report: Report, now: Instant) -> Result<(), TooMany> {
        let mut known = self.0.lock();
        if let Some(heard) = known.get_mut(&source) {
            heard.take(report, now);
            return Ok(());
        }
        let Report::Moving(movement) = report else {
            return Ok(());
        };
        known.retain(|_, heard| !heard.is_gone(now));
        if known.len() >= EXTERNALS_MAX {
            return Err(TooMany);
        }
        let number = free_number(&known, source.system);
        let heard = Heard {
            number,
            movement,
            at: now,
            battery: None,
            is_armed: None,
        };
        known.insert(source, heard);
        Ok(())
    }

    /// Those that are shown at `now`, by number.
    #[must_use]
    pub fn shown(&self, now: Instant) -> Vec<ExternalView> {
        let mut known = self.0.lock();
        known.retain(|_, heard| !heard.is_gone(now));
        let mut shown: Vec<_> = known.values().map(|heard| heard.view(now)).collect();
        drop(known);
        shown.sort_unstable_by_key(|view| view.number);
        shown
    }
}

/// There are as many externals as may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// What a system calls itself where no other is called so, or else the first number that no system can choose.
fn free_number(known: &BTreeMap<Source, Heard>, system: u8) -> u32 {
    let is_free = |number: &u32| known.values().all(|heard| heard.number != *number);
    let own = u32::from(system);
    std::iter::once(own).chain(256..).find(is_free).unwrap_or(own)
}

impl Heard {
    fn take(&mut self, report: Report, now: Instant) {
        match report {
            Report::Armed(is_armed) => self.is_armed = Some(is_armed),
            Report::Battery(share) => self.battery = Some(share),
            Report::Moving(movement) => (self.movement, self.at) = (movement, now),
        }
    }

    fn is_gone(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) >= GONE_AFTER
    }

    fn view(&self, now: Instant) -> ExternalView {
        ExternalView {
            number: self.number,
            movement: self.movement,
            battery: self.battery,
            flies: self.is_armed.unwrap_or(self.movement.altitude_m >= 1.0),
            is_stale: now.saturating_duration_since(self.at) >= STALE_AFTER,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn source(last: u8, system: u8) -> Source {
        Source {
            address: Ipv4Addr::new(127, 0, 0, last).into(),
            system,
        }
    }

    fn moving(altitude_m: f64) -> Report {
        Report::Moving(Movement {
            at: Position::new(43.77, 11.25).expect("a place"),
            altitude_m,
            heading_deg: 90.0,
            speed_mps: 5.0,
        })
    }

    #[test]
    fn an_aircraft_becomes_stale_and_then_goes_unless_it_says_where_it_is() {
        let (externals, begun) = (Externals::default(), Instant::now());
        let shown = |after: Duration| {
            let shown = externals.shown(begun + after);
            shown.first().map(|view| view.is_stale)
        };
        externals
            .hear(source(1, 7), Report::Armed(true), begun)
            .expect("there is room");
        assert_eq!(shown(Duration::ZERO), None, "nobody knows where it is");
        externals
            .hear(source(1, 7), moving(30.0), begun)
            .expect("there is room");
        assert_eq!(shown(STALE_AFTER / 2), Some(false));
        let late = begun + STALE_AFTER;
        externals
            .hear(source(1, 7), Report::Battery(0.5), late)
            .expect("it is known");
        assert_eq!(shown(STALE_AFTER), Some(true), "that says nothing of where it is");
        externals
            .hear(source(1, 7), moving(31.0), late)
            .expect("it is known");
        assert_eq!(shown(STALE_AFTER), Some(false));
        assert_eq!(shown(GONE_AFTER), Some(true));
        assert_eq!(shown(STALE_AFTER + GONE_AFTER), None);
    }

    #[test]
    fn systems_keep_their_number_where_nobody_else_has_it() {
        let (externals, now) = (Externals::default(), Instant::now());
        for source in [source(1, 7), source(2, 7), source(1, 3)] {
            externals.hear(source, moving(0.0), now).expect("there is room");
        }
        let names: Vec<_> = externals.shown(now).iter().map(ExternalView::name).collect();
        assert_eq!(names, ["external-3", "external-7", "external-256"]);
        assert_eq!(externals.shown(now)[0].code(), 2_147_483_651);
    }

    #[test]
    fn what_is_armed_flies_and_where_that_is_not_known_what_is_off_the_ground() {
        let (externals, now) = (Externals::default(), Instant::now());
        let flies = || externals.shown(now)[0].flies;
        externals
            .hear(source(1, 1), moving(20.0), now)
            .expect("there is room");
        assert!(flies());
        externals
            .hear(source(1, 1), Report::Armed(false), now)
            .expect("it is known");
        assert!(!flies());
        externals
            .hear(source(1, 1), Report::Armed(true), now)
            .expect("it is known");
        assert!(flies());
    }

    #[test]
    fn there_are_so_many_and_no_more_until_one_has_gone() {
        let (externals, now) = (Externals::default(), Instant::now());
        let most = u8::try_from(EXTERNALS_MAX).expect("few");
        for system in 1..=most {
            externals
                .hear(source(1, system), moving(0.0), now)
                .expect("there is room");
        }
        assert_eq!(externals.hear(source(2, 1), moving(0.0), now), Err(TooMany));
        assert_eq!(
            externals.hear(source(1, 1), moving(9.0), now),
            Ok(()),
            "it is known"
        );
        let later = now + GONE_AFTER;
        assert_eq!(externals.hear(source(2, 1), moving(0.0), later), Ok(()));
        assert_eq!(externals.shown(later).len(), 1);
    }
}
