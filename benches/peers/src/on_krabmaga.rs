//! PHOLD on krABMaga 0.6: an agent an event, the actors' states in the simulation's state.
//!
//! An agent stands in krABMaga's schedule once, and an actor may have several events on their way: so what is scheduled is
//! the event, which knows whom it is for. An agent cannot schedule anything itself; what it wants scheduled waits until the
//! step is over. Time is an `f32`, too coarse for microseconds after 16 s: events of equal `f32` are put in order by what it
//! lost, and an event that was taken out early goes back in.

use std::any::Any;

use krabmaga::engine::agent::Agent;
use krabmaga::engine::agentimpl::AgentImpl;
use krabmaga::engine::priority::Priority;
use krabmaga::engine::schedule::Schedule;
use krabmaga::engine::state::State as SimulationState;
use skyhaul_benches::phold::{Measure, Run, Size, State, first_delay};
use skyhaul_engine::time::SimTime;

/// An event on its way.
#[derive(Clone, Copy)]
struct Event {
    id: u32,
    actor: u32,
    due: SimTime,
}

impl Agent for Event {
    fn step(&mut self, state: &mut dyn SimulationState) {
        let world = state.as_any_mut().downcast_mut::<World>();
        world.expect("the only state there is").handle(*self);
    }
}

/// The simulation's state.
struct World {
    states: Vec<State>,
    horizon: SimTime,
    events: u64,
    /// To be scheduled when the step is over.
    waiting: Vec<Event>,
}

impl World {
    fn handle(&mut self, event: Event) {
        if event.due > self.horizon {
            self.waiting.push(event);
            return;
        }
        let actors = u32::try_from(self.states.len()).expect("as many as were asked for");
        let (actor, delay) = self.states[event.actor as usize].next(actors);
        let due = event.due + delay;
        self.events += 1;
        self.waiting.push(Event { actor, due, ..event });
    }
}

impl SimulationState for World {
    fn init(&mut self, _: &mut Schedule) {}

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_state_mut(&mut self) -> &mut dyn SimulationState {
        self
    }

    fn as_state(&self) -> &dyn SimulationState {
        self
    }

    fn reset(&mut self) {}

    fn update(&mut self, _: u64) {}

    fn after_step(&mut self, schedule: &mut Schedule) {
        for event in self.waiting.drain(..) {
            let agent = AgentImpl::new(Box::new(event), event.id);
            schedule.schedule_once(agent, coarse(event.due), fine(event.due));
        }
    }
}

/// A time as krABMaga has it.
#[expect(clippy::cast_precision_loss, reason = "the schedule's time is an f32")]
fn coarse(time: SimTime) -> f32 {
    time.micros() as f32
}

/// What orders events of equal [`coarse`] time.
#[expect(clippy::cast_possible_truncation, reason = "31 bits are what is wanted")]
fn fine(time: SimTime) -> i32 {
    (time.micros() & 0x7FFF_FFFF) as i32
}

/// Runs PHOLD.
#[must_use]
pub fn run(size: Size) -> Run {
    let measure = Measure::begin();
    let mut world = World {
        states: (0..size.actors).map(State::new).collect(),
        horizon: SimTime::ZERO,
        events: 0,
        waiting: Vec::new(),
    };
    let mut schedule = Schedule::new();
    world.waiting.extend((0..size.actors).map(|actor| Event {
        id: actor,
        actor,
        due: SimTime::ZERO + first_delay(actor),
    }));
    world.after_step(&mut schedule);
    let slices = size.time(|horizon| {
        let before = world.events;
        world.horizon = horizon;
        let end = Priority::new(coarse(horizon), fine(horizon));
        // The schedule's greatest priority is its earliest.
        while schedule.events.peek().is_some_and(|(_, first)| *first >= end) {
            schedule.step(&mut world);
        }
        world.events - before
    });
    let states = world
        .states
        .iter()
        .fold(0, |sum: u64, state| sum.wrapping_add(state.digest()));
    measure.end(slices, states)
}
