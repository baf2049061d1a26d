//! What the services ask of the runtime: durable commands, and stores to keep what they fold from events.

use futures_util::future::BoxFuture;
use skyhaul_actors::command::Command;
use skyhaul_actors::event::{ChangeRefusal, Event};
use skyhaul_actors::ids::CommandId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimDuration;
use thiserror::Error;

use self::changes::Changes;

pub mod changes;
pub mod memory;
pub mod simulation;
pub mod suite;

/// Takes commands and answers once they are durable.
pub trait CommandPort: Send + Sync {
    /// Stamps the command, makes it durable and hands it to the engine.
    fn submit(&self, command: Command) -> BoxFuture<'static, Result<CommandId, SubmitError>>;

    /// Waits for what the engine decided on a cancellation or a reschedule. Callers set their own time limit.
    fn decision(&self, command: CommandId) -> BoxFuture<'static, Decision>;
}

/// Gives the keys of an identity provider, by which its tokens are recognised.
pub trait KeySource: Send + Sync {
    /// The JWK set as it is now (RFC 7517). May block for some seconds.
    ///
    /// # Errors
    /// Why there is none, in words for the log.
    fn fetch(&self) -> Result<Vec<u8>, String>;
}

/// What the engine decided on a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It took effect.
    Accepted,
    /// It did not.
    Refused(ChangeRefusal),
}

/// Why a command was not taken. Nothing of it is kept then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SubmitError {
    /// Too many commands wait already.
    #[error("too many requests wait already; try again shortly")]
    Saturated,
    /// The disk is full.
    #[error("the service cannot store requests: its disk is full")]
    DiskFull,
    /// The journal cannot be written for another reason.
    #[error("the service cannot store requests at the moment")]
    Unavailable,
    /// The service is stopping or not ready yet.
    #[error("the service is starting or stopping")]
    NotReady,
}

/// Something that is folded from the engine's events, in order, each once.
pub trait Projection: Send {
    /// Its name, for metrics and files.
    fn name(&self) -> &'static str;

    /// The number of the first event it has not applied durably.
    fn next_event(&self) -> u64;

    /// Applies events in order; those below [`Projection::next_event`] change no row.
    ///
    /// # Errors
    /// Where the store fails; nothing of the batch is applied then.
    fn apply(&mut self, events: &[Numbered<Event>]) -> Result<(), StoreError>;

    /// Lets go of some of what hangs on deliveries that ended longer ago, in virtual time, than history is kept; whether there was anything.
    ///
    /// # Errors
    /// Where the store fails; nothing is let go of then.
    fn forget(&mut self, kept: SimDuration) -> Result<bool, StoreError>;

    /// Makes everything applied so far durable. That takes a processor for tenths of a second where much was applied: `breathe` is called between
    /// portions of a fraction of a millisecond, and may wait.
    ///
    /// # Errors
    /// Where the store fails.
    fn flush(&mut self, breathe: &mut dyn FnMut()) -> Result<(), StoreError>;
}

/// A failure of a store's device.
#[derive(Debug, Error)]
#[error("store {store}: {reason}")]
pub struct StoreError {
    /// Which store.
    pub store: &'static str,
    /// What failed.
    pub reason: String,
}

/// An ordered key–value store of one service.
pub trait KeyValueStore: Send + Sync {
    /// The value under `key`.
    ///
    /// # Errors
    /// Where the device fails.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Gives entries whose keys lie in `from..to` (`to` exclusive) to `visit`, in order of key, or from the last backwards
    /// where `newest_first`, until it answers `false`.
    ///
    /// # Errors
    /// Where the device fails.
    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        newest_first: bool,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StoreError>;

    /// Applies all changes, in their order, or none. Durable after the next [`KeyValueStore::flush`].
    ///
    /// # Errors
    /// Where the device fails; nothing was applied then.
    fn commit(&self, changes: &Changes) -> Result<(), StoreError>;

    /// Makes all that was committed durable.
    ///
    /// # Errors
    /// Where the device fails.
    fn flush(&self) -> Result<(), StoreError>;
}
