//! Prospects: what a request may hope for while all drones that could serve it are busy, and how long it waits for one.
//!
//! A drone that flew a mission wants a battery before the next: swapped where a charged one lies on the shelf, else filled on a pad. So missions
//! follow one another as fast as the drones come round, or as fast as the pads and the shelf give batteries, whichever is slower.

use serde::{Deserialize, Serialize};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use super::{Choice, Fleet, Group};
use crate::battery::{charge_time, charged};
use crate::event::AssignmentRefusal;
use crate::mission::{Errand, MissionEstimate};
use crate::tree::Surroundings;

/// What a request may hope for while all able drones are busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::scheduler) struct Prospect {
    pub(in crate::scheduler) estimate: MissionEstimate,
    pub(in crate::scheduler) asked_at: SimTime,
    /// When the drone of the estimate takes off: later than it was asked where the weather keeps it on the ground.
    leaves_at: SimTime,
    /// From one able drone that comes free to the next.
    headway: SimDuration,
}

impl Prospect {
    /// What only one drone in the world may do, leaving at `asked_at`.
    pub(in crate::scheduler) fn of_one(estimate: MissionEstimate, asked_at: SimTime) -> Self {
        Self {
            estimate,
            asked_at,
            leaves_at: asked_at,
            headway: estimate.home_at.since(asked_at),
        }
    }

    /// The wait to expect behind `ahead` others: able drones come free one after another.
    pub(in crate::scheduler) fn wait(&self, ahead: usize) -> SimDuration {
        SimDuration::from_seconds_f64(self.headway.as_seconds_f64() * (ahead as f64 + 1.0))
    }

    /// The same at the least: the next drone may come free at once.
    pub(in crate::scheduler) fn wait_min(&self, ahead: usize) -> SimDuration {
        ahead
            .checked_sub(1)
            .map_or(SimDuration::ZERO, |before| self.wait(before))
    }

    /// When the parcel is picked up, where a drone is waited for so long from `now` on.
    pub(in crate::scheduler) fn picked_up_after(&self, wait: SimDuration, now: SimTime) -> SimTime {
        now.max(self.leaves_at) + wait + self.estimate.picked_up_at.since(self.leaves_at)
    }
}

