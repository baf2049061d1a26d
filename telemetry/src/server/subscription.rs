//! One subscription: what its client has seen, and what it is to be sent next.
//!
//! Frames are numbered 1, 2, 3 … A frame that a slow client could not be given takes its number along; the next thing sent is a `gap` that
//! says how many those were, and a fresh snapshot. Stage changes of a delivery are not skipped: they wait in the tracks, in order.

use std::sync::Arc;

use skyhaul_actors::ids::DeliveryId;

use super::picture::{Glance, Picture};
use super::request::{HZ_MAX, Refusal, Topic};
use super::scope::{Mode, Scope};
use super::told::Told;
use crate::frame;
use crate::tracks::MILESTONES_KEPT_MAX;

/// Ticks for which a delivery that is not known yet is waited for: five seconds. A request that was just accepted reaches the tracks a
/// second or two later.
const UNKNOWN_TICKS_MAX: u64 = 50;

/// Drones in one snapshot: half a kibibyte each makes some 10 MiB, which a browser still takes in at once.
const VIEW_DRONES_MAX: usize = 20_000;

/// One subscription.
pub(super) struct Subscription {
    id: String,
    subject: Subject,
    /// Ticks between two frames.
    period: u64,
    due: u64,
    /// The number of the last frame.
    seq: u64,
    /// Frames that were not sent since the last one that was.
    missed: u64,
}

/// What it is about, and how much of that its client has.
enum Subject {
    Fleet {
        scope: Scope,
        mode: Mode,
        /// `None`: a snapshot is next.
        seen: Option<Glance>,
        /// What the client would have seen, had it not been too slow.
        skipped: Option<Glance>,
        /// Whether a frame is due even where nothing changed: the client asked for another part.
        is_asked: bool,
    },
    Delivery {
        delivery: DeliveryId,
        /// Stage changes sent, the last body and the times in it; `None`: a snapshot is next.
        seen: Option<(u32, String, Told)>,
        /// Since when it is waited for.
        since_tick: u64,
    },
    Stats {
        seen: Option<Arc<str>>,
        skipped: Option<Arc<str>>,
    },
}

