//! One client: its socket, its subscriptions, and one write a tick.
//!
//! While a write is under way nothing is read and nothing else is composed: a client that reads slowly is sent less, one that does not
//! read at all is sent nothing and, after a while, closed.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use parking_lot::RwLock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

use super::admission::Seat;
use super::connection::Connection;
use super::handshake::{Admitted, MESSAGE_BYTES_MAX, SUBPROTOCOL, SUBPROTOCOL_BINARY, Speech};
use super::metrics::Metrics;
use super::outbox::{Form, Outbox};
use super::picture::Picture;
use super::request::{self, HZ_MAX, Refusal, Request, Since};
use super::stay::Stay;
use super::subscription::Subscription;
use super::wire;
use crate::binary;
use crate::door::{Door, Sight};
use crate::frame;

/// Subscriptions of one client: a map, the figures, and thirty deliveries or drones to follow.
const SUBSCRIPTIONS_MAX: usize = 32;

/// Errors a client may cause within [`ERRORS_WITHIN`]: more than a person who tries things out, fewer than a program in a loop.
const ERRORS_MAX: u32 = 32;

/// See [`ERRORS_MAX`].
const ERRORS_WITHIN: Duration = Duration::from_secs(10);

/// Messages taken from a client in a tick; the others wait in its socket.
const MESSAGES_PER_TICK_MAX: u32 = 64;

/// Ticks between two `clock` frames: ten seconds.
const CLOCK_TICKS: u64 = 100;

/// The same where the world runs as fast as it can, and no speed says where the clock is.
const CLOCK_TICKS_UNPACED: u64 = 10;

/// How long a client that was closed may take to read what it was sent last.
const CLOSING_WITHIN: Duration = Duration::from_secs(2);

/// The same for one that was closed for being slow: it may yet wake up and learn why.
const CLOSING_OF_SLOW_WITHIN: Duration = Duration::from_secs(30);

/// The same when the server stops.
const CLOSING_AT_STOP_WITHIN: Duration = Duration::from_secs(1);

/// What all clients share.
pub(super) struct Surroundings {
    pub(super) picture: Arc<RwLock<Picture>>,
    pub(super) metrics: Metrics,
    pub(super) ticks: watch::Receiver<u64>,
    pub(super) door: Arc<dyn Door>,
    pub(super) stalled_after: Duration,
    pub(super) stop: CancellationToken,
}

/// One client.
pub(super) struct Client {
    socket: WebSocketStream<Connection>,
    surroundings: Surroundings,
    stay: Stay,
    seat: Seat,
    subscriptions: Vec<Subscription>,
    /// Frames on their way, and those for the next tick.
    outbox: Outbox,
    /// Whether the library's own answers are out, and frames may be written.
    is_flushed: bool,
    /// When the socket last took something.
    progress: Instant,
    /// Messages read since the last tick.
    messages: u32,
    errors: u32,
    errors_since: Instant,
    clock_changes: u64,
    clock_tick: u64,
}

/// Why a client is closed.
struct Farewell {
    code: CloseCode,
    reason: &'static str,
    within: Duration,
}

