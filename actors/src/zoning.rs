//! Zoning: zones that are declared and lifted while the world runs. A function of the commands alone, never of how far the world has run.
//!
//! What nobody knew before its time changes nothing before its time, so all actors may read of it as soon as the command is there.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::time::SimTime;

use crate::command::Command;
use crate::environment::Zone;
use crate::event::ZoneRefusal;

/// How many zones may be declared while the world runs: each is part of every snapshot. More are refused ([`ZoneRefusal::TooMany`]).
pub const DECLARED_MAX: usize = 1_000;

/// Which zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ZoneRef {
    /// One of the plan, by its place.
    Planned(u32),
    /// One that was declared while the world runs, by its place.
    Declared(u32),
}

impl ZoneRef {
    /// Its place among all zones, where so many were planned.
    #[must_use]
    pub fn place(self, planned: usize) -> usize {
        match self {
            Self::Planned(place) => place as usize,
            Self::Declared(place) => planned + place as usize,
        }
    }
}

/// What becomes of the zones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ZoneChange {
    /// One of the plan is known from now on.
    Announced {
        /// Its place in the plan.
        place: u32,
    },
    /// One is declared that was not planned.
    Declared {
        /// All of it.
        zone: Arc<Zone>,
    },
    /// One is in force no more.
    Lifted {
        /// Its name.
        name: String,
    },
    /// They stay as they were.
    Refused {
        /// The name of the zone that was to change.
        name: String,
        /// Why.
        reason: ZoneRefusal,
    },
}

/// What commands have made of the zones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Zoning {
    declared: Vec<Arc<Zone>>,
    lifted: Vec<(ZoneRef, SimTime)>,
}

impl Zoning {
    /// The zones that were declared, in order.
    pub(crate) fn declared(&self) -> &[Arc<Zone>] {
        &self.declared
    }

    /// The zones that were lifted, with when.
    pub(crate) fn lifted(&self) -> &[(ZoneRef, SimTime)] {
        &self.lifted
    }

    /// What a command comes to that takes effect at `stamp`; `None` for one that is about no zone.
    pub(crate) fn decide(
        &mut self,
        command: &Command,
        stamp: SimTime,
        planned: &[Zone],
    ) -> Option<ZoneChange> {
        let (name, decided) = match command {
            Command::DeclareZone { zone } => (&zone.name, self.declare(zone, stamp, planned)),
            Command::LiftZone { name } => (name, self.lift(name, stamp, planned)),
            _ => return None,
        };
        Some(decided.unwrap_or_else(|reason| ZoneChange::Refused {
            name: name.clone(),
            reason,
        }))
    }

    fn declare(&mut self, zone: &Zone, stamp: SimTime, planned: &[Zone]) -> Result<ZoneChange, ZoneRefusal> {
        let zone = zone.clone().told_of_at(stamp);
        if !zone.is_sound() || zone.from.is_some_and(|from| zone.is_over(from)) {
            return Err(ZoneRefusal::Unsound);
        }
        if self.find(&zone.name, stamp, planned).is_some() {
            return Err(ZoneRefusal::NameTaken);
        }
        if self.declared.len() >= DECLARED_MAX {
            return Err(ZoneRefusal::TooMany);
        }
        let zone = Arc::new(zone);
        self.declared.push(Arc::clone(&zone));
        Ok(ZoneChange::Declared { zone })
    }

    fn lift(&mut self, name: &str, stamp: SimTime, planned: &[Zone]) -> Result<ZoneChange, ZoneRefusal> {
        let zone = self.find(name, stamp, planned).ok_or(ZoneRefusal::Unknown)?;
        self.lifted.push((zone, stamp));
        Ok(ZoneChange::Lifted {
            name: name.to_owned(),
        })
    }