impl Fleet {
    /// What a request may hope for though no ready drone can do it; `closest` is the reason why the one that came closest cannot.
    pub(super) fn hope(
        &self,
        closest: AssignmentRefusal,
        errand: &Errand,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> Choice {
        let may_come =
            |group: &&Group| group.living() > 0 && (group.idle.is_empty() || self.is_grounded(group.depot));
        let may_come = self.groups.iter().filter(may_come);
        match self.prospect(may_come, closest, errand, surroundings, now) {
            Ok(prospect) => Choice::Busy(prospect),
            Err(closest) => Choice::Unable(closest),
        }
    }

    /// What a request may hope for of all drones, ready or not.
    ///
    /// # Errors
    /// The reason why the drone that came closest never can.
    pub(in crate::scheduler) fn outlook(
        &self,
        errand: &Errand,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> Result<Prospect, AssignmentRefusal> {
        let living = self.groups.iter().filter(|group| group.living() > 0);
        self.prospect(living, AssignmentRefusal::TooHeavy, errand, surroundings, now)
    }

    fn prospect<'a>(
        &self,
        groups: impl Iterator<Item = &'a Group>,
        mut closest: AssignmentRefusal,
        errand: &Errand,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> Result<Prospect, AssignmentRefusal> {
        let (mut flying, mut kept) = (Hope::default(), Hope::default());
        let waits_for_release = surroundings.environment.carriers.is_empty();
        for group in groups {
            match group.assess(errand, surroundings, now, now) {
                Ok(_) if self.is_grounded(group.depot) && !waits_for_release => {
                    closest = closest.max(AssignmentRefusal::Grounded);
                }
                Ok(estimate) => {
                    let turnover = self.turnover(group, &estimate, now, surroundings);
                    let hope = if self.is_grounded(group.depot) {
                        &mut kept
                    } else {
                        &mut flying
                    };
                    hope.add(estimate, now, turnover);
                }
                Err(reason) => {
                    closest = closest.max(reason);
                    let later = waits_for_release.then(|| group.assess_later(errand, surroundings, now));
                    if let Some((estimate, leaves_at)) = later.flatten() {
                        let turnover = self.turnover(group, &estimate, leaves_at, surroundings);
                        kept.add(estimate, leaves_at, turnover);
                    }
                }
            }
        }
        let prospect = flying.prospect(now).or_else(|| kept.prospect(now));
        prospect.ok_or(closest)
    }

    /// What a group's drones, and its share of their depot, do for missions like this one.
    fn turnover(
        &self,
        group: &Group,
        mission: &MissionEstimate,
        leaves_at: SimTime,
        surroundings: &Surroundings,
    ) -> Turnover {
        let environment = &*surroundings.environment;
        let (depot, aircraft) = (
            environment.depot(group.depot),
            environment.aircraft(group.aircraft),
        );
        let all = self.living_at(group.depot, Kilograms::ZERO, environment);
        let share = f64::from(group.living()) / f64::from(all.max(1));
        Turnover {
            drones: f64::from(group.living()),
            pads: f64::from(depot.pads.max(1)) * share,
            spares: f64::from(depot.spare_batteries) * share,
            away_s: mission.home_at.since(leaves_at).as_seconds_f64(),
            refill_s: charge_time(aircraft, charged(aircraft) - mission.energy).as_seconds_f64(),
            swap_s: aircraft.swap.map(SimDuration::as_seconds_f64),
        }
    }
}

impl Group {
    /// When a drone would do the errand once the weather lets it, while a request may wait, and when it leaves then.
    fn assess_later(
        &self,
        errand: &Errand,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> Option<(MissionEstimate, SimTime)> {
        let environment = &surroundings.environment;
        let until = now + environment.dispatch.wait_max;
        let mut changes = environment.weather.highest().changes(now, until);
        changes.find_map(|change| {
            let estimate = self.assess(errand, surroundings, change, now).ok()?;
            Some((estimate, change))
        })
    }
}

/// What some groups' drones may do for a request: those that fly now, or those that stay on the ground for a while and are hoped for only where no
/// other can.
#[derive(Clone, Copy, Debug, Default)]
struct Hope {
    /// Whichever has the parcel first, and when it leaves.
    best: Option<(MissionEstimate, SimTime)>,
    /// Missions a second of all of them.
    per_second: f64,
}

impl Hope {
    fn add(&mut self, estimate: MissionEstimate, leaves_at: SimTime, turnover: Turnover) {
        self.per_second += turnover.per_second();
        if self
            .best
            .is_none_or(|(known, _)| estimate.picked_up_at < known.picked_up_at)
        {
            self.best = Some((estimate, leaves_at));
        }
    }

    fn prospect(&self, asked_at: SimTime) -> Option<Prospect> {
        self.best.map(|(estimate, leaves_at)| Prospect {
            estimate,
            asked_at,
            leaves_at,
            headway: SimDuration::from_seconds_f64(1.0 / self.per_second),
        })
    }
}

/// Drones that fly one mission after another, and what gives them batteries.
#[derive(Clone, Copy, Debug)]
struct Turnover {
    drones: f64,
    pads: f64,
    spares: f64,
    /// From take-off until the drone is home.
    away_s: f64,
    /// How long its battery is on a charger then, on a pad or on the shelf.
    refill_s: f64,
    /// `None` where it is not swapped.
    swap_s: Option<f64>,
}

impl Turnover {
    /// Missions a second, once the first charged batteries are gone from the shelf: batteries are swapped as fast as the shelf refills them, and what
    /// drones and pads are left over charge.
    fn per_second(&self) -> f64 {
        if self.refill_s <= 0.0 {
            return self.drones / self.away_s;
        }
        let swap_s = self.swap_s.unwrap_or_default();
        let swapped = self.swap_s.map_or(0.0, |swap_s| {
            let shelf = self.spares / self.refill_s;
            shelf
                .min(self.pads / swap_s)
                .min(self.drones / (self.away_s + swap_s))
        });
        let drones = self.drones - swapped * (self.away_s + swap_s);
        let pads = self.pads - swapped * swap_s;
        let charged = (drones / (self.away_s + self.refill_s)).min(pads / self.refill_s);
        swapped + charged.max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHARGES: Turnover = Turnover {
        drones: 4.0,
        pads: 4.0,
        spares: 0.0,
        away_s: 600.0,
        refill_s: 900.0,
        swap_s: None,
    };

    fn headway_s(turnover: Turnover) -> f64 {
        1.0 / turnover.per_second()
    }

    #[test]
    fn a_drone_that_charges_is_away_for_as_long_as_that_takes() {
        assert!((headway_s(CHARGES) - 1_500.0 / 4.0).abs() < 1e-9);
        let never = Turnover {
            refill_s: 0.0,
            ..CHARGES
        };
        assert!((headway_s(never) - 600.0 / 4.0).abs() < 1e-9);
    }

    #[test]
    fn where_pads_are_few_they_say_when_the_next_drone_is_free() {
        let queued = Turnover { pads: 1.0, ..CHARGES };
        assert!((headway_s(queued) - 900.0).abs() < 1e-9);
    }

    #[test]
    fn batteries_are_swapped_as_fast_as_the_shelf_refills_them() {
        let plenty = Turnover {
            spares: 100.0,
            swap_s: Some(60.0),
            ..CHARGES
        };
        assert!((headway_s(plenty) - 660.0 / 4.0).abs() < 1e-9);
        let one_pad = Turnover { pads: 0.1, ..plenty };
        assert!(
            (headway_s(one_pad) - 600.0).abs() < 1e-9,
            "ten minutes for each swap"
        );
        let without = Turnover {
            spares: 0.0,
            ..plenty
        };
        assert!((headway_s(without) - 1_500.0 / 4.0).abs() < 1e-9, "all charge");
        let two = Turnover {
            spares: 2.0,
            ..plenty
        };
        let between = headway_s(two);
        assert!(
            headway_s(plenty) < between && between < headway_s(without),
            "{between}"
        );
    }
}
