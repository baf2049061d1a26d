//! Courses: one world run straight on, on one thread, and again cut into windows, on some threads, saved and loaded on the way; both come
//! to the same.

use std::io::{self, Write};
use std::sync::Arc;

use skyhaul_actors::census::Census;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::{CommandId, DeliveryId};
use skyhaul_actors::world::World;
use skyhaul_engine::kernel::Counters;
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::{SimDuration, SimTime};

use super::breach::{Breach, Tally};
use super::draw::{Draw, Part};
use super::reduction::{Dimension, Reduction};
use super::script::{Scripted, direct};
use crate::recorder::Recorder;

/// After everything is healed, all must have come to rest within this time: five attempts by a courier at walking pace, two hours until a
/// drone is mended, and a fleet that charges one after another on one pad come to less.
const REST_MAX: SimDuration = SimDuration::from_mins(7 * 24 * 60);

/// How often it is looked whether all is at rest.
const REST_STEP: SimDuration = SimDuration::from_mins(60);

/// Most cuts of a run.
const CUTS_MAX: u32 = 12;

/// Share of cases with windows on several threads. Threads that wait for each other on busy cores take a hundred times as long as one alone.
const THREADS_SHARE: f64 = 0.15;

/// What the kernel says of a failure that was put in on purpose.
const INJECTED: &str = "injected fault";

/// A world with everything that is watched while it runs.
pub(super) struct Course<'a> {
    world: World,
    watch: Watch<'a>,
    commands: u64,
    reloads: u64,
}

/// Where a course stands, to be compared with another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark {
    now: SimTime,
    digest: u64,
    next_event: u64,
    counters: Counters,
}

/// How a course ended.
pub(super) struct End {
    halfway: Mark,
    mark: Mark,
    /// Of the event log's bytes.
    log: Option<String>,
    pub(super) tally: Tally,
}

/// Passes events on to the recorder, and remembers what a case needs to know.
struct Watch<'a> {
    recorder: Recorder<&'a mut dyn Write>,
    requested: Vec<DeliveryId>,
    drones_lost: usize,
    drones_failed: u64,
    /// The first failure of a handler that nobody asked for.
    mistake: Option<String>,
}

impl EventSink<Event> for Watch<'_> {
    fn accept(&mut self, event: Numbered<Event>) {
        match &event.event {
            Event::DeliveryRequested { request, .. } => self.requested.push(request.delivery),
            Event::DroneFailed { .. } => self.drones_failed += 1,
            Event::ActorGivenUp { actor, cause } => {
                self.drones_lost += usize::from(actor.starts_with("drone-"));
                self.suspect(actor, cause);
            }
            Event::ActorRestarted { actor, cause } => self.suspect(actor, cause),
            _ => {}
        }
        self.recorder.accept(event);
    }
}

impl Watch<'_> {
    fn suspect(&mut self, actor: &str, cause: &str) {
        if cause != INJECTED && self.mistake.is_none() {
            self.mistake = Some(format!("{actor}: {cause}"));
        }
    }
}

/// Runs straight on to `until`, finds out which deliveries the script is about, heals the world and lets it come to rest. The event log
/// goes to `log`.
pub(super) fn straight(
    environment: &Arc<Environment>,
    script: &mut [Scripted],
    until: SimTime,
    log: &mut dyn Write,
) -> Result<End, Breach> {
    let mut course = Course::found(environment, log);
    let mut first = 0;
    while let Some(at) = script.get(first).map(|scripted| scripted.at) {
        course.run_until(SimTime::from_micros(at.micros() - 1))?;
        let count = script[first..]
            .iter()
            .take_while(|scripted| scripted.at == at)
            .count();
        for scripted in &mut script[first..first + count] {
            course.resolve(scripted);
            course.submit(scripted);
        }
        first += count;
    }
    course.run_until(until)?;
    course.end(environment)
}

/// Where the second run is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cut {
    at: SimTime,
    /// Whether the world is saved and loaded there.
    reloads: bool,
    /// Whether the window before it begins with all commands that are still to come.
    tells_all: bool,
    /// How many threads run the regions in that window.
    threads: u8,
}

/// The cuts that the seed draws.
pub(super) fn draw_cuts(seed: u64, duration: SimDuration, reduction: &Reduction) -> Vec<Cut> {
    let mut draw = Draw::new(seed, Part::Course);
    let has_threads = Draw::new(seed, Part::Threads).chance(THREADS_SHARE);
    let mut cuts: Vec<Cut> = (0..draw.whole(0..=CUTS_MAX))
        .map(|_| Cut {
            at: SimTime::ZERO + draw.span(duration),
            reloads: draw.chance(0.6),
            tells_all: draw.chance(0.2),
            threads: if has_threads { draw.one_of(&[1, 2, 3]) } else { 1 },
        })
        .collect();
    cuts = cuts[reduction.range(Dimension::Cuts, cuts.len())].to_vec();
    cuts.sort_unstable();
    cuts
}

/// The same in windows, on one thread or more; the world is saved and loaded between some of them, and told commands now or long before.
pub(super) fn cut(
    environment: &Arc<Environment>,
    script: &[Scripted],
    until: SimTime,
    cuts: &[Cut],
) -> Result<End, Breach> {
    let mut nowhere = io::sink();
    let mut course = Course::found(environment, &mut nowhere);
    let mut told = 0;
    let last = Cut {
        at: until,
        reloads: false,
        tells_all: true,
        threads: cuts.first().map_or(1, |first| first.threads),
    };
    for cut in cuts.iter().chain([&last]) {
        while told < script.len() && (cut.tells_all || script[told].at <= cut.at) {
            course.submit(&script[told]);
            told += 1;
        }
        course.world.set_threads(usize::from(cut.threads));
        course.run_until(cut.at)?;
        if cut.reloads {
            course.reload(environment)?;
        }
    }
    course.end(environment)
}

