//! Rest: a picture at which nobody looks is not drawn, so that a world that nobody follows costs no more than its events.

use std::mem;
use std::sync::Arc;

use super::{Bulletins, Looking, Picture, REMEMBERED_TICKS};
use crate::server::bucket::Bucket;
use crate::tiles::ByTile;

/// Whether anybody looks.
#[derive(Debug, Default)]
pub(super) struct Onlookers {
    /// Each has one of it.
    there: Arc<()>,
    ticks_without: usize,
    /// Whether what is to be seen is drawn.
    pub(super) are_served: bool,
}

impl Picture {
    /// Lets somebody look, for as long as they hold what is given. Where nobody did, all is drawn at once: a hundred thousand drones take some
    /// tenths of a second.
    pub(in crate::server) fn look(&mut self) -> Looking {
        if !mem::replace(&mut self.onlookers.are_served, true) {
            self.take_in();
            self.bulletins.pass_over();
        }
        Looking {
            _there: Arc::clone(&self.onlookers.there),
        }
    }

    /// Lets go of all that is drawn once nobody has looked for as long as anybody who comes back is told what changed.
    pub(super) fn rest(&mut self) {
        let is_alone = Arc::strong_count(&self.onlookers.there) == 1;
        self.onlookers.ticks_without = if is_alone {
            self.onlookers.ticks_without + 1
        } else {
            0
        };
        if !self.onlookers.are_served || self.onlookers.ticks_without <= REMEMBERED_TICKS {
            return;
        }
        self.onlookers.are_served = false;
        self.next_event = 0;
        self.sprites = Vec::new();
        self.all = Bucket::default();
        self.homes.fill_with(Bucket::default);
        self.tiles = ByTile::default();
        self.densest = 0;
        self.bulletins = Bulletins::default();
        self.history.clear();
        self.census.expire();
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::RwLock;
    use skyhaul_actors::event::Event;
    use skyhaul_actors::ids::{AircraftId, DepotId, DroneId};
    use skyhaul_engine::ports::Numbered;
    use skyhaul_engine::time::SimTime;
    use skyhaul_engine::units::{MetresPerSecond, WattHours};

    use super::*;
    use crate::clock::VirtualClock;
    use crate::sample;
    use crate::server::scope::{Mode, Scope};
    use crate::tracks::Tracks;

    struct Standing;

    impl VirtualClock for Standing {
        fn now(&self) -> SimTime {
            SimTime::ZERO
        }

        fn speed(&self) -> f64 {
            0.0
        }

        fn behind_s(&self) -> f64 {
            0.0
        }
    }

    fn commission(tracks: &RwLock<Tracks>, drone: u32) {
        let mut tracks = tracks.write();
        let event = Event::DroneCommissioned {
            drone: DroneId(drone),
            depot: DepotId(0),
            aircraft: AircraftId(0),
            at: tracks.environment().depot(DepotId(0)).at,
            battery: WattHours::ZERO,
            speed_max: MetresPerSecond::new(1.0),
        };
        let number = u64::from(drone);
        let at = SimTime::ZERO;
        tracks.apply(&Numbered { number, at, event });
    }

    fn seen(picture: &Picture) -> usize {
        picture.whole(&Scope::All, Mode::Legs).positions.len()
    }

    #[test]
    fn what_nobody_looks_at_is_let_go_of_and_drawn_for_whoever_comes() {
        let environment = Arc::new(sample::environment());
        let tracks = Arc::new(RwLock::new(Tracks::new(Arc::clone(&environment))));
        let mut picture = Picture::new(environment, Arc::clone(&tracks), Arc::new(Standing));
        commission(&tracks, 0);
        picture.advance();
        assert_eq!(seen(&picture), 0, "nobody looks");
        let looking = picture.look();
        assert_eq!(seen(&picture), 1);
        for _ in 0..=REMEMBERED_TICKS {
            picture.advance();
        }
        commission(&tracks, 1);
        picture.advance();
        assert_eq!(seen(&picture), 2, "somebody looks");
        drop(looking);
        for _ in 0..REMEMBERED_TICKS {
            picture.advance();
        }
        let tick = picture.tick();
        assert!(
            picture.glance_at(Scope::All, tick).is_some(),
            "they may come back"
        );
        picture.advance();
        assert_eq!(seen(&picture), 0);
        assert!(picture.glance_at(Scope::All, tick).is_none());
        commission(&tracks, 2);
        let _looking = picture.look();
        assert_eq!(seen(&picture), 3);
    }
}
