//! Measured: the DJI M100 of Rodrigues et al. 2022.

use skyhaul_engine::units::Kilograms;

use super::{PowerModel, Powers};
use crate::environment::AircraftSpec;

/// `P = b1 · m^1.5 / sqrt(rho) + b0` per phase, fitted to 188 flights (Rodrigues et al., *Patterns* 3:100569, 2022). The constants are those
/// rotors' own: for another airframe they do not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rodrigues2022;

/// A phase's constants: slope and offset.
struct Fit {
    b1: f64,
    b0: f64,
}

const TAKE_OFF: Fit = Fit { b1: 80.4, b0: 13.8 };
const CRUISE: Fit = Fit { b1: 68.9, b0: 16.8 };
const LANDING: Fit = Fit { b1: 71.5, b0: -24.3 };

impl PowerModel for Rodrigues2022 {
    /// Hovering is none of the published phases, and no aircraft of this model is charged for it; it stands as the dearest of them.
    fn powers(&self, _aircraft: &AircraftSpec, mass: Kilograms, rho: f64) -> Powers {
        let mass = mass.get();
        let load = mass * mass.sqrt() / rho.sqrt();
        let at = |fit: Fit| fit.b1 * load + fit.b0;
        Powers {
            take_off: at(TAKE_OFF),
            cruise: at(CRUISE),
            landing: at(LANDING),
            hover: at(TAKE_OFF),
        }
    }
}
