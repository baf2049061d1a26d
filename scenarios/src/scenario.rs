//! A scenario that has been checked: what a run or a service is made from.

use skyhaul_actors::environment::{Environment, Epoch};
use skyhaul_engine::time::SimDuration;

use crate::bundle::ScenarioBundle;
use crate::error::ScenarioError;

/// What `demand.pickups` says where parcels come from the depots.
pub(crate) const PICKUPS_AT_DEPOTS: &str = "depots";

/// What differs from the file when a world is built.
#[derive(Clone, Copy, Debug)]
pub struct BuildOptions {
    /// Another seed than the file's.
    pub seed: Option<u64>,
    /// Virtual time 0 on the calendar, microseconds since 1970, instead of the file's `start`; its offset from UTC is kept.
    pub epoch_unix_micros: Option<i64>,
    /// Whether the file's demand goes on by itself.
    pub demand: bool,
}

impl Default for BuildOptions {
    /// As the file says.
    fn default() -> Self {
        Self {
            seed: None,
            epoch_unix_micros: None,
            demand: true,
        }
    }
}

/// A scenario whose every value has been checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    environment: Environment,
    duration: SimDuration,
}

impl Scenario {
    /// Checks a scenario.
    ///
    /// # Errors
    /// The first mistake in it or in a file it names.
    pub fn parse(bundle: &ScenarioBundle) -> Result<Self, ScenarioError> {
        Err(ScenarioError::of_file(&bundle.name, "cannot be read yet"))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.environment.name
    }

    /// The seed that the file gives.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.environment.seed
    }

    /// How long a run of it lasts.
    #[must_use]
    pub const fn duration(&self) -> SimDuration {
        self.duration
    }

    /// The world it describes.
    #[must_use]
    pub fn environment(&self, options: BuildOptions) -> Environment {
        let mut environment = self.environment.clone();
        environment.seed = options.seed.unwrap_or(environment.seed);
        environment.epoch = Epoch {
            unix_micros: options.epoch_unix_micros.unwrap_or(environment.epoch.unix_micros),
            ..environment.epoch
        };
        if !options.demand {
            environment.demand = None;
        }
        environment
    }

    /// Everything it will run, defaults included, as a scenario file.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("name = {:?}\n", self.name())
    }
}
