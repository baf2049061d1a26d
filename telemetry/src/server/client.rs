//! One client: its socket, its subscriptions, and one write a tick.
//!
//! At a tick the shard's walk puts together what is due for many, then writes it; what the socket does not take the client's own task writes on.
//! Until that is out nothing is read and nothing else is put together: a client that reads slowly is sent less, one that does not read at all is
//! sent nothing and, after a while, closed.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::admission::Seat;
use super::connection::{self, Connection};
use super::handshake::{Admitted, MESSAGE_BYTES_MAX, SUBPROTOCOL, SUBPROTOCOL_BINARY, Speech};
use super::metrics::Counted;
use super::outbox::{Form, Outbox, Sealed};
use super::pace::Pace;
use super::picture::Picture;
use super::request::{HZ_MAX, Refusal};
use super::shard::Surroundings;
use super::stay::Stay;
use super::subscription::Subscription;
use super::wire;
use crate::binary;
use crate::frame;

mod clock;
mod hearing;
mod steady;

use self::clock::ClockTold;
use self::hearing::Errors;
pub(super) use self::steady::Steady;

/// Subscriptions of one client: a map, the figures, and thirty deliveries or drones to follow.
const SUBSCRIPTIONS_MAX: usize = 32;

/// Messages taken from a client in a tick; the others wait in its socket.
const MESSAGES_PER_TICK_MAX: u32 = 64;

/// How long a client that was closed may take to read what it was sent last.
const CLOSING_WITHIN: Duration = Duration::from_secs(2);

/// The same for one that was closed for being slow: it may yet wake up and learn why.
const CLOSING_OF_SLOW_WITHIN: Duration = Duration::from_secs(30);

/// The same when the server stops.
const CLOSING_AT_STOP_WITHIN: Duration = Duration::from_secs(1);

/// One client.
pub(super) struct Client {
    socket: WebSocketStream<Connection>,
    surroundings: Rc<Surroundings>,
    stay: Stay,
    seat: Seat,
    subscriptions: Vec<Subscription>,
    /// Frames on their way, and those for the next tick.
    outbox: Outbox,
    pace: Pace,
    /// Whether the library has answers of its own, which go out before frames may.
    has_answers: bool,
    /// When the socket last took something.
    progress: Instant,
    /// As of when that is what is being written.
    composed: Instant,
    /// Messages read since the last tick.
    messages: u32,
    errors: Errors,
    clock: ClockTold,
    /// Wakes its task.
    waker: Waker,
    /// That its stay ends, and what it is told.
    ended: Option<Option<Farewell>>,
    slow: Option<Counted>,
    _present: Counted,
}

/// What putting together came to.
pub(super) struct Composed {
    /// Before this tick there is nothing else, once what was put together is out and unless its task hears something or the clock changes.
    pub(super) due: u64,
    /// How much there is to write.
    pub(super) sealed: Sealed,
}

/// Why a client is closed.
#[derive(Clone, Copy)]
pub(super) struct Farewell {
    code: CloseCode,
    reason: &'static str,
    within: Duration,
}

/// What everyone is told when the server stops.
pub(super) const STOPPING: Farewell = Farewell {
    code: CloseCode::Away,
    reason: "the service is stopping",
    within: CLOSING_AT_STOP_WITHIN,
};

/// What a client's task comes to.
enum Wake {
    /// A message came.
    Message(Message),
    /// All was written.
    Written,
    /// The peer is gone, or closed.
    Gone,
    /// The peer sent what is no message.
    Broken(Error),
}

