//! From physics: rotors that push air down, and a body that air drags at.

use std::f64::consts::PI;

use skyhaul_engine::units::Kilograms;

use super::{PowerModel, Powers};
use crate::air::GRAVITY;
use crate::environment::AircraftSpec;

/// Momentum theory as Stolaroff et al. use it (*Nature Communications* 9:409, 2018): drag `F = rho v² sum(C_D A) / 2`, thrust
/// `T = sqrt(W² + F²)` tilted by `alpha = atan(F / W)`, power `T (v sin alpha + v_i) / efficiency`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Momentum {
    /// How many rotors.
    pub rotors: u32,
    /// Diameter of a rotor, m.
    pub rotor_m: f64,
    /// Sum of drag coefficient times area over all that air drags at, m².
    pub drag_area_m2: f64,
    /// Power that becomes thrust, as a share of what the battery gives.
    pub efficiency: f64,
}

/// Newton's steps end when one changes the induced velocity by no more than this share of it: a hundred times the rounding of the sum.
const TOLERANCE: f64 = 1e-13;

/// At most so many steps: from above, on a convex curve, each halves the distance at the least, and a few more do than are ever taken.
const STEPS_MAX: u32 = 60;

impl Momentum {
    /// Induced velocity, m/s, of a thrust in air that comes at the rotors with `along` m/s in their plane and `through` m/s through it: the
    /// positive root of `v_i sqrt(along² + (through + v_i)²) = 2 T / (pi n D² rho)`.
    ///
    /// The left side grows and is convex, and at the hover's root it is too large: so Newton's steps fall to the root and never pass it.
    fn induced_mps(&self, thrust_n: f64, along: f64, through: f64, rho: f64) -> f64 {
        let disc = PI * f64::from(self.rotors) * self.rotor_m * self.rotor_m;
        let push = 2.0 * thrust_n / (disc * rho);
        let mut induced = push.sqrt();
        for _ in 0..STEPS_MAX {
            let down = through + induced;
            let flow = (along * along + down * down).sqrt();
            let step = (induced * flow - push) / (flow + induced * down / flow);
            induced -= step;
            if step.abs() <= TOLERANCE * induced {
                break;
            }
        }
        induced
    }

    /// Power, W, of level flight at an airspeed.
    fn level_w(&self, weight_n: f64, airspeed_mps: f64, rho: f64) -> f64 {
        let drag_n = 0.5 * rho * airspeed_mps * airspeed_mps * self.drag_area_m2;
        let thrust_n = (weight_n * weight_n + drag_n * drag_n).sqrt();
        let (sin, cos) = (drag_n / thrust_n, weight_n / thrust_n);
        let through = airspeed_mps * sin;
        let induced = self.induced_mps(thrust_n, airspeed_mps * cos, through, rho);
        thrust_n * (through + induced) / self.efficiency
    }

    /// Power, W, straight up; the drag of a climb is small against the weight and left out.
    fn climb_w(&self, weight_n: f64, climb_mps: f64, rho: f64) -> f64 {
        let induced = self.induced_mps(weight_n, 0.0, climb_mps, rho);
        weight_n * (climb_mps + induced) / self.efficiency
    }
}

impl PowerModel for Momentum {
    /// Landing draws what hovering draws: in a slow descent rotors churn their own wake, where momentum theory has no answer, and are
    /// taken to draw about as much (compare Leishman, *Principles of Helicopter Aerodynamics*).
    fn powers(&self, aircraft: &AircraftSpec, mass: Kilograms, rho: f64) -> Powers {
        let weight_n = mass.get() * GRAVITY;
        let hover = self.climb_w(weight_n, 0.0, rho);
        Powers {
            take_off: self.climb_w(weight_n, aircraft.climb_mps, rho),
            cruise: self.level_w(weight_n, aircraft.cruise_mps, rho),
            landing: hover,
            hover,
        }
    }
}
