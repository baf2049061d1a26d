//! Commands that wait to be stamped: bounded, so that load beyond what the disk takes is refused and not hoarded.

use std::collections::VecDeque;

use parking_lot::Mutex;
use skyhaul_actors::command::Command;
use skyhaul_actors::ids::CommandId;
use skyhaul_web::ports::SubmitError;
use tokio::sync::oneshot;

/// How many commands may wait: about half a second of what a disk takes in groups. Beyond it requests are answered 503.
pub const INBOX_MAX: usize = 20_000;

/// A command and who waits for it to be durable.
pub struct Waiting {
    /// What is asked.
    pub command: Command,
    /// Who waits.
    pub answer: oneshot::Sender<Result<CommandId, SubmitError>>,
}

/// The inbox.
#[derive(Default)]
pub struct Inbox(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    is_closed: bool,
}

impl Inbox {
    /// Lets a command wait.
    ///
    /// # Errors
    /// [`SubmitError::Saturated`] where too many wait, [`SubmitError::NotReady`] once the inbox is closed.
    pub fn put(
        &self,
        command: Command,
    ) -> Result<oneshot::Receiver<Result<CommandId, SubmitError>>, SubmitError> {
        let (answer, answered) = oneshot::channel();
        let mut state = self.0.lock();
        if state.is_closed {
            return Err(SubmitError::NotReady);
        }
        if state.waiting.len() >= INBOX_MAX {
            return Err(SubmitError::Saturated);
        }
        state.waiting.push_back(Waiting { command, answer });
        Ok(answered)
    }

    /// Takes up to `most` commands, oldest first.
    pub fn take(&self, most: usize) -> Vec<Waiting> {
        let mut state = self.0.lock();
        let count = state.waiting.len().min(most);
        state.waiting.drain(..count).collect()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.0.lock().waiting.is_empty()
    }

    /// How many commands wait.
    pub fn len(&self) -> usize {
        self.0.lock().waiting.len()
    }

    /// Takes nothing more from now on.
    pub fn close(&self) {
        self.0.lock().is_closed = true;
    }
}
