//! Naming: events that tell of an actor say it by the name it has everywhere else.

use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::ports::{EventSink, Numbered};

use crate::atlas::Atlas;
use crate::event::Event;

/// Gives events on. A drone is known by its number in the world, not by its place in its region.
pub(super) struct Naming<'a> {
    pub(super) atlas: &'a Atlas,
    pub(super) sink: &'a mut dyn EventSink<Event>,
}

impl EventSink<Event> for Naming<'_> {
    fn accept(&mut self, mut numbered: Numbered<Event>) {
        if let Event::ActorRestarted { actor, .. } | Event::ActorGivenUp { actor, .. } = &mut numbered.event
            && let Some(name) = self.name(actor)
        {
            *actor = name;
        }
        self.sink.accept(numbered);
    }
}

impl Naming<'_> {
    /// The name of the actor whose place among its like [`crate::tree`] put into the event.
    fn name(&self, actor: &str) -> Option<String> {
        let (kind, place) = actor.split_once('-')?;
        let (region, index) = place.split_once('/').unwrap_or(("0", place));
        let region = RegionId(region.parse().ok()?);
        Some(self.atlas.name(kind, region, index.parse().ok()?))
    }
}
