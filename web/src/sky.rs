//! The sky as it is now: the world as it was planned, with the zones that are known by now.

use std::sync::Arc;

use parking_lot::Mutex;
use skyhaul_actors::environment::{Environment, Zone};
use skyhaul_actors::tree::Surroundings;

/// What flights are planned by, made anew when zones were declared or lifted, which is seldom.
#[derive(Debug, Default)]
pub(crate) struct Sky(Mutex<Option<Known>>);

#[derive(Debug)]
struct Known {
    zones: Vec<Arc<Zone>>,
    surroundings: Arc<Surroundings>,
}

impl Sky {
    /// The planned world with these zones in place of the planned ones.
    pub(crate) fn with(&self, zones: &[Arc<Zone>], planned: &Environment) -> Arc<Surroundings> {
        let mut known = self.0.lock();
        if let Some(known) = known.as_ref().filter(|known| is_same(&known.zones, zones)) {
            return Arc::clone(&known.surroundings);
        }
        let environment = Environment {
            zones: zones.iter().map(|zone| (**zone).clone()).collect(),
            ..planned.clone()
        };
        let surroundings = Arc::new(Surroundings::new(Arc::new(environment)));
        *known = Some(Known {
            zones: zones.to_vec(),
            surroundings: Arc::clone(&surroundings),
        });
        surroundings
    }
}

fn is_same(known: &[Arc<Zone>], zones: &[Arc<Zone>]) -> bool {
    known.len() == zones.len()
        && known
            .iter()
            .zip(zones)
            .all(|(one, other)| Arc::ptr_eq(one, other))
}