impl<'a> Course<'a> {
    fn found(environment: &Arc<Environment>, log: &'a mut dyn Write) -> Self {
        Self {
            world: World::found(environment),
            watch: Watch {
                recorder: Recorder::new(Arc::clone(environment), log),
                requested: Vec::new(),
                drones_lost: 0,
                drones_failed: 0,
                mistake: None,
            },
            commands: 0,
            reloads: 0,
        }
    }

    fn run_until(&mut self, horizon: SimTime) -> Result<(), Breach> {
        self.world
            .run_until(horizon, &mut self.watch)
            .map_err(|halt| Breach::new("EN-5", halt))
    }

    /// Aims a command at the delivery it is about, as far as one was requested.
    fn resolve(&self, scripted: &mut Scripted) {
        if let Some(aim) = scripted.aim.take()
            && let Some(last) = self.watch.requested.len().checked_sub(1)
        {
            direct(
                &mut scripted.command,
                self.watch.requested[last.saturating_sub(aim)],
            );
        }
    }

    fn submit(&mut self, scripted: &Scripted) {
        self.commands += 1;
        let id = CommandId(self.commands);
        self.world.submit(id, scripted.at, scripted.command.clone());
    }

    /// Puts the world that was saved and loaded in the place of the one that was.
    fn reload(&mut self, environment: &Arc<Environment>) -> Result<(), Breach> {
        let broken = |error| Breach::new("EN-6", error);
        let bytes = self.world.save().map_err(broken)?;
        self.world = World::load(Arc::clone(environment), &bytes).map_err(broken)?;
        self.reloads += 1;
        Ok(())
    }

    fn mark(&self) -> Mark {
        Mark {
            now: self.world.now(),
            digest: self.world.digest(),
            next_event: self.world.next_event(),
            counters: self.world.counters(),
        }
    }

    /// Heals the world, lets it come to rest, and says what is wrong with it then.
    fn end(mut self, environment: &Arc<Environment>) -> Result<End, Breach> {
        let halfway = self.mark();
        let healed = Arc::new(heal(environment));
        self.reload(&healed)?;
        self.world.set_panics(0.0);
        let latest = self.world.now() + REST_MAX;
        while !self.is_at_rest(&healed) && self.world.now() < latest {
            let next = self.world.now() + REST_STEP;
            self.run_until(next)?;
        }
        let expected = Census::at_rest(&healed, self.watch.drones_lost);
        let rest = check_rest(&self.world.census(), &expected);
        let mark = self.mark();
        let Watch {
            recorder,
            drones_failed,
            mistake,
            requested,
            ..
        } = self.watch;
        let log = recorder
            .finish(mark.digest, mark.now)
            .map_err(|error| Breach::new("EV-4", error))?;
        if let Some(violation) = log.violations.first() {
            let text = format!("at line {}: {}", violation.seq, violation.text);
            return Err(Breach::new(violation.invariant, text));
        }
        if let Some(mistake) = mistake {
            return Err(Breach::new("AC-1", mistake));
        }
        rest?;
        Ok(End {
            halfway,
            mark,
            log: log.summary.digest,
            tally: Tally {
                deliveries: requested.len() as u64,
                events: log.summary.events,
                commands: self.commands,
                reloads: self.reloads,
                restarts: mark.counters.restarts,
                drones_failed,
                virtual_s: mark.now.as_seconds_f64(),
            },
        })
    }

    fn is_at_rest(&self, environment: &Environment) -> bool {
        self.world.census() == Census::at_rest(environment, self.watch.drones_lost)
    }
}

impl End {
    /// Says where two courses of one case part.
    pub(super) fn compare(&self, other: &Self) -> Result<(), Breach> {
        let parted = |what: &str, one: &dyn std::fmt::Debug, other: &dyn std::fmt::Debug| {
            Err(Breach::new(
                "EN-4",
                format!("{what}: straight on {one:?}, cut {other:?}"),
            ))
        };
        if self.halfway != other.halfway {
            return parted("before it was healed", &self.halfway, &other.halfway);
        }
        if self.mark != other.mark {
            return parted("at rest", &self.mark, &other.mark);
        }
        if self.log != other.log {
            return parted("the bytes of the log", &self.log, &other.log);
        }
        Ok(())
    }
}

/// The environment without anything that fails or asks. Zones and wind stay: they keep nobody from ending.
fn heal(environment: &Environment) -> Environment {
    let mut healed = environment.clone();
    healed.demand = None;
    healed.faults.drone_failure_per_flight_hour = 0.0;
    healed.faults.actor_panic_per_message = 0.0;
    for carrier in &mut healed.carriers {
        carrier.failure = 0.0;
    }
    healed
}

/// Says what is left over, or missing, where all should be at rest.
fn check_rest(is: &Census, expected: &Census) -> Result<(), Breach> {
    let deliveries = |census: &Census| Census {
        drones: 0,
        drones_at_rest: 0,
        drones_ready: 0,
        pads_free: 0,
        pads_awaited: 0,
        spares: 0,
        ..*census
    };
    let name = if deliveries(is) != deliveries(expected) {
        "SG-2"
    } else if (is.drones, is.drones_at_rest, is.drones_ready)
        != (expected.drones, expected.drones_at_rest, expected.drones_ready)
    {
        "DR-9"
    } else if is != expected {
        "DP-1"
    } else {
        return Ok(());
    };
    Err(Breach::new(name, format!("found {is:?}, expected {expected:?}")))
}
