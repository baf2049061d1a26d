//! What an actor is, and what a system of actors is.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::address::{RawAddr, RegionId};
use super::context::Ctx;
use super::core::Core;
use super::memory::Lie;
use super::slab::Slab;
use super::supervision::{Failed, Failure, SupervisionNotice, Work};
use super::watch::Ended;
use crate::time::SimDuration;

/// A state that changes by messages only.
pub trait Actor: Clone + Serialize + DeserializeOwned + Send + 'static {
    /// The system it lives in.
    type System: System;
    /// What it understands.
    type Message: Clone + Debug + Serialize + DeserializeOwned + Send + 'static;

    /// How often it may be restarted.
    const RESTART: RestartPolicy = RestartPolicy {
        restarts_max: 3,
        within: SimDuration::from_mins(1),
        at_limit: AtLimit::StopActor,
    };
    /// How its last good state is recorded.
    const RECORDING: Recording = Recording::EachMessage;

    /// Handles one message. What it sends, emits and spawns takes effect when it returns `Ok`.
    ///
    /// # Errors
    /// "Restart me": treated as a panic is. A refusal of the domain is an event, not an error.
    fn handle(&mut self, message: Self::Message, ctx: &mut Ctx<'_, Self::System>) -> Result<(), ActorError>;

    /// Hears that an actor it watches is gone. Supervised as [`Actor::handle`] is.
    ///
    /// # Errors
    /// "Restart me".
    fn on_ended(&mut self, _ended: Ended, _ctx: &mut Ctx<'_, Self::System>) -> Result<(), ActorError> {
        Ok(())
    }

    /// Makes good what is lost with the message it was given up at: tells those who depend on the actor that it is gone, or, where only
    /// the message is skipped, those who wait for an answer. Called on its last recorded state.
    fn on_given_up(&self, _parked: &Self::Message, _ctx: &mut Ctx<'_, Self::System>) {}

    /// The name by which people know it; `None` where its type and its slot are name enough.
    fn name(&self) -> Option<String> {
        None
    }

    /// Its state as a person who looks into a failure wants to see it.
    fn shown(&self) -> String {
        String::new()
    }
}

/// How an actor's last good state is recorded, to rebuild it from after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// A copy before each message: for small actors.
    EachMessage,
    /// A copy now and then, and a log of the messages since: for actors with large state. Rebuilding handles them again.
    Log,
}

/// How often an actor may be restarted before it is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartPolicy {
    /// This many times,
    pub restarts_max: u32,
    /// counted within this much virtual time.
    pub within: SimDuration,
    /// What is given up then.
    pub at_limit: AtLimit,
}

/// What is given up when an actor failed too often. The message is parked in each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtLimit {
    /// The actor: for one of many. Its restarts are counted over all messages.
    StopActor,
    /// The message, and the actor resumes: for one without which the rest stands still. Its restarts are counted anew for each message.
    SkipMessage,
    /// The run: for an actor without which going on makes no sense. The engine halts with [`super::Halt::Escalated`], and whoever owns it
    /// decides.
    Escalate,
}

/// Why a handler gave up on a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ActorError(pub String);

/// What the kernel can say in a system's own events.
pub trait SystemEvent: Sized {
    /// The event that tells of a restart or a loss; `None` where the system does not speak of it.
    fn of_supervision(notice: SupervisionNotice) -> Option<Self>;
}

impl SystemEvent for () {
    fn of_supervision(_: SupervisionNotice) -> Option<Self> {
        None
    }
}

/// A closed set of actors. Made by [`system!`](crate::system), not by hand.
pub trait System: Sized + 'static {
    /// What all actors may read.
    type Shared: Send + Sync;
    /// What actors emit.
    type Event: SystemEvent + Send + 'static;
    /// Any actor's message.
    type Message: Clone + Debug + Serialize + DeserializeOwned + Send + 'static;
    /// Any actor, on its way into its slab.
    type Spawned: Send;
    /// The slabs of one region.
    type Actors: Default + Serialize + DeserializeOwned + Send;

    /// The names of the actor types.
    const KINDS: &'static [&'static str];
    /// Their policies.
    const POLICIES: &'static [RestartPolicy];

    /// Hands the message to its actor.
    ///
    /// # Errors
    /// [`Failed`], where the handler answered so; a panic comes through.
    fn dispatch(
        actors: &mut Self::Actors,
        core: &mut Core<Self>,
        to: RawAddr,
        message: Self::Message,
    ) -> Result<(), Failed>;

    /// Tells an actor of the end of one it watches.
    ///
    /// # Errors
    /// As [`System::dispatch`].
    fn tell(
        actors: &mut Self::Actors,
        core: &mut Core<Self>,
        to: RawAddr,
        ended: Ended,
    ) -> Result<(), Failed>;

    /// Puts an actor that failed back into its last recorded state; answers with what it is to try again, unless it is given up.
    fn contain(
        actors: &mut Self::Actors,
        core: &mut Core<Self>,
        to: RawAddr,
        failure: &Failure,
    ) -> Option<Work<Self::Message>>;

    /// Where the states of a type lie.
    fn lie(actors: &Self::Actors, kind: u8) -> Lie;

    /// Puts a new actor into its slab.
    fn insert(actors: &mut Self::Actors, at: RawAddr, spawned: Self::Spawned);

    /// Takes an actor out of its slab.
    fn remove(actors: &mut Self::Actors, at: RawAddr);

    /// Whether the actor lives.
    fn lives(actors: &Self::Actors, at: RawAddr) -> bool;

    /// Tells the slabs which region they are.
    fn settle_in(actors: &mut Self::Actors, region: RegionId);
}

/// An actor's place in its system. Made by [`system!`](crate::system), not by hand.
pub trait Member: Actor {
    /// Its place in [`System::KINDS`].
    const KIND: u8;

    /// Its slab.
    fn slab(actors: &<Self::System as System>::Actors) -> &Slab<Self>;

    /// Wraps its message.
    fn wrap(message: Self::Message) -> <Self::System as System>::Message;

    /// Wraps the actor itself.
    fn into_spawned(self) -> <Self::System as System>::Spawned;
}
