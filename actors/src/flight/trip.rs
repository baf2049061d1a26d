//! A flight while it is being planned: phase after phase, what each takes in time and energy.

use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, Metres, WattHours};

use super::{Departure, FlightPlan};
use crate::energy::{Powers, SECONDS_PER_HOUR, powers};
use crate::environment::{AircraftSpec, Arrival, EnergyModel, Weather};
use crate::event::Waypoint;
use crate::mission::handling;
use crate::wind::Drift;

/// A flight while it is being planned.
pub(super) struct Trip<'a> {
    aircraft: &'a AircraftSpec,
    /// What it draws, the same on the whole leg.
    powers: Powers,
    /// What the wind does; `None` where there is none.
    drift: Option<Drift>,
    /// Of the whole aircraft, its payload included.
    mass: Kilograms,
    departure: Departure,
    /// Empty where nobody wants it.
    path: Vec<Waypoint>,
    spent: Vec<WattHours>,
    elapsed_s: f64,
    distance_m: f64,
    energy_ws: f64,
}

impl<'a> Trip<'a> {
    pub(super) fn new(
        aircraft: &'a AircraftSpec,
        payload: Kilograms,
        weather: &Weather,
        departure: Departure,
    ) -> Self {
        Self {
            aircraft,
            powers: powers(aircraft, payload, weather.rho),
            drift: (weather.wind_mps > 0.0).then(|| Drift::of(weather)),
            mass: aircraft.airframe + aircraft.battery + payload,
            departure,
            path: Vec::new(),
            spent: Vec::new(),
            elapsed_s: 0.0,
            distance_m: 0.0,
            energy_ws: 0.0,
        }
    }

    /// Writes down the path, of so many straight pieces.
    pub(super) fn record(&mut self, pieces: usize) {
        let phases = &self.aircraft.phases;
        let changes = usize::from(phases.acceleration_mps2.is_some())
            + usize::from(phases.transition > SimDuration::ZERO);
        let waypoints =
            WAYPOINTS_AT_ENDS + pieces + 2 * changes + usize::from(phases.hover > SimDuration::ZERO);
        self.path.reserve(waypoints);
        self.path.push(self.departure.into());
        self.spent.reserve(waypoints);
        self.spent.push(WattHours::ZERO);
    }

    /// Where it is when.
    pub(super) fn path(&self) -> &[Waypoint] {
        &self.path
    }

    /// How it has ended.
    pub(super) fn here(&self, at: Position, arrival: Arrival) -> Departure {
        Departure {
            at,
            altitude_m: self.aircraft.height_at(arrival).get(),
            time: self.time(),
        }
    }

    /// What it has taken.
    pub(super) fn energy(&self) -> WattHours {
        WattHours::new(self.energy_ws / SECONDS_PER_HOUR)
    }

    /// Hovers where it is, until then.
    pub(super) fn hold(&mut self, until: SimTime) {
        let departure = self.departure;
        self.hover(until.since(departure.time), departure.at, departure.altitude_m);
    }

    /// Climbs, cruises along the route and comes down at its end; `None` where the wind does not let it.
    pub(super) fn fly(&mut self, route: &[Position], arrival: Arrival) -> Option<()> {
        let flies_already = self.flies_already();
        let last = *route.last()?;
        self.climb();
        let is_far = route.iter().any(|place| *place != self.departure.at);
        if is_far && !flies_already {
            self.stay(self.aircraft.phases.transition, self.departure.at);
        }
        let pieces = route.len() - 1;
        for (number, pair) in route.windows(2).enumerate() {
            let ramps = Ramps {
                up: number == 0 && !flies_already,
                down: number + 1 == pieces,
            };
            self.cruise(pair[0], pair[1], ramps)?;
        }
        if is_far {
            self.stay(self.aircraft.phases.transition, last);
        }
        self.come_down(last, arrival);
        Some(())
    }

    pub(super) fn into_plan(self) -> FlightPlan {
        FlightPlan {
            distance: Metres::new(self.distance_m),
            energy: self.energy(),
            path: self.path,
            spent: self.spent,
        }
    }

    /// Whether it is turned away from another flight, and keeps its speed. Where it hangs on its winch as high as it cruises, it cannot be
    /// told from that, and comes to its speed anew.
    fn flies_already(&self) -> bool {
        let hanging_m = self.aircraft.height_at(Arrival::Dropoff).get();
        self.departure.altitude_m >= self.aircraft.altitude_m && self.departure.altitude_m > hanging_m
    }

    /// When it is where it is.
    fn time(&self) -> SimTime {
        self.departure.time + SimDuration::from_seconds_f64(self.elapsed_s)
    }

    fn spend(&mut self, power_w: f64, seconds: f64) {
        self.elapsed_s += seconds;
        self.energy_ws += seconds * power_w;
    }

    #[inline]
    fn reach(&mut self, at: Position, altitude_m: f64) {
        if !self.path.is_empty() {
            self.write_down(at, altitude_m);
        }
    }

