//! Notifier: sends what the outbox holds, many at once, each receiver's in order, and keeps what became of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Context, StreamHandler, WrapFuture as _,
};
use skyhaul_actors::command::Channel;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_web::notification::outbox::{Letter, NoticeKey, Outbox, Outcome, Recipient, Tries};
use skyhaul_web::ports::StoreError;
use skyhaul_web::trace::span::{DELIVERY, Kind, Span, Spans, Value, now_unix_micros};
use skyhaul_web::trace::{self, TraceContext};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::complaint::Complaint;
use super::pacer::unix_micros;
use super::supervisor::{Pulse, Wake, wakes};
use crate::notify::desk::{self, Desk, Sent};
use crate::notify::sender::Sender;
use crate::observe::NoticeMetrics;

/// Letters on their way at once. Each takes a thread for as long as its receiver takes to answer.
const OUT_MAX: usize = 16;

/// Letters on their way to one host at once, so that one that is slow leaves room for others.
const OUT_TO_A_HOST_MAX: usize = 4;

/// A letter whose host is busy waits so long, microseconds.
const HOST_WAIT_MICROS: i64 = 200_000;

/// How often the outbox is looked into.
const TICK: Duration = Duration::from_millis(200);

/// How often what became of letters is flushed. After a crash what was not is sent again.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// What a notifier is made with, again after each failure.
#[derive(Clone)]
pub struct NotifierParts {
    /// What is to be told.
    pub outbox: Outbox,
    /// Talks to receivers.
    pub sender: Arc<Sender>,
    /// Stops it.
    pub stop: CancellationToken,
    /// What is counted.
    pub metrics: NoticeMetrics,
    /// Where spans of attempts go.
    pub spans: Spans,
}

/// The wall clock as it was at the start, and the time that has passed since: no jump of it puts off a notice, or sends it early.
struct SteadyClock {
    started: Instant,
    started_unix_micros: i64,
}

impl SteadyClock {
    fn start() -> Self {
        Self {
            started: Instant::now(),
            started_unix_micros: unix_micros(),
        }
    }

    fn unix_micros(&self) -> i64 {
        let passed = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.started_unix_micros.saturating_add(passed)
    }
}

/// Sends notices.
pub struct Notifier {
    parts: NotifierParts,
    desk: Desk,
    out: usize,
    out_to: HashMap<String, usize>,
    is_stopping: bool,
    flushed_at: Instant,
    clock: SteadyClock,
    is_dirty: bool,
    complaint: Complaint,
    _pulse: Pulse,
}

impl Notifier {
    /// A notifier that begins with the oldest notice that was not taken.
    #[must_use]
    pub fn new(parts: NotifierParts, pulse: Pulse) -> Self {
        Self {
            parts,
            desk: Desk::default(),
            out: 0,
            out_to: HashMap::new(),
            is_stopping: false,
            flushed_at: Instant::now(),
            clock: SteadyClock::start(),
            is_dirty: false,
            complaint: Complaint::default(),
            _pulse: pulse,
        }
    }

    /// Reads what is new and sends what is due.
    fn turn(&mut self, ctx: &mut Context<Self>) -> Result<(), StoreError> {
        let new = self.parts.outbox.places(self.desk.last(), self.desk.room())?;
        self.desk.add(new);
        while self.out < OUT_MAX {
            let now = self.clock.unix_micros();
            let Some(key) = self.desk.take_due(now) else { break };
            self.begin(key, now, ctx)?;
        }
        self.parts
            .metrics
            .waiting
            .set(i64::try_from(self.desk.held()).unwrap_or(i64::MAX));
        if self.is_dirty && self.flushed_at.elapsed() >= FLUSH_EVERY {
            self.flush()?;
        }
        Ok(())
    }

    fn begin(
        &mut self,
        key: NoticeKey,
        now_unix_micros: i64,
        ctx: &mut Context<Self>,
    ) -> Result<(), StoreError> {
        let found = self.parts.outbox.letter(key).inspect_err(|_| {
            self.desk.put_off(key, now_unix_micros);
        })?;
        let tries_by_now = |tries: Option<Tries>| tries.map(|tries| tries.by(now_unix_micros));
        let Some((mut letter, tries)) = found.map(|(letter, tries)| (letter, tries_by_now(tries))) else {
            self.desk.settle(key);
            return Ok(());
        };
        if let Some(tries) = tries
            && desk::again_at(key, tries) > now_unix_micros
        {
            self.desk.put_off(key, desk::again_at(key, tries));
            return Ok(());
        }
        let host = host_of(&letter);
        let out_to = self.out_to.entry(host.clone()).or_default();
        if *out_to >= OUT_TO_A_HOST_MAX {
            self.desk.put_off(key, now_unix_micros + HOST_WAIT_MICROS);
            return Ok(());
        }
        *out_to += 1;
        self.out += 1;
        let attempt = Attempt::begin(&mut letter);
        let sender = Arc::clone(&self.parts.sender);
        let sending = actix_rt::task::spawn_blocking(move || sender.send(&letter, unix_micros() / 1_000_000));
        let sent = sending.into_actor(self).map(move |sent, this, ctx| {
            let sent = sent.unwrap_or_else(|_| Sent::Failed("sending it failed here".to_owned()));
            this.parts.spans.end(attempt.span(&sent));
            trace::within(attempt.trace, Some(attempt.delivery), || {
                this.sent(key, tries, &host, sent);
            });
            this.wake(ctx);
        });
        ctx.spawn(sent);
        Ok(())
    }