/// What woke a client's task.
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
    pub(super) fn new(admitted: Admitted, surroundings: Surroundings, seat: Seat) -> Self {
        let now = Instant::now();
        let (clock_changes, clock_tick) = {
            let picture = surroundings.picture.read();
            (picture.clock_changes(), picture.tick())
        };
        let mut client = Self {
            socket: admitted.socket,
            surroundings,
            stay: Stay::new(admitted.pass, clock_tick),
            seat,
            subscriptions: Vec::new(),
            outbox: Outbox::new(match admitted.speech {
                Speech::Binary => Form::Binary,
                Speech::Unnamed | Speech::Json | Speech::Unknown => Form::Json,
            }),
            is_flushed: false,
            progress: now,
            messages: 0,
            errors: 0,
            errors_since: now,
            clock_changes,
            clock_tick,
        };
        client.greet(admitted.speech);
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

    /// Serves the client until it goes or is closed.
    pub(super) async fn run(mut self) {
        self.surroundings.metrics.clients.inc();
        let mut ticks = self.surroundings.ticks.clone();
        let stop = self.surroundings.stop.clone();
        self.send_outbox();
        let farewell = loop {
            let ended = tokio::select! {
                biased;
                () = stop.cancelled() => Some(Some(stopping())),
                ticked = ticks.changed() => match ticked {
                    Ok(()) => self.on_tick().map(Some),
                    Err(_) => Some(Some(stopping())),
                },
                wake = poll_fn(|context| self.poll_wake(context)) => self.on_wake(wake),
            };
            if let Some(farewell) = ended {
                break farewell;
            }
        };
        let metrics = self.surroundings.metrics.clone();
        metrics.clients.dec();
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

    /// Sends what is due, in one write.
    fn on_tick(&mut self) -> Option<Farewell> {
        self.messages = 0;
        let picture = Arc::clone(&self.surroundings.picture);
        let picture = picture.read();
        if !self.stay.goes_on(picture.tick()) {
            return Some(Farewell {
                code: CloseCode::Policy,
                reason: "the key or token no longer lets you in",
                within: CLOSING_WITHIN,
            });
        }
        if self.outbox.is_writing() {
            for subscription in &mut self.subscriptions {
                subscription.skip(&picture);
            }
            self.surroundings.metrics.conflated_ticks.inc();
            let is_stalled = self.progress.elapsed() >= self.surroundings.stalled_after;
            return is_stalled.then_some(Farewell {
                code: CloseCode::Again,
                reason: "nothing was read for too long",
                within: CLOSING_OF_SLOW_WITHIN,
            });
        }
        self.tell_time(&picture);
        let before = self.subscriptions.len();
        let mut ended = Vec::new();
        let outbox = &mut self.outbox;
        self.subscriptions.retain_mut(|subscription| {
            let outcome = subscription.write(&picture, outbox);
            let goes_on = outcome.is_ok();
            ended.extend(
                outcome
                    .err()
                    .map(|refusal| (refusal, subscription.id().to_owned())),
            );
            goes_on
        });
        self.surroundings
            .metrics
            .subscriptions
            .sub(count(before - self.subscriptions.len()));
        for (refusal, id) in ended {
            self.say(&refusal, Some(&id));
        }
        self.send_outbox();
        None
    }

    fn tell_time(&mut self, picture: &Picture) {
        let period = if picture.speed().is_finite() {
            CLOCK_TICKS
        } else {
            CLOCK_TICKS_UNPACED
        };
        let is_due = picture.tick() >= self.clock_tick + period;
        if is_due || picture.clock_changes() != self.clock_changes {
            self.clock_tick = picture.tick();
            self.clock_changes = picture.clock_changes();
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
            Wake::Message(Message::Binary(_)) => {
                let refusal = Refusal::BadMessage("it came as bytes".to_owned());
                self.refuse(&refusal, None).map(Some)
            }
            Wake::Message(_) => None,
            Wake::Broken(error) => Some(self.on_broken(&error)),
        }
    }

    fn on_text(&mut self, text: &str) -> Option<Farewell> {
        let read = {
            let picture = self.surroundings.picture.read();
            request::read(text, picture.environment())
        };
        let outcome = match read {
            Ok(Request::Subscribe { id, topic, hz, since }) => self
                .subscribe(id.clone(), topic, hz, since)
                .map_err(|refusal| (refusal, Some(id))),
            Ok(Request::Unsubscribe { id }) => self.unsubscribe(&id).map_err(|refusal| (refusal, Some(id))),
            Ok(Request::Resume { id, after }) => {
                self.resume(&id, after).map_err(|refusal| (refusal, Some(id)))
            }
            Err(refused) => Err(refused),
        };
        match outcome {
            Ok(()) => None,
            Err((refusal, id)) => self.refuse(&refusal, id.as_deref()),
        }
    }

    fn subscribe(
        &mut self,
        id: String,
        topic: request::Topic,
        hz: f64,
        since: Option<Since>,
    ) -> Result<(), Refusal> {
        if !self.seat.admit() {
            return Err(Refusal::ClientLimit(self.seat.limit()));
        }
        self.check_sight(topic)?;
        let tick = self.surroundings.picture.read().tick();
        if let Some(known) = self.find(&id) {
            known.change(topic, hz, tick);
            return Ok(());
        }
        if self.subscriptions.len() == SUBSCRIPTIONS_MAX {
            return Err(Refusal::SubscriptionLimit(SUBSCRIPTIONS_MAX));
        }
        self.surroundings.metrics.subscriptions.inc();
        let mut subscription = Subscription::new(id, topic, hz, tick);
        if let Some(since) = since {
            subscription.go_on(since, &self.surroundings.picture.read());
        }
        self.subscriptions.push(subscription);
        Ok(())
    }

    /// Refuses what the client may not look at. Others' deliveries are spoken of as if there were none.
    fn check_sight(&self, topic: request::Topic) -> Result<(), Refusal> {
        match (self.stay.sight(), topic) {
            (Sight::All, _) => Ok(()),
            (Sight::Owner(owner), request::Topic::Delivery(delivery)) => {
                let is_own = self.surroundings.door.owns(owner, delivery);
                is_own
                    .then_some(())
                    .ok_or_else(|| Refusal::UnknownDelivery(delivery.to_string()))
            }
            (Sight::Owner(_), _) => Err(Refusal::Forbidden),
        }
    }

    fn unsubscribe(&mut self, id: &str) -> Result<(), Refusal> {
        let place = self.subscriptions.iter().position(|known| known.id() == id);
        let place = place.ok_or_else(|| Refusal::UnknownSubscription(id.to_owned()))?;
        self.subscriptions.remove(place);
        self.surroundings.metrics.subscriptions.dec();
        Ok(())
    }

    fn resume(&mut self, id: &str, after: u64) -> Result<(), Refusal> {
        let tick = self.surroundings.picture.read().tick();
        let known = self.find(id);
        known
            .ok_or_else(|| Refusal::UnknownSubscription(id.to_owned()))?
            .resume(after, tick)
    }

    fn find(&mut self, id: &str) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|known| known.id() == id)
    }

    fn say(&mut self, refusal: &Refusal, id: Option<&str>) {
        let code = refusal.code();
        self.surroundings
            .metrics
            .refusals
            .with_label_values(&[code])
            .inc();
        self.outbox.text(&frame::error(code, &refusal.to_string(), id));
    }

    /// Says what was wrong; closes a client that is wrong again and again.
    fn refuse(&mut self, refusal: &Refusal, id: Option<&str>) -> Option<Farewell> {
        self.say(refusal, id);
        if self.errors_since.elapsed() > ERRORS_WITHIN {
            self.errors = 0;
            self.errors_since = Instant::now();
        }
        self.errors += 1;
        (self.errors > ERRORS_MAX).then_some(Farewell {
            code: CloseCode::Policy,
            reason: "too many errors",
            within: CLOSING_WITHIN,
        })
    }

    /// What a peer is told that broke the protocol; nothing where it just went away.
    fn on_broken(&mut self, error: &Error) -> Option<Farewell> {
        let (code, reason) = match error {
            Error::Capacity(_) => {
                let message = format!("a message is at most {MESSAGE_BYTES_MAX} bytes long");
                self.outbox.text(&frame::error("message_limit", &message, None));
                (CloseCode::Size, "the message is too long")
            }
            Error::Utf8(_) => (CloseCode::Invalid, "the text is not UTF-8"),
            Error::Protocol(
                tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            ) => return None,
            Error::Protocol(_) => (CloseCode::Protocol, "this is not the WebSocket protocol"),
            _ => return None,
        };
        Some(Farewell {
            code,
            reason,
            within: CLOSING_WITHIN,
        })
    }

    /// Puts all frames that wait into one write. Called only while nothing is being written.
    fn send_outbox(&mut self) {
        self.outbox.seal(&self.surroundings.metrics);
        self.progress = Instant::now();
    }

    /// Writes what is to be written; else reads.
    fn poll_wake(&mut self, context: &mut Context<'_>) -> Poll<Wake> {
        if self.outbox.is_writing() {
            return match ready!(self.poll_write(context)) {
                Ok(()) => Poll::Ready(Wake::Written),
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
        if !self.is_flushed {
            ready!(self.socket.poll_flush_unpin(context))?;
            self.is_flushed = true;
        }
        while self.outbox.is_writing() {
            let stream = Pin::new(self.socket.get_mut());
            ready!(self.outbox.poll_write(context, stream))?;
            self.progress = Instant::now();
        }
        self.is_flushed = false;
        Poll::Ready(Ok(()))
    }

    /// Sends what waits and the reason, then lets the peer read it.
    async fn close(mut self, farewell: Farewell) {
        let reason = wire::close(farewell.code.into(), farewell.reason);
        self.outbox.framed(reason);
        self.outbox.seal(&self.surroundings.metrics);
        let said = async {
            poll_fn(|context| self.poll_write(context)).await?;
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

const fn stopping() -> Farewell {
    Farewell {
        code: CloseCode::Away,
        reason: "the service is stopping",
        within: CLOSING_AT_STOP_WITHIN,
    }
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