    fn write_down(&mut self, at: Position, altitude_m: f64) {
        self.path.push(Waypoint {
            at,
            altitude: Metres::new(altitude_m),
            time: self.time(),
        });
        self.spent.push(self.energy());
    }

    /// Is so much of the way from one place to another, at its cruise altitude.
    fn reach_between(&mut self, from: Position, to: Position, share: f64) {
        if !self.path.is_empty() {
            self.write_down(from.towards(to, share), self.aircraft.altitude_m);
        }
    }

    fn climb(&mut self) {
        let height_m = (self.aircraft.altitude_m - self.departure.altitude_m).max(0.0);
        if height_m > 0.0 {
            self.spend(self.powers.take_off, height_m / self.aircraft.climb_mps);
            self.reach(self.departure.at, self.aircraft.altitude_m);
        }
    }

    /// Hovers at its cruise altitude.
    fn stay(&mut self, span: SimDuration, at: Position) {
        self.hover(span, at, self.aircraft.altitude_m);
    }

    fn hover(&mut self, span: SimDuration, at: Position, altitude_m: f64) {
        if span > SimDuration::ZERO {
            self.spend(self.powers.hover, span.as_seconds_f64());
            self.reach(at, altitude_m);
        }
    }

    /// A straight piece, at the speed that the wind leaves; where it begins or ends with a change of speed, that takes as much of the way as it
    /// needs, or as there is.
    fn cruise(&mut self, from: Position, to: Position, ramps: Ramps) -> Option<()> {
        let distance_m = from.distance_m(to);
        if distance_m <= 0.0 {
            return Some(());
        }
        let speed = self.ground_speed(from, to)?;
        self.distance_m += distance_m;
        let (ramp_m, ramp_s) = self.ramp(speed, distance_m, ramps);
        let mut flown_m = 0.0;
        if ramps.up && ramp_s > 0.0 {
            flown_m += ramp_m;
            self.energy_ws += self.kinetic_ws();
            self.spend(self.powers.cruise, ramp_s);
            self.reach_between(from, to, flown_m / distance_m);
        }
        let slowing_m = if ramps.down { ramp_m } else { 0.0 };
        let level_m = distance_m - flown_m - slowing_m;
        if level_m > 0.0 {
            flown_m += level_m;
            self.spend(self.powers.cruise, level_m / speed);
            if slowing_m > 0.0 {
                self.reach_between(from, to, flown_m / distance_m);
            }
        }
        if slowing_m > 0.0 {
            self.spend(self.powers.cruise, ramp_s);
        }
        self.reach(to, self.aircraft.altitude_m);
        Some(())
    }

    /// Way and time of a change of speed.
    fn ramp(&self, speed: f64, distance_m: f64, ramps: Ramps) -> (f64, f64) {
        match self.aircraft.phases.acceleration_mps2 {
            Some(acceleration) if ramps.up || ramps.down => {
                let room_m = if ramps.up && ramps.down {
                    distance_m / 2.0
                } else {
                    distance_m
                };
                let ramp_m = (speed * speed / (2.0 * acceleration)).min(room_m);
                (ramp_m, (2.0 * ramp_m / acceleration).sqrt())
            }
            _ => (0.0, 0.0),
        }
    }

    /// What sets it in motion through the air; none of it comes back when it slows down. A published range has it already.
    fn kinetic_ws(&self) -> f64 {
        if matches!(self.aircraft.energy_model, EnergyModel::Range(_)) {
            return 0.0;
        }
        0.5 * self.mass.get() * self.aircraft.cruise_mps * self.aircraft.cruise_mps
    }

    fn ground_speed(&self, from: Position, to: Position) -> Option<f64> {
        let airspeed_mps = self.aircraft.cruise_mps;
        let Some(drift) = self.drift else {
            return Some(airspeed_mps);
        };
        let speed = drift.ground_speed(airspeed_mps, from.direction(to))?;
        Some(speed.min(self.aircraft.ground_speed_max_mps()))
    }

    /// Lands; or hangs where its winch reaches the ground, and pays in advance for what it hangs there until it leaves.
    fn come_down(&mut self, at: Position, arrival: Arrival) {
        let end_m = self.aircraft.height_at(arrival).get();
        let hangs = end_m > 0.0;
        let hover = match arrival {
            Arrival::Landing => SimDuration::ZERO,
            Arrival::Pickup | Arrival::Dropoff => self.aircraft.phases.hover,
        };
        if !hangs {
            self.stay(hover, at);
        }
        let height_m = self.aircraft.altitude_m - end_m;
        self.spend(self.powers.landing, height_m / self.aircraft.descent_mps);
        self.reach(at, end_m);
        if hangs {
            self.hover(hover, at, end_m);
            self.energy_ws += self.powers.hover * handling(arrival).as_seconds_f64();
        }
    }
}

/// Waypoints of every flight beside the ends of straight pieces: where it begins, has held, has climbed, is down.
const WAYPOINTS_AT_ENDS: usize = 4;

/// Where on a piece speed changes.
#[derive(Clone, Copy)]
struct Ramps {
    /// Up, at its beginning.
    up: bool,
    /// Down, at its end.
    down: bool,
}
