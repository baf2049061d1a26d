//! What a client says: its requests, and what it is told where it is wrong.

use std::time::Duration;

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{CLOSING_WITHIN, Client, Farewell, SUBSCRIPTIONS_MAX};
use crate::door::Sight;
use crate::frame;
use crate::server::handshake::MESSAGE_BYTES_MAX;
use crate::server::request::{self, Refusal, Request, Since};
use crate::server::subscription::Subscription;

/// Errors a client may cause within [`ERRORS_WITHIN`]: more than a person who tries things out, fewer than a program in a loop.
const ERRORS_MAX: u32 = 32;

/// See [`ERRORS_MAX`].
const ERRORS_WITHIN: Duration = Duration::from_secs(10);

/// The errors that a client caused of late.
pub(super) struct Errors {
    count: u32,
    since: Instant,
}

impl Errors {
    pub(super) const fn none(now: Instant) -> Self {
        Self { count: 0, since: now }
    }

    /// Counts one; gives whether it is one too many.
    fn are_too_many(&mut self) -> bool {
        if self.since.elapsed() > ERRORS_WITHIN {
            *self = Self::none(Instant::now());
        }
        self.count += 1;
        self.count > ERRORS_MAX
    }
}

impl Client {
    pub(super) fn on_text(&mut self, text: &str) -> Option<Farewell> {
        let read = request::read(text, &self.surroundings.environment);
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
            (Sight::One(only), request::Topic::Delivery(delivery)) => (*only == delivery)
                .then_some(())
                .ok_or_else(|| Refusal::UnknownDelivery(delivery.to_string())),
            (Sight::Owner(_) | Sight::One(_), _) => Err(Refusal::Forbidden),
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

    pub(super) fn say(&mut self, refusal: &Refusal, id: Option<&str>) {
        let code = refusal.code();
        self.surroundings
            .metrics
            .refusals
            .with_label_values(&[code])
            .inc();
        self.outbox.text(&frame::error(code, &refusal.to_string(), id));
    }

    /// Says what was wrong; closes a client that is wrong again and again.
    pub(super) fn refuse(&mut self, refusal: &Refusal, id: Option<&str>) -> Option<Farewell> {
        self.say(refusal, id);
        self.errors.are_too_many().then_some(Farewell {
            code: CloseCode::Policy,
            reason: "too many errors",
            within: CLOSING_WITHIN,
        })
    }

    /// What a peer is told that broke the protocol; nothing where it just went away.
    pub(super) fn on_broken(&mut self, error: &Error) -> Option<Farewell> {
        let (code, reason) = match error {
            Error::Capacity(_) => {
                let message = format!("a message is at most {MESSAGE_BYTES_MAX} bytes long");
                self.outbox.text(&frame::error("message_limit", &message, None));
                (CloseCode::Size, "the message is too long")
            }
            Error::Utf8(_) => (CloseCode::Invalid, "the text is not UTF-8"),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
            Error::Protocol(_) => (CloseCode::Protocol, "this is not the WebSocket protocol"),
            _ => return None,
        };
        Some(Farewell {
            code,
            reason,
            within: CLOSING_WITHIN,
        })
    }
}
