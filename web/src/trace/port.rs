//! The way of commands into the journal: those of a caller with a trace take it along.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use skyhaul_actors::command::{Command, Traced};
use skyhaul_actors::ids::CommandId;

use super::CURRENT;
use super::span::{Kind, Span, Spans, Value, now_unix_micros};
use crate::ports::{CommandPort, Decision, SubmitError};

/// Submits commands with the trace that they belong to.
pub(crate) struct TracingPort {
    pub(crate) commands: Arc<dyn CommandPort>,
    pub(crate) spans: Spans,
}

impl CommandPort for TracingPort {
    fn submit(&self, command: Command) -> BoxFuture<'static, Result<CommandId, SubmitError>> {
        let current = CURRENT.try_with(|current| {
            let is_recorded = self.spans.record(current.caller);
            let is_asked = current.caller.is_some() || is_recorded;
            is_asked.then(|| (current.here(), current.caller.is_some(), is_recorded))
        });
        let Some((context, is_sent, is_recorded)) = current.ok().flatten() else {
            return self.commands.submit(command);
        };
        let command = if is_sent {
            Command::Traced(Box::new(Traced { context, command }))
        } else {
            command
        };
        let submitted = self.commands.submit(command);
        if !is_recorded {
            return submitted;
        }
        let (spans, began_unix_micros) = (self.spans.clone(), now_unix_micros());
        async move {
            let answer = submitted.await;
            let record = answer
                .ok()
                .map(|id| ("skyhaul.journal.record", Value::number(id.0)));
            spans.end(Span {
                name: "journal commit".to_owned(),
                kind: Kind::Internal,
                context: super::child(context),
                parent: Some(context.span),
                began_unix_micros,
                attributes: record.into_iter().collect(),
                failure: answer.err().map(|refusal| refusal.to_string()),
            });
            answer
        }
        .boxed()
    }

    fn decision(&self, command: CommandId) -> BoxFuture<'static, Decision> {
        self.commands.decision(command)
    }
}