impl Subscription {
    pub(super) fn new(id: String, topic: Topic, hz: f64, tick: u64) -> Self {
        Self {
            id,
            subject: subject(topic, tick),
            period: period(hz),
            due: tick,
            seq: 0,
            missed: 0,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The client asked again with the same name: another part of the same is a change, anything else begins anew.
    pub(super) fn change(&mut self, topic: Topic, hz: f64, tick: u64) {
        self.period = period(hz);
        self.due = tick;
        match (&mut self.subject, topic) {
            (
                Subject::Fleet {
                    scope,
                    mode,
                    is_asked,
                    ..
                },
                Topic::Fleet(new_scope, new_mode),
            ) if *mode == new_mode => {
                *scope = new_scope;
                *is_asked = true;
            }
            _ => self.subject = subject(topic, tick),
        }
    }

    /// The client says which frame it saw last. Those after it count as missed.
    pub(super) fn resume(&mut self, after: u64, tick: u64) -> Result<(), Refusal> {
        let Some(unseen) = self.seq.checked_sub(after) else {
            return Err(Refusal::BadAfter);
        };
        if unseen > 0 {
            self.seq = after;
            self.missed += unseen;
            self.due = tick;
            self.start_over();
        }
        Ok(())
    }

    fn start_over(&mut self) {
        match &mut self.subject {
            Subject::Fleet { seen, .. } => *seen = None,
            Subject::Delivery { seen, .. } => *seen = None,
            Subject::Stats { seen, .. } => *seen = None,
        }
    }

    /// Writes what is due at this tick.
    ///
    /// # Errors
    /// Why the subscription ends.
    pub(super) fn write(&mut self, picture: &Picture, out: &mut Vec<String>) -> Result<(), Refusal> {
        let is_due = picture.tick() >= self.due;
        let before = out.len();
        match &self.subject {
            Subject::Fleet { .. } if is_due => self.write_fleet(picture, out)?,
            Subject::Stats { .. } if is_due => self.write_stats(picture, out),
            Subject::Delivery { delivery, .. } => self.write_delivery(*delivery, is_due, picture, out)?,
            Subject::Fleet { .. } | Subject::Stats { .. } => {}
        }
        if is_due && out.len() > before {
            self.due = picture.tick() + self.period;
        }
        Ok(())
    }

    /// The client is too slow for what would be due: counts it.
    pub(super) fn skip(&mut self, picture: &Picture) {
        if picture.tick() < self.due {
            return;
        }
        let is_missed = match &mut self.subject {
            Subject::Fleet {
                mode,
                seen,
                skipped,
                is_asked,
                ..
            } => {
                let glance = seen.as_ref().or(skipped.as_ref());
                let is_missed = !*is_asked && glance.is_some_and(|glance| picture.has_changes(glance, *mode));
                if is_missed && let Some(glance) = glance {
                    *skipped = Some(picture.glance(*glance.scope()));
                    *seen = None;
                }
                is_missed
            }
            Subject::Stats { seen, skipped } => {
                let last = seen.as_ref().or(skipped.as_ref());
                let is_missed = last.is_some_and(|last| last != picture.stats());
                if is_missed {
                    *skipped = Some(Arc::clone(picture.stats()));
                    *seen = None;
                }
                is_missed
            }
            Subject::Delivery { .. } => false,
        };
        if is_missed {
            self.missed += 1;
            self.due = picture.tick() + self.period;
        }
    }

    fn write_fleet(&mut self, picture: &Picture, out: &mut Vec<String>) -> Result<(), Refusal> {
        let Subject::Fleet {
            scope,
            mode,
            seen,
            skipped,
            is_asked,
        } = &mut self.subject
        else {
            return Ok(());
        };
        if let Scope::Drone(drone) = scope
            && !picture.knows(*drone)
        {
            return Err(Refusal::UnknownDrone(drone.to_string()));
        }
        let (scope, mode, was_asked) = (*scope, *mode, std::mem::take(is_asked));
        let glance = seen.replace(picture.glance(scope));
        *skipped = None;
        let changes = glance
            .as_ref()
            .map(|glance| picture.changes(glance, &scope, mode));
        match changes {
            Some(Some(part)) if part.is_empty() && !was_asked => {}
            Some(Some(part)) => self.push("delta", &part.body(), out),
            Some(None) => {
                self.missed += 1;
                self.push_whole(&scope, mode, picture, out)?;
            }
            None => self.push_whole(&scope, mode, picture, out)?,
        }
        Ok(())
    }

    fn push_whole(
        &mut self,
        scope: &Scope,
        mode: Mode,
        picture: &Picture,
        out: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        if picture.size(scope) > VIEW_DRONES_MAX {
            let part = picture.whole(scope, mode);
            if part.legs.len() + part.positions.len() > VIEW_DRONES_MAX {
                return Err(Refusal::ViewLimit(VIEW_DRONES_MAX));
            }
        }
        let body = picture.whole(scope, mode).body();
        self.push("snapshot", &body, out);
        Ok(())
    }

    fn write_stats(&mut self, picture: &Picture, out: &mut Vec<String>) {
        let Subject::Stats { seen, skipped } = &mut self.subject else {
            return;
        };
        let stats = picture.stats();
        *skipped = None;
        let kind = match seen.replace(Arc::clone(stats)) {
            Some(last) if last == *stats => return,
            Some(_) => "stats",
            None => "snapshot",
        };
        self.push(kind, stats, out);
    }

    /// Stage changes go out at any tick, each in a frame of its own; where the parcel is and when it comes only when due.
    fn write_delivery(
        &mut self,
        delivery: DeliveryId,
        is_due: bool,
        picture: &Picture,
        out: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let Subject::Delivery { seen, since_tick, .. } = &mut self.subject else {
            return Ok(());
        };
        let tracks = picture.tracks().read();
        let Some(passed) = tracks.milestones(delivery) else {
            return if seen.is_some() || picture.tick() - *since_tick > UNKNOWN_TICKS_MAX {
                Err(Refusal::UnknownDelivery(delivery.to_string()))
            } else {
                Ok(())
            };
        };
        let environment = picture.environment();
        if !is_due && seen.as_ref().is_some_and(|(seen, ..)| *seen == passed) {
            return Ok(());
        }
        let Some(mut view) = tracks.delivery(delivery, picture.now()) else {
            return Ok(());
        };
        if let Some((_, _, told)) = seen.as_ref().filter(|(seen, ..)| *seen == passed) {
            told.stand_in(&mut view, picture.now());
        }
        let body = frame::delivery_body(&view, environment);
        let last = seen.replace((passed, body.clone(), Told::of(&view)));
        let Some((last_passed, last_body, _)) = last else {
            self.push("snapshot", &body, out);
            return Ok(());
        };
        let unseen = passed.saturating_sub(last_passed);
        if usize::try_from(unseen).is_ok_and(|unseen| unseen > MILESTONES_KEPT_MAX) {
            self.missed += u64::from(unseen);
            self.push("snapshot", &body, out);
            return Ok(());
        }
        let passed_since: Vec<String> = tracks
            .milestones_after(delivery, last_passed)
            .map(|view| frame::delivery_body(&view, environment))
            .collect();
        drop(tracks);
        for body in &passed_since {
            self.push("delivery", body, out);
        }
        if passed_since.last().unwrap_or(&last_body) != &body {
            self.push("delivery", &body, out);
        }
        Ok(())
    }

    /// Numbers a frame; what was missed is said first.
    fn push(&mut self, kind: &str, body: &str, out: &mut Vec<String>) {
        if self.missed > 0 {
            out.push(frame::gap(&self.id, self.missed));
            self.seq += std::mem::take(&mut self.missed);
        }
        self.seq += 1;
        out.push(frame::numbered(kind, &self.id, self.seq, body));
    }
}

fn subject(topic: Topic, tick: u64) -> Subject {
    match topic {
        Topic::Fleet(scope, mode) => Subject::Fleet {
            scope,
            mode,
            seen: None,
            skipped: None,
            is_asked: false,
        },
        Topic::Delivery(delivery) => Subject::Delivery {
            delivery,
            seen: None,
            since_tick: tick,
        },
        Topic::Stats => Subject::Stats {
            seen: None,
            skipped: None,
        },
    }
}

/// Ticks between two frames, so that there are no more than `hz` a second: the server ticks [`HZ_MAX`] times a second.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates; a period lies between 1 and 100"
)]
fn period(hz: f64) -> u64 {
    (HZ_MAX / hz).ceil() as u64
}
