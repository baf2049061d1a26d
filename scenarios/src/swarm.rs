//! The swarm: each seed draws a whole scenario — town, fleet, demand, weather, zones, faults, clients who change their minds — runs it under
//! every checker, straight on and again cut, on one to three threads, saved and loaded on the way, then heals it and requires that all comes to rest.
//!
//! Besides the invariants that the log's readers rely on ([`crate::check`]):
//!
//! | invariant | holds |
//! |---|---|
//! | EN-4 | both runs come to the same digests, counters and bytes |
//! | EN-5 | the world goes on: no instant without end, no panic outside a handler |
//! | EN-6 | what was saved is loaded |
//! | AC-1 | no handler fails, but those that were made to |
//! | SG-2 | once nothing fails any more, every delivery ends, and nobody remembers it |
//! | DR-9 | once nothing fails any more, every drone stands ready at its depot, or was given up and is missed by nobody |
//! | DP-1 | once all drones are home, all pads are free and all batteries charged |
//!
//! A seed means the same case as long as the drawing stays the same; each part is drawn from a stream of its own.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use skyhaul_actors::environment::{Environment, Sabotage};
use skyhaul_engine::time::SimTime;

use crate::bundle::ScenarioBundle;
use crate::scenario::{BuildOptions, Scenario};

pub use self::breach::{Breach, Tally};
use self::course::Cut;
use self::reduction::Dimension;
pub use self::reduction::{ParseReductionError, Reduction};
use self::script::Scripted;

mod breach;
mod course;
mod draw;
mod reduction;
mod script;
mod town;

/// A scenario with its script, as a seed draws it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// The seed.
    pub seed: u64,
    /// How much less than the seed drew.
    pub reduction: Reduction,
    /// A mistake built into the world, for tests that it is found.
    pub sabotage: Option<Sabotage>,
}

impl Case {
    /// The whole case of a seed.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// Its scenario, as a file and those it names.
    #[must_use]
    pub fn bundle(&self) -> ScenarioBundle {
        town::draw(self.seed, &self.reduction)
    }

    /// What clients ask in it, one line a command.
    ///
    /// # Errors
    /// Where its scenario is none.
    pub fn script(&self) -> Result<Vec<String>, Breach> {
        let plan = Plan::draw(self)?;
        Ok(plan.script.iter().map(ToString::to_string).collect())
    }

    /// The command that runs it alone.
    #[must_use]
    pub fn command(&self) -> String {
        let mut command = format!("skyhaul fuzz --seed {} --runs 1", self.seed);
        if !self.reduction.is_nothing() {
            command += &format!(" --reduce {}", self.reduction);
        }
        command
    }

    /// Runs it.
    ///
    /// # Errors
    /// The first invariant that broke.
    pub fn run(&self) -> Result<Tally, Breach> {
        self.run_logged(&mut io::sink())
    }

    /// Runs it; the event log of the first of its two runs goes to `log`, as far as it came.
    ///
    /// # Errors
    /// The first invariant that broke.
    pub fn run_logged(&self, log: &mut dyn Write) -> Result<Tally, Breach> {
        let run = catch_unwind(AssertUnwindSafe(|| Plan::draw(self)?.run(log)));
        run.unwrap_or_else(|_| {
            Err(Breach::new(
                "EN-5",
                "a panic outside all handlers; its message stands above",
            ))
        })
    }
}

/// A case ready to be run.
struct Plan {
    environment: Arc<Environment>,
    until: SimTime,
    script: Vec<Scripted>,
    cuts: Vec<Cut>,
}

impl Plan {
    fn draw(case: &Case) -> Result<Self, Breach> {
        let scenario = Scenario::parse(&case.bundle()).map_err(|error| Breach::new("EN-5", error))?;
        let mut environment = scenario.environment(BuildOptions::default());
        environment.faults.sabotage = case.sabotage;
        let duration = scenario.duration();
        Ok(Self {
            script: script::draw(case.seed, &environment.area, duration, &case.reduction),
            cuts: course::draw_cuts(case.seed, duration, &case.reduction),
            until: SimTime::ZERO + duration,
            environment: Arc::new(environment),
        })
    }

    fn run(mut self, log: &mut dyn Write) -> Result<Tally, Breach> {
        let straight = course::straight(&self.environment, &mut self.script, self.until, log)?;
        let cut = course::cut(&self.environment, &self.script, self.until, &self.cuts)?;
        straight.compare(&cut)?;
        let mut tally = straight.tally;
        tally.reloads += cut.tally.reloads;
        Ok(tally)
    }
}

/// Makes a case that broke an invariant as small as it can be while it breaks the same one, as long as `goes_on` says so.
///
/// Each step halves, or takes away, one dimension; what no longer fails is taken back.
#[must_use]
pub fn shrink(case: &Case, breach: &Breach, goes_on: &dyn Fn() -> bool) -> (Case, Breach) {
    let (mut smallest, mut found) = (case.clone(), breach.clone());
    let mut has_shrunk = true;
    while has_shrunk {
        has_shrunk = false;
        for dimension in Dimension::all() {
            while let Some((smaller, again)) = shrink_along(&smallest, dimension, &found, goes_on) {
                (smallest, found, has_shrunk) = (smaller, again, true);
            }
        }
    }
    (smallest, found)
}

/// One step along a dimension, if one of them still breaks the invariant.
fn shrink_along(
    case: &Case,
    dimension: Dimension,
    breach: &Breach,
    goes_on: &dyn Fn() -> bool,
) -> Option<(Case, Breach)> {
    let mut steps = dimension.steps().iter();
    steps.find_map(|step| {
        let smaller = Case {
            reduction: case.reduction.and(dimension, *step)?,
            ..case.clone()
        };
        if !is_less(&smaller, case) {
            return None;
        }
        let same = |again: &Breach| again.invariant == breach.invariant;
        let again = goes_on().then(|| smaller.run().err()).flatten().filter(same)?;
        Some((smaller, again))
    })
}

/// Whether the step changed anything.
fn is_less(smaller: &Case, case: &Case) -> bool {
    match (Plan::draw(smaller), Plan::draw(case)) {
        (Ok(new), Ok(old)) => {
            smaller.bundle() != case.bundle() || new.script != old.script || new.cuts != old.cuts
        }
        _ => false,
    }
}