impl Client {
    /// A client that is greeted.
    pub(super) fn new(admitted: Box<Admitted>, surroundings: Rc<Surroundings>, seat: Seat) -> Self {
        let now = Instant::now();
        let (clock, tick) = {
            let picture = surroundings.picture.read();
            (ClockTold::now(&picture), picture.tick())
        };
        let mut client = Self {
            _present: Counted::one(&surroundings.metrics.clients),
            socket: admitted.socket,
            surroundings,
            stay: Stay::new(admitted.pass, tick),
            seat,
            subscriptions: Vec::new(),
            outbox: Outbox::new(match admitted.speech {
                Speech::Binary => Form::Binary,
                Speech::Unnamed | Speech::Json | Speech::Unknown => Form::Json,
            }),
            pace: Pace::default(),
            has_answers: false,
            progress: now,
            composed: now,
            messages: 0,
            errors: Errors::none(now),
            clock,
            waker: Waker::noop().clone(),
            ended: None,
            slow: None,
        };
        client.greet(admitted.speech);
        let sealed = client.send_outbox(now);
        client.surroundings.metrics.count(sealed, 1);
        if client.surroundings.stop.is_cancelled() {
            client.end(Some(STOPPING));
        }
        client
    }

    fn greet(&mut self, speech: Speech) {
        let limits = serde_json::json!({
            "subscriptions": SUBSCRIPTIONS_MAX,
            "hz": HZ_MAX,
            "clientsPerAddress": self.seat.limit(),
            "messageBytes": MESSAGE_BYTES_MAX,
        });
        let hello = {
            let picture = self.surroundings.picture.read();
            frame::hello(
                &picture.environment().epoch,
                picture.now(),
                picture.speed(),
                picture.epoch(),
                &limits,
            )
        };
        self.outbox.text(&hello);
        if speech == Speech::Unknown {
            let message = format!("{SUBPROTOCOL} and {SUBPROTOCOL_BINARY} are spoken here");
            self.outbox
                .text(&frame::error("unsupported_subprotocol", &message, None));
        }
        if !self.seat.admit() {
            self.say(&Refusal::ClientLimit(self.seat.limit()), None);
        }
    }

    /// Puts together what is due at a tick, in `buffer` where it fits. Called for many clients of a shard, one after the other, before any of it
    /// is written.
    pub(super) fn compose(&mut self, picture: &Picture, buffer: &mut Vec<u8>) -> Composed {
        self.outbox.lend(buffer);
        let (due, sealed) = self.compose_due(picture);
        if sealed.frames == 0 {
            self.outbox.lend(buffer);
        }
        Composed { due, sealed }
    }

    /// Reads what serving it will read, so that it is in the cache by then.
    pub(super) fn look_over(&self) -> u64 {
        u64::from(self.messages)
            ^ u64::from(self.ended.is_some())
            ^ u64::from(self.slow.is_some())
            ^ u64::from(self.has_answers)
            ^ u64::from(self.pace.is_full())
            ^ self.stay.next_look()
            ^ u64::from(self.outbox.is_writing())
            ^ self.outbox.len() as u64
            ^ self.subscriptions.len() as u64
    }

    /// The same of its subscriptions.
    pub(super) fn look_over_subscriptions(&self) -> u64 {
        let each = self.subscriptions.iter().map(Subscription::look_over);
        each.fold(0, |seen, looked| seen ^ looked)
    }

    fn compose_due(&mut self, picture: &Picture) -> (u64, Sealed) {
        let nothing = Sealed::default();
        if self.ended.is_some() {
            return (u64::MAX, nothing);
        }
        if std::mem::take(&mut self.messages) >= MESSAGES_PER_TICK_MAX {
            self.waker.wake_by_ref();
        }
        let is_busy = self.outbox.is_writing();
        let sealed = match self.on_tick(picture) {
            Ok(sealed) => sealed,
            Err(farewell) => {
                self.end(Some(farewell));
                return (u64::MAX, nothing);
            }
        };
        if is_busy || !self.pace.is_full() {
            return (picture.tick() + 1, sealed);
        }
        let subscriptions = self.subscriptions.iter().map(Subscription::due);
        let due = subscriptions.chain([self.clock.due(picture), self.stay.next_look()]);
        let due = due.min();
        (due.unwrap_or_default(), sealed)
    }