    /// The zone of that name which is not over, and known or at least planned.
    fn find(&self, name: &str, at: SimTime, planned: &[Zone]) -> Option<ZoneRef> {
        let planned = (0..).map(ZoneRef::Planned).zip(planned);
        let declared = (0..)
            .map(ZoneRef::Declared)
            .zip(self.declared.iter().map(|zone| &**zone));
        let mut known = planned.chain(declared);
        let is_lifted = |zone: ZoneRef| self.lifted.iter().any(|(lifted, _)| *lifted == zone);
        let found = known.find(|(place, zone)| zone.name == name && !zone.is_over(at) && !is_lifted(*place));
        found.map(|(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_engine::geo::Position;
    use skyhaul_engine::time::SimDuration;

    use super::*;
    use crate::environment::{ZONE_NOTICE, ZoneShape};

    fn zone(name: &str) -> Zone {
        let centre = Position::new(47.6, -122.3).expect("on the sphere");
        Zone::permanent(
            name.to_owned(),
            ZoneShape::Circle {
                centre,
                radius_m: 100.0,
            },
        )
    }

    fn minute(number: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_mins(number)
    }

    fn decide(zoning: &mut Zoning, command: &Command, at: u64) -> ZoneChange {
        let change = zoning.decide(command, minute(at), &[zone("planned")]);
        change.expect("it is about a zone")
    }

    fn refusal(change: &ZoneChange) -> Option<ZoneRefusal> {
        match change {
            ZoneChange::Refused { reason, .. } => Some(*reason),
            _ => None,
        }
    }

    #[test]
    fn a_declared_zone_comes_into_force_with_notice() {
        let mut zoning = Zoning::default();
        let change = decide(&mut zoning, &Command::DeclareZone { zone: zone("fire") }, 10);
        let ZoneChange::Declared { zone } = change else {
            panic!("it is declared, not {change:?}");
        };
        assert_eq!(zone.announced, Some(minute(10)));
        assert_eq!(zone.from, Some(minute(10) + ZONE_NOTICE));
    }

    #[test]
    fn a_name_is_taken_until_its_zone_is_over() {
        let mut zoning = Zoning::default();
        let declare = |name| Command::DeclareZone { zone: zone(name) };
        let lift = |name: &str| Command::LiftZone {
            name: name.to_owned(),
        };
        assert_eq!(
            refusal(&decide(&mut zoning, &declare("planned"), 1)),
            Some(ZoneRefusal::NameTaken)
        );
        assert_eq!(
            refusal(&decide(&mut zoning, &lift("fire"), 1)),
            Some(ZoneRefusal::Unknown)
        );
        assert_eq!(refusal(&decide(&mut zoning, &declare("fire"), 1)), None);
        assert_eq!(
            refusal(&decide(&mut zoning, &declare("fire"), 2)),
            Some(ZoneRefusal::NameTaken)
        );
        assert_eq!(refusal(&decide(&mut zoning, &lift("fire"), 3)), None);
        assert_eq!(
            refusal(&decide(&mut zoning, &lift("fire"), 4)),
            Some(ZoneRefusal::Unknown)
        );
        assert_eq!(refusal(&decide(&mut zoning, &declare("fire"), 5)), None);
        assert_eq!(refusal(&decide(&mut zoning, &lift("planned"), 5)), None);
        assert_eq!(
            zoning.lifted(),
            [
                (ZoneRef::Declared(0), minute(3)),
                (ZoneRef::Planned(0), minute(5))
            ]
        );
    }

    #[test]
    fn what_encloses_nothing_or_ends_before_it_begins_is_refused() {
        let mut zoning = Zoning::default();
        let mut flat = zone("flat");
        flat.ceiling_m = Some(0.0);
        let mut late = zone("late");
        late.until = Some(minute(11));
        let mut point = zone("point");
        point.shape = ZoneShape::Polygon(Vec::new());
        for zone in [flat, late, point] {
            let change = decide(&mut zoning, &Command::DeclareZone { zone }, 10);
            assert_eq!(refusal(&change), Some(ZoneRefusal::Unsound));
        }
    }
}
