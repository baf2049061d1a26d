//! A whole scenario without pacing: the world alone, and the world with its log, its summary and its checkers.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use skyhaul_actors::environment::{Demand, Environment};
use skyhaul_actors::event::Event;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::recorder::Recorder;
use skyhaul_scenarios::runner::{self, RunOptions};
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};

use crate::memory::resident_bytes;
use crate::slices::thread_time;

/// Counts what matters and forgets the rest.
#[derive(Default)]
struct Tally {
    events: u64,
    requested: u64,
    completed: u64,
    cancelled: u64,
}

impl EventSink<Event> for Tally {
    fn accept(&mut self, event: Numbered<Event>) {
        self.events += 1;
        self.requested += u64::from(matches!(event.event, Event::DeliveryRequested { .. }));
        self.completed += u64::from(matches!(event.event, Event::DeliveryCompleted { .. }));
        self.cancelled += u64::from(matches!(event.event, Event::DeliveryCancelled { .. }));
    }
}

/// A scenario, read and built.
#[derive(Debug)]
pub struct City {
    environment: Arc<Environment>,
    duration: SimDuration,
}

/// What the world alone came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alone {
    /// Deliveries requested.
    pub requested: u64,
    /// Deliveries completed.
    pub completed: u64,
    /// Deliveries cancelled.
    pub cancelled: u64,
    /// Actors rebuilt after a failure.
    pub restarts: u64,
    /// Events emitted.
    pub events: u64,
    /// Messages handled.
    pub messages: u64,
    /// The kernel's digest of all messages in order.
    pub digest: u64,
}

/// What a run held in memory beyond what the process held before, bytes for each drone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// With every drone's first message still to be handled.
    pub founded: u64,
    /// When all drones stand ready, after a second of virtual time.
    pub ready: u64,
    /// At the end.
    pub ended: u64,
}

impl City {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(file: &Path) -> io::Result<Self> {
        let bundle = ScenarioBundle::read(file).map_err(io::Error::other)?;
        let scenario = Scenario::parse(&bundle).map_err(io::Error::other)?;
        let options = BuildOptions {
            seed: None,
            epoch_unix_micros: None,
            demand: true,
        };
        Ok(Self {
            environment: Arc::new(scenario.environment(options)),
            duration: scenario.duration(),
        })
    }

    /// The same city with so many times the requests, the drones, the pads and the batteries.
    #[must_use]
    pub fn times(&self, scale: u32) -> Self {
        let mut environment = Environment::clone(&self.environment);
        if let Some(Demand::Stream(stream)) = &mut environment.demand {
            stream.requests_per_day *= f64::from(scale);
        }
        for fleet in &mut environment.fleets {
            fleet.count *= scale;
        }
        for depot in &mut environment.depots {
            depot.pads *= scale;
            depot.spare_batteries *= scale;
        }
        Self {
            environment: Arc::new(environment),
            duration: self.duration,
        }
    }

    /// The same scenario, in which this share of all handlers panics.
    #[must_use]
    pub fn with_panics(&self, panic_per_message: f64) -> Self {
        let mut environment = Environment::clone(&self.environment);
        environment.faults.actor_panic_per_message = panic_per_message;
        Self {
            environment: Arc::new(environment),
            duration: self.duration,
        }
    }

    /// The world as it was planned.
    #[must_use]
    pub fn environment(&self) -> Arc<Environment> {
        Arc::clone(&self.environment)
    }

    /// The scenario's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.environment.name
    }

    /// Runs the world to its end; nobody keeps its events. With the processor time it took.
    ///
    /// # Errors
    /// Where the kernel halts.
    pub fn run_alone(&self) -> io::Result<(Alone, Duration)> {
        let started = thread_time();
        let mut tally = Tally::default();
        let mut world = World::found(&self.environment);
        world
            .run_until(SimTime::ZERO + self.duration, &mut tally)
            .map_err(io::Error::other)?;
        let alone = Alone {
            requested: tally.requested,
            completed: tally.completed,
            cancelled: tally.cancelled,
            restarts: world.counters().restarts,
            events: tally.events,
            messages: world.counters().handled,
            digest: world.digest(),
        };
        Ok((alone, thread_time() - started))
    }

    /// Runs it as `skyhaul run` does, its files in `out`. With the processor time it took, and what the log's digest is.
    ///
    /// # Errors
    /// Where it does not come to its end.
    pub fn run_logged(&self, out: &Path) -> io::Result<(String, Duration)> {
        let started = thread_time();
        let options = RunOptions {
            duration: self.duration,
            out: Some(out.to_path_buf()),
            events: true,
            threads: 1,
        };
        let elapsed_s = || (thread_time() - started).as_secs_f64();
        let go_on = &mut |_: &runner::Progress| ControlFlow::Continue(());
        let outcome =
            runner::run(&self.environment, &options, &elapsed_s, go_on).map_err(io::Error::other)?;
        Ok((
            outcome.summary.digest.unwrap_or_default(),
            thread_time() - started,
        ))
    }

    /// Runs the world to its end and looks at what the process holds meanwhile: once a process, since memory that is free again stays with it.
    /// With `recorded` summary and checkers follow, as `skyhaul run --format none` has them.
    ///
    /// # Errors
    /// Where the kernel halts.
    pub fn run_held(&self, recorded: bool) -> io::Result<Held> {
        if recorded {
            self.hold(&mut Recorder::new(self.environment(), io::sink()))
        } else {
            self.hold(&mut Tally::default())
        }
    }

    fn hold(&self, sink: &mut impl EventSink<Event>) -> io::Result<Held> {
        let drones: u64 = self
            .environment
            .fleets
            .iter()
            .map(|fleet| u64::from(fleet.count))
            .sum();
        let before = resident_bytes();
        let held = || resident_bytes().saturating_sub(before) / drones.max(1);
        let mut world = World::found(&self.environment);
        let founded = held();
        let mut run = |until| world.run_until(until, sink).map_err(io::Error::other);
        run(SimTime::ZERO + SimDuration::from_secs(1))?;
        let ready = held();
        run(SimTime::ZERO + self.duration)?;
        Ok(Held {
            founded,
            ready,
            ended: held(),
        })
    }
}