    /// A receiver has answered, or has not.
    fn sent(&mut self, key: NoticeKey, before: Option<Tries>, host: &str, sent: Sent) {
        self.out -= 1;
        if let Some(out_to) = self.out_to.get_mut(host) {
            *out_to -= 1;
            if *out_to == 0 {
                self.out_to.remove(host);
            }
        }
        let now = self.clock.unix_micros();
        let outcome = desk::outcome(sent, before, now);
        if let Err(error) = self.parts.outbox.settle(key, &outcome, now) {
            self.failed(&error);
            self.desk.put_off(key, now);
            return;
        }
        self.is_dirty = true;
        self.parts.metrics.count(&outcome);
        match outcome {
            Outcome::Delivered => self.desk.settle(key),
            Outcome::Parked(error) => {
                tracing::warn!(
                    notice = key.event,
                    subscription = key.subscription,
                    error,
                    "a notice is given up"
                );
                self.desk.settle(key);
            }
            Outcome::Failed(error) => {
                if before.is_none() {
                    tracing::info!(
                        notice = key.event,
                        subscription = key.subscription,
                        error,
                        "a notice was not taken; it is tried again"
                    );
                }
                let tries = Tries {
                    attempts: before.map_or(0, |before| before.attempts) + 1,
                    first_unix_micros: before.map_or(now, |before| before.first_unix_micros),
                    last_unix_micros: now,
                };
                self.desk.put_off(key, desk::again_at(key, tries));
            }
        }
    }

    fn wake(&mut self, ctx: &mut Context<Self>) {
        if self.is_stopping {
            self.stop_when_done(ctx);
        } else if let Err(error) = self.turn(ctx) {
            self.failed(&error);
        }
    }

    /// Ends once nothing is on its way: what was taken is not to be sent again.
    fn stop_when_done(&mut self, ctx: &mut Context<Self>) {
        if self.out == 0 {
            if let Err(error) = self.flush() {
                self.failed(&error);
            }
            ctx.stop();
        }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.parts.outbox.flush()?;
        self.is_dirty = false;
        self.flushed_at = Instant::now();
        Ok(())
    }

    fn failed(&mut self, error: &StoreError) {
        if let Some(unsaid) = self.complaint.note(Instant::now()) {
            tracing::error!(%error, unsaid, "the outbox cannot be read or written; trying again");
        }
    }
}

/// An attempt to send a letter.
struct Attempt {
    trace: TraceContext,
    parent: u64,
    delivery: DeliveryId,
    event: u64,
    channel: Channel,
    began_unix_micros: i64,
}

impl Attempt {
    /// Begins one: the letter says so from now on.
    fn begin(letter: &mut Letter) -> Self {
        let parent = letter.trace.span;
        letter.trace = trace::child(letter.trace);
        Self {
            trace: letter.trace,
            parent,
            delivery: letter.delivery,
            event: letter.key.event,
            channel: letter.key.channel,
            began_unix_micros: now_unix_micros(),
        }
    }

    fn span(&self, sent: &Sent) -> Span {
        let channel = match self.channel {
            Channel::Webhook => "webhook",
            Channel::Email => "email",
            Channel::Sms => "sms",
        };
        Span {
            name: format!("notice by {channel}"),
            kind: Kind::Client,
            context: self.trace,
            parent: Some(self.parent),
            began_unix_micros: self.began_unix_micros,
            attributes: vec![
                (DELIVERY, Value::Text(self.delivery.to_string())),
                ("skyhaul.event.number", Value::number(self.event)),
            ],
            failure: match sent {
                Sent::Taken => None,
                Sent::Failed(reason) | Sent::Refused(reason) => Some(reason.clone()),
            },
        }
    }
}

/// Whom a letter occupies: a host, the mail server or the gateway.
fn host_of(letter: &Letter) -> String {
    match &letter.to {
        Recipient::Webhook { url, .. } => {
            let host = url
                .split("//")
                .nth(1)
                .and_then(|rest| rest.split(['/', '?', '#']).next());
            host.unwrap_or_default().to_ascii_lowercase()
        }
        Recipient::Email(_) => "the mail server".to_owned(),
        Recipient::Sms(_) => "the gateway".to_owned(),
        Recipient::Unknown => String::new(),
    }
}

impl Actor for Notifier {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.add_stream(wakes(
            Arc::new(Notify::new()),
            (Duration::ZERO, TICK),
            self.parts.stop.clone(),
        ));
    }
}

impl StreamHandler<Wake> for Notifier {
    fn handle(&mut self, wake: Wake, ctx: &mut Context<Self>) {
        self.is_stopping |= wake.is_last;
        self.wake(ctx);
    }

    /// The last wake has come; letters may still be on their way.
    fn finished(&mut self, _: &mut Context<Self>) {}
}