    /// Writes what was put together just now; gives whether the socket took all, after which `buffer` is as it was. Its task writes the rest.
    pub(super) fn write(&mut self, buffer: &mut Vec<u8>) -> bool {
        if let (Some(all), false) = (self.outbox.whole(), self.has_answers)
            && let Some(socket) = self.socket.get_ref().socket()
            && let Some(taken) = connection::send(socket, all)
        {
            self.outbox.advance(taken);
        }
        if self.outbox.is_writing() {
            match self.poll_write(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => self.end(None),
                Poll::Pending => self.waker.wake_by_ref(),
            }
        }
        let is_out = !self.outbox.is_writing();
        if is_out {
            self.outbox.lend(buffer);
        }
        is_out
    }

    /// Lets its task end its stay.
    pub(super) fn end(&mut self, farewell: Option<Farewell>) {
        self.ended = Some(farewell);
        self.waker.wake_by_ref();
    }

    /// Hears the client and writes on what it did not take, until its stay ends.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Farewell>> {
        loop {
            if let Some(farewell) = self.ended.take() {
                return Poll::Ready(farewell);
            }
            let Poll::Ready(wake) = self.poll_wake(context) else {
                self.waker.clone_from(context.waker());
                return Poll::Pending;
            };
            if let Some(farewell) = self.on_wake(wake) {
                return Poll::Ready(farewell);
            }
        }
    }

    /// Puts together what is due, to go out in one write; gives how much that is.
    ///
    /// # Errors
    /// Why its stay ends.
    fn on_tick(&mut self, picture: &Picture) -> Result<Sealed, Farewell> {
        if !self.stay.goes_on(picture.tick()) {
            return Err(Farewell {
                code: CloseCode::Policy,
                reason: "the key or token no longer lets you in",
                within: CLOSING_WITHIN,
            });
        }
        if self.outbox.is_writing() {
            return self.pass_over(picture).map_or(Ok(Sealed::default()), Err);
        }
        self.slow = None;
        let is_served = self.pace.is_due(picture.tick());
        let before = self.subscriptions.len();
        let mut ended = Vec::new();
        let outbox = &mut self.outbox;
        self.subscriptions.retain_mut(|subscription| {
            let outcome = subscription.write(picture, is_served, outbox);
            let goes_on = outcome.is_ok();
            ended.extend(
                outcome
                    .err()
                    .map(|refusal| (refusal, subscription.id().to_owned())),
            );
            goes_on
        });
        if !ended.is_empty() {
            let subscriptions = &self.surroundings.metrics.subscriptions;
            subscriptions.sub(count(before - self.subscriptions.len()));
        }
        for (refusal, id) in ended {
            self.say(&refusal, Some(&id));
        }
        self.tell_time(picture);
        Ok(self.send_outbox(picture.looked_at()))
    }

    /// The client has not taken yet what it was sent at an earlier tick.
    fn pass_over(&mut self, picture: &Picture) -> Option<Farewell> {
        let metrics = &self.surroundings.metrics;
        metrics.conflated_ticks.inc();
        self.slow.get_or_insert_with(|| Counted::one(&metrics.slow));
        if self.pace.is_late(picture.tick(), self.outbox.is_answering()) {
            for subscription in &mut self.subscriptions {
                subscription.skip(picture);
            }
        }
        if self.progress.elapsed() < self.surroundings.stalled_after {
            return None;
        }
        // Nothing more is composed for it: this is how far it came to lag.
        metrics.observe_lag(self.composed.elapsed(), 1);
        Some(Farewell {
            code: CloseCode::Again,
            reason: "nothing was read for too long",
            within: CLOSING_OF_SLOW_WITHIN,
        })
    }

    /// Adds what time it is where that is due.
    fn tell_time(&mut self, picture: &Picture) {
        if self.clock.is_due(picture, self.outbox.len() > 0) {
            match self.outbox.form() {
                Form::Json => {
                    let began = &picture.environment().epoch;
                    self.outbox
                        .text(&frame::clock(began, picture.now(), picture.speed()));
                }
                Form::Binary => self
                    .outbox
                    .binary(&binary::clock(&picture.stamp(), picture.speed())),
            }
        }
    }

    /// `None` goes on; `Some(None)` ends without a word.
    fn on_wake(&mut self, wake: Wake) -> Option<Option<Farewell>> {
        match wake {
            Wake::Written => None,
            Wake::Gone | Wake::Message(Message::Close(_)) => Some(None),
            Wake::Message(Message::Text(text)) => self.on_text(&text).map(Some),
            Wake::Message(Message::Ping(_)) => {
                self.has_answers = true;
                None
            }
            Wake::Message(Message::Binary(_)) => {
                let refusal = Refusal::BadMessage("it came as bytes".to_owned());
                self.refuse(&refusal, None).map(Some)
            }
            Wake::Message(_) => None,
            Wake::Broken(error) => Some(self.on_broken(&error)),
        }
    }

    /// Lets all frames that wait go out in one write; they show what was at `composed`. Called only while nothing is being written.
    fn send_outbox(&mut self, composed: Instant) -> Sealed {
        let sealed = self.outbox.seal();
        if sealed.frames > 0 {
            self.composed = composed;
            self.progress = composed;
        }
        sealed
    }

    /// Writes what is to be written; else reads.
    fn poll_wake(&mut self, context: &mut Context<'_>) -> Poll<Wake> {
        if self.outbox.is_writing() {
            return match ready!(self.poll_write(context)) {
                Ok(()) => {
                    self.outbox.rest();
                    let lag = self.progress.saturating_duration_since(self.composed);
                    self.surroundings.metrics.observe_lag(lag, 1);
                    Poll::Ready(Wake::Written)
                }
                Err(_) => Poll::Ready(Wake::Gone),
            };
        }
        if self.messages >= MESSAGES_PER_TICK_MAX {
            return Poll::Pending;
        }
        let message = ready!(self.socket.poll_next_unpin(context));
        self.messages += 1;
        Poll::Ready(match message {
            Some(Ok(message)) => Wake::Message(message),
            Some(Err(error)) => Wake::Broken(error),
            None => Wake::Gone,
        })
    }

    /// Writes what waits past the library, once the library's own answers are out.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.has_answers {
            ready!(self.socket.poll_flush_unpin(context))?;
            self.has_answers = false;
        }
        while self.outbox.is_writing() {
            let stream = Pin::new(self.socket.get_mut());
            ready!(self.outbox.poll_write(context, stream))?;
            self.progress = Instant::now();
        }
        Poll::Ready(Ok(()))
    }

    /// Ends its stay: says why, where there is something to say.
    pub(super) async fn leave(mut self, farewell: Option<Farewell>) {
        let metrics = &self.surroundings.metrics;
        metrics.subscriptions.sub(count(self.subscriptions.len()));
        match farewell {
            Some(farewell) => {
                let code = u16::from(farewell.code).to_string();
                metrics.closed.with_label_values(&[&code]).inc();
                self.close(farewell).await;
            }
            // The library's answer to the peer's own close, if there is one.
            None => drop(timeout(CLOSING_WITHIN, self.socket.flush()).await),
        }
    }

    /// Sends what waits and the reason, then lets the peer read it.
    async fn close(mut self, farewell: Farewell) {
        let reason = wire::close(farewell.code.into(), farewell.reason);
        self.outbox.framed(reason);
        let sealed = self.outbox.seal();
        self.surroundings.metrics.count(sealed, 1);
        let said = async {
            std::future::poll_fn(|context| self.poll_write(context)).await?;
            let stream = self.socket.get_mut();
            stream.shutdown().await?;
            let mut ignored = [0; 512];
            while stream.read(&mut ignored).await? > 0 {}
            Ok::<(), Error>(())
        };
        // A peer that does not listen any more needs no answer.
        drop(timeout(farewell.within, said).await);
    }
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
