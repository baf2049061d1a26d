//! A drone away from home that the weather keeps on the ground: it stands where it is and goes on once the weather lets it.

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};

use super::flying::Flight;
use super::{Drone, DroneErrand, DroneMessage, DroneState};
use crate::atlas;
use crate::event::LegPurpose;
use crate::flight::Departure;
use crate::mission::UNLOADING;
use crate::scheduler::SchedulerMessage;
use crate::tree::{Skyhaul, Surroundings};

/// The longest that a drone stands somewhere for better weather. What is to last longer is no wait: it is fetched, like one that failed.
const STAY_MAX: SimDuration = SimDuration::from_mins(24 * 60);

/// It goes on so much after the weather has changed, when its depot has been released.
const AFTER_RELEASE: SimDuration = SimDuration::from_micros(1);

/// What a drone stands somewhere with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stay {
    /// For whom it holds a parcel; `None` where it is on its way home.
    pub errand: Option<DroneErrand>,
    /// Mass of the parcel it holds, if any.
    pub parcel: Option<Kilograms>,
}

impl Drone {
    /// Where it stands, as a flight begins at that time.
    pub(super) fn standing(&self, time: SimTime) -> Departure {
        Departure {
            at: self.at,
            altitude_m: self.altitude_m,
            time,
        }
    }

    /// Stands until the weather lets it go on; where it will not, brings its parcel back, or is stuck there.
    pub(super) fn wait_for_weather(&mut self, stay: Stay, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some((leaves_at, arrives_at)) = self.goes_on_at(&stay, ctx.now(), ctx.shared()) else {
            match stay.errand {
                Some(errand) => self.bring_back(errand, ctx),
                None => self.strand(ctx),
            }
            return;
        };
        self.enter(DroneState::Grounded(stay));
        let generation = self.generation;
        ctx.send_at(
            leaves_at,
            ctx.me::<Self>(),
            DroneMessage::WeatherDue { generation },
        );
        if let Some(errand) = stay.errand {
            let message = SchedulerMessage::DroneDelayed {
                drone: self.id,
                delivery: errand.id,
                eta_pickup: None,
                eta_dropoff: arrives_at + UNLOADING,
            };
            ctx.send(atlas::scheduler(ctx.region()), message);
        }
    }

    pub(super) fn on_weather_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let DroneState::Grounded(stay) = self.state() else {
            return;
        };
        match stay.errand {
            Some(errand) if self.begin_leg(LegPurpose::Dropoff, errand.errand.dropoff, errand, ctx) => {}
            Some(_) => self.wait_for_weather(stay, ctx),
            None => self.go_home(stay.parcel, ctx),
        }
    }

    /// When it can leave, and be where it goes: with the reserve untouched, or else, homewards, with what it has.
    fn goes_on_at(
        &self,
        stay: &Stay,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Option<(SimTime, SimTime)> {
        let reserve = self.spec(surroundings).reserve_energy();
        let kept = [Some(reserve), stay.errand.is_none().then_some(WattHours::ZERO)];
        let weather = surroundings.environment.weather.highest();
        kept.into_iter().flatten().find_map(|kept| {
            weather
                .changes(now, now + STAY_MAX)
                .map(|change| change + AFTER_RELEASE)
                .find_map(|leaves_at| {
                    let (arrives_at, energy) = self.way_on(stay, leaves_at, now, surroundings)?;
                    (energy + kept <= self.battery).then_some((leaves_at, arrives_at))
                })
        })
    }

    /// When it would arrive, and the energy that takes, the way home from there included, by the zones that are known at `now`.
    fn way_on(
        &self,
        stay: &Stay,
        leaves_at: SimTime,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Option<(SimTime, WattHours)> {
        let standing = self.standing(leaves_at);
        let plan = |flight: Flight| flight.plan_by(now, self.spec(surroundings), surroundings).ok();
        let Some(errand) = stay.errand else {
            let home = plan(self.homewards(standing, stay.parcel, surroundings))?;
            return Some((home.arrives(), home.energy));
        };
        let there = errand.errand.dropoff;
        let over = plan(Flight::towards(LegPurpose::Dropoff, there, errand, standing))?;
        let leaves_there = Departure {
            at: there,
            altitude_m: 0.0,
            time: over.arrives() + UNLOADING,
        };
        let home = plan(self.homewards(leaves_there, None, surroundings))?;
        Some((over.arrives(), over.energy + home.energy))
    }
}
