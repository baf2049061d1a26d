//! `[weather]`, `[dispatch]`, `[carriers]`, `[faults]`: under which terms the fleet works.

pub(super) use self::carriers::read_carriers;
pub(super) use self::dispatch::read_dispatch;
pub(super) use self::faults::read_faults;
pub(super) use self::weather::{Flown, read_weather};

mod carriers;
mod dispatch;
mod faults;
mod weather;
