//! How the services reach the engine: commands that are durable before anyone is told, and what was decided on them.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use skyhaul_actors::command::Command;
use skyhaul_actors::ids::CommandId;
use skyhaul_web::ports::{CommandPort, Decision, SubmitError};

use crate::runtime::Shared;

/// How many commands may wait for the engine: some ten seconds of a spike. Beyond it requests are answered 503.
const ENGINE_WAITING_MAX: usize = 200_000;

/// Submits commands to the living world.
#[derive(Clone)]
pub struct Commands(pub Arc<Shared>);

impl CommandPort for Commands {
    fn submit(&self, command: Command) -> BoxFuture<'static, Result<CommandId, SubmitError>> {
        let shared = Arc::clone(&self.0);
        async move {
            if !shared.host_is_up() {
                return Err(SubmitError::NotReady);
            }
            if shared.handover.waiting() >= ENGINE_WAITING_MAX {
                return Err(SubmitError::Saturated);
            }
            let answered = shared.inbox.put(command)?;
            shared.commands_wait.notify_one();
            // A sequencer that failed drops who waits: what it had made durable stands, but they cannot be told.
            answered.await.unwrap_or(Err(SubmitError::Unavailable))
        }
        .boxed()
    }

    fn decision(&self, command: CommandId) -> BoxFuture<'static, Decision> {
        let shared = Arc::clone(&self.0);
        async move {
            match shared.decisions.wait(command).await {
                Ok(decision) => decision,
                // Whoever waits has a limit of his own.
                Err(_) => std::future::pending().await,
            }
        }
        .boxed()
    }
}
