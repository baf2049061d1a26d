//! Quarantine: commands at which the engine died again and again, and what becomes of them.

use std::collections::BTreeMap;

use skyhaul_actors::command::Command;
use skyhaul_actors::ids::CommandId;
use skyhaul_engine::time::SimTime;

use crate::runtime::world::LiveWorld;

/// The commands that the journal puts aside, and how often it does. Put aside once, a command is turned down, so that who asked sees what became
/// of it. Put aside again, because the engine died at that as well, it is passed over without a word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quarantine(BTreeMap<CommandId, u32>);

impl Quarantine {
    /// Puts a command aside.
    pub fn add(&mut self, command: CommandId) {
        *self.0.entry(command).or_default() += 1;
    }

    /// How many commands are put aside.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the command is put aside.
    #[must_use]
    pub fn holds(&self, command: CommandId) -> bool {
        self.0.contains_key(&command)
    }

    /// Gives a command of the journal to the world, unless it is put aside.
    pub fn admit(&self, world: &mut dyn LiveWorld, id: CommandId, stamp: SimTime, command: Command) {
        match self.0.get(&id) {
            None => world.submit(id, stamp, command),
            Some(1) => world.turn_down(id, stamp, command),
            Some(_) => {}
        }
    }
}
