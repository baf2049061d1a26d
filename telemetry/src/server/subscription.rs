//! One subscription: what its client has seen, and what it is to be sent next.
//!
//! Frames are numbered 1, 2, 3 … A frame that a slow client could not be given takes its number along; the next thing sent is a `gap` that
//! says how many those were, and a fresh snapshot. Stage changes of a delivery are not skipped: they wait in the tracks, in order.

use std::sync::Arc;

use super::outbox::{Form, Outbox};
use super::picture::{Glance, Picture, Recent};
use super::request::{HZ_MAX, Refusal, Since, Topic};
use super::scope::{Mode, Scope};
use crate::binary::Showing;
use crate::following::News;
use crate::view::DeliveryView;
use crate::{binary, frame};

mod map;
mod subject;

pub(super) use self::map::SteadyMap;
use self::map::put_recent;
use self::subject::Subject;

/// Ticks for which a delivery that is not known yet is waited for: five seconds. A request that was just accepted reaches the tracks a
/// second or two later.
const UNKNOWN_TICKS_MAX: u64 = 50;

/// Ticks between two frames of counts: as often as drones are counted.
const COUNTS_TICKS: u64 = 10;

/// One subscription.
pub(super) struct Subscription {
    id: Box<str>,
    subject: Subject,
    /// Ticks between two frames.
    period: u64,
    due: u64,
    /// The number of the last frame.
    seq: u64,
    /// Frames that were not sent since the last one that was.
    missed: u64,
}

impl Subscription {
    pub(super) fn new(id: String, topic: Topic, hz: f64, tick: u64) -> Self {
        Self {
            id: id.into_boxed_str(),
            subject: Subject::of(topic, tick),
            period: period(hz),
            due: tick,
            seq: 0,
            missed: 0,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Reads what writing will read, so that it is in the cache by then.
    pub(super) fn look_over(&self) -> u64 {
        let id = self.id.bytes().next().map_or(0, u64::from);
        id ^ self.subject.look_over() ^ self.due ^ self.seq ^ self.missed ^ self.period
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
            ) if *mode == new_mode && scope.is_part_of_same(&new_scope) => {
                *scope = new_scope;
                *is_asked = true;
            }
            _ => self.subject = Subject::of(topic, tick),
        }
    }

    /// The client saw this much on an earlier socket. Where that is known no more it gets a snapshot, as anyone.
    pub(super) fn go_on(&mut self, since: Since, picture: &Picture) {
        if let Subject::Fleet { scope, seen, .. } = &mut self.subject
            && since.epoch == picture.epoch()
        {
            *seen = picture.glance_at(*scope, since.tick);
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
            Subject::Fleet { seen, counted, .. } => (*seen, *counted) = (None, None),
            Subject::Delivery { following, .. } => following.start_over(),
            Subject::Stats { seen, .. } => *seen = None,
        }
    }

    /// Writes what is due at this tick; of what moves and is counted only where its client `is_served` now.
    ///
    /// # Errors
    /// Why the subscription ends.
    pub(super) fn write(
        &mut self,
        picture: &Picture,
        is_served: bool,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let is_due = is_served && picture.tick() >= self.due;
        let before = out.len();
        match &self.subject {
            Subject::Fleet { .. } if is_due => self.write_fleet(picture, out)?,
            Subject::Stats { .. } if is_due => self.write_stats(picture, out),
            Subject::Delivery { .. } => self.write_delivery(is_due, picture, out)?,
            Subject::Fleet { .. } | Subject::Stats { .. } => {}
        }
        if is_due && out.len() > before {
            self.due = picture.tick() + self.period.max(self.period_min());
        }
        Ok(())
    }

    /// Before this tick there is nothing to write. A delivery's stages come at any.
    pub(super) const fn due(&self) -> u64 {
        match &self.subject {
            Subject::Fleet { .. } | Subject::Stats { .. } => self.due,
            Subject::Delivery { .. } => 0,
        }
    }

    /// Ticks that must lie between two frames, whatever was asked for.
    const fn period_min(&self) -> u64 {
        match &self.subject {
            Subject::Fleet { counted: Some(_), .. } => COUNTS_TICKS,
            _ => 1,
        }
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
                counted,
                ..
            } => {
                let was_counted = counted.take().is_some();
                let glance = seen.as_ref().or(skipped.as_ref());
                let is_missed = !*is_asked && glance.is_some_and(|glance| picture.has_changes(glance, *mode));
                if is_missed && let Some(glance) = glance {
                    *skipped = Some(picture.glance(*glance.scope()));
                    *seen = None;
                }
                is_missed || was_counted
            }
            Subject::Stats { seen, skipped } => {
                let last = seen.as_ref().or(skipped.as_ref());
                let (_, stats) = picture.stats();
                let is_missed = last.is_some_and(|last| last != stats);
                if is_missed {
                    *skipped = Some(Arc::clone(stats));
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

    fn write_fleet(&mut self, picture: &Picture, out: &mut Outbox) -> Result<(), Refusal> {
        let Subject::Fleet {
            scope,
            mode,
            seen,
            skipped,
            is_asked,
            counted,
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
        if was_asked {
            out.answer();
        }
        if picture.is_crowded(&scope, counted.is_some()) {
            (*seen, *skipped) = (None, None);
            self.write_counts(&scope, was_asked, picture, out);
            return Ok(());
        }
        *counted = None;
        let glance = seen.replace(picture.glance(scope));
        *skipped = None;
        let Some(glance) = glance else {
            self.push_whole(&scope, mode, was_asked, picture, out);
            return Ok(());
        };
        let is_told = match out.form() {
            Form::Json => self.push_changes(&glance, &scope, mode, was_asked, picture, out),
            Form::Binary => match picture.recent(&glance, &scope, mode) {
                Some(recent) if self.missed == 0 => {
                    self.push_recent(recent, &glance, &scope, was_asked, picture, out);
                    true
                }
                _ => self.push_deltas(&glance, &scope, mode, was_asked, picture, out),
            },
        };
        if is_told {
            return Ok(());
        }
        self.missed += 1;
        self.push_whole(&scope, mode, was_asked, picture, out);
        Ok(())
    }

    /// Tells how many drones there are and where, as there are too many to tell each.
    fn write_counts(&mut self, scope: &Scope, was_asked: bool, picture: &Picture, out: &mut Outbox) {
        let Subject::Fleet { counted, .. } = &mut self.subject else {
            return;
        };
        let counts = picture.counts(scope);
        let is_whole = counted.is_none();
        if !was_asked && counted.as_ref() == Some(&counts) {
            return;
        }
        match out.form() {
            Form::Json => {
                let kind = if is_whole { "snapshot" } else { "delta" };
                let body = frame::counts_body(picture.tick(), counts.zoom, &counts.counts);
                self.push(kind, &body, out);
            }
            Form::Binary => {
                let (seq, stamp) = (self.number(out), picture.stamp());
                let showing = Showing {
                    is_whole,
                    is_answer: was_asked,
                };
                out.binary(&binary::counts(
                    &stamp,
                    &self.id,
                    seq,
                    showing,
                    counts.zoom,
                    &counts.counts,
                ));
            }
        }
        if let Subject::Fleet { counted, .. } = &mut self.subject {
            *counted = Some(counts);
        }
    }

    /// Tells what changed, in JSON; `false` where that is no longer known.
    fn push_changes(
        &mut self,
        glance: &Glance,
        scope: &Scope,
        mode: Mode,
        was_asked: bool,
        picture: &Picture,
        out: &mut Outbox,
    ) -> bool {
        let Some(part) = picture.changes(glance, scope, mode) else {
            return false;
        };
        if was_asked || !part.is_empty() {
            self.push("delta", &part.body(picture.tick()), out);
        }
        true
    }

    /// The same as frames of cells: a keyframe of each that came into view, what changed in the others.
    fn push_deltas(
        &mut self,
        glance: &Glance,
        scope: &Scope,
        mode: Mode,
        was_asked: bool,
        picture: &Picture,
        out: &mut Outbox,
    ) -> bool {
        let Some((mut frames, left)) = picture.news(glance, scope, mode) else {
            return false;
        };
        frames.extend(picture.external_frame(scope, Some(glance)));
        if was_asked || !frames.is_empty() || !left.is_empty() {
            let seq = self.number(out);
            let showing = Showing {
                is_whole: false,
                is_answer: was_asked,
            };
            let (stamp, count) = (picture.stamp(), frames.len());
            out.written(|bytes| binary::view(bytes, &stamp, &self.id, seq, showing, count, &left));
            frames.into_iter().for_each(|frame| out.framed(frame));
        }
        true
    }

    /// The same where the frames of the last ticks say it all, and nothing was missed before. How many those are shows once they are there.
    fn push_recent(
        &mut self,
        recent: Recent,
        glance: &Glance,
        scope: &Scope,
        was_asked: bool,
        picture: &Picture,
        out: &mut Outbox,
    ) {
        let external = picture.external_frame(scope, Some(glance));
        let (id, seq, others) = (&self.id, self.seq + 1, usize::from(external.is_some()));
        let put = |bytes: &mut Vec<u8>| put_recent(bytes, picture, &recent, id, seq, was_asked, others);
        if out.gathered(put) > 0 {
            self.seq = seq;
        }
        external.into_iter().for_each(|frame| out.framed(frame));
    }

    fn push_whole(
        &mut self,
        scope: &Scope,
        mode: Mode,
        was_asked: bool,
        picture: &Picture,
        out: &mut Outbox,
    ) {
        match out.form() {
            Form::Json => {
                let body = picture.whole(scope, mode).body(picture.tick());
                self.push("snapshot", &body, out);
            }
            Form::Binary => {
                let cells = picture.cells(scope, mode).into_iter();
                let frames: Vec<_> = cells
                    .filter_map(|cell| picture.keyframe(cell, mode))
                    .chain(picture.external_frame(scope, None))
                    .collect();
                let seq = self.number(out);
                let showing = Showing {
                    is_whole: true,
                    is_answer: was_asked,
                };
                let (stamp, count) = (picture.stamp(), frames.len());
                out.written(|bytes| binary::view(bytes, &stamp, &self.id, seq, showing, count, &[]));
                frames.into_iter().for_each(|frame| out.framed(frame));
            }
        }
    }

    fn write_stats(&mut self, picture: &Picture, out: &mut Outbox) {
        let Subject::Stats { seen, skipped } = &mut self.subject else {
            return;
        };
        let (stats, body) = picture.stats();
        *skipped = None;
        let kind = match seen.replace(Arc::clone(body)) {
            Some(last) if last == *body => return,
            Some(_) => "stats",
            None => "snapshot",
        };
        match out.form() {
            Form::Json => self.push(kind, body, out),
            Form::Binary => {
                let seq = self.number(out);
                let (stamp, behind_s) = (picture.stamp(), picture.behind_s());
                let is_whole = kind == "snapshot";
                out.binary(&binary::stats(&stamp, &self.id, seq, is_whole, stats, behind_s));
            }
        }
    }

    /// Stage changes go out at any tick, each in a frame of its own; where the parcel is and when it comes only when due.
    fn write_delivery(&mut self, is_due: bool, picture: &Picture, out: &mut Outbox) -> Result<(), Refusal> {
        let Subject::Delivery {
            following,
            since_tick,
        } = &mut self.subject
        else {
            return Ok(());
        };
        let environment = picture.environment();
        let frames = match following.next(&picture.tracks().read(), environment, picture.now(), is_due) {
            News::Frames(frames) => frames,
            News::Unknown => {
                let is_over =
                    following.passed().is_some() || picture.tick() - *since_tick > UNKNOWN_TICKS_MAX;
                let unknown = Refusal::UnknownDelivery(following.delivery().to_string());
                return if is_over { Err(unknown) } else { Ok(()) };
            }
        };
        self.missed += u64::from(frames.missed);
        let mut kind = if frames.is_whole { "snapshot" } else { "delivery" };
        for frame in &frames.frames {
            self.push_delivery(kind, &frame.view, &frame.body, picture, out);
            kind = "delivery";
        }
        Ok(())
    }

    fn push_delivery(
        &mut self,
        kind: &str,
        view: &DeliveryView,
        body: &str,
        picture: &Picture,
        out: &mut Outbox,
    ) {
        match out.form() {
            Form::Json => self.push(kind, body, out),
            Form::Binary => {
                let seq = self.number(out);
                let (stamp, is_whole) = (picture.stamp(), kind == "snapshot");
                let environment = picture.environment();
                out.binary(&binary::delivery(
                    &stamp,
                    environment,
                    &self.id,
                    seq,
                    is_whole,
                    view,
                ));
            }
        }
    }

    /// Adds a frame in JSON.
    fn push(&mut self, kind: &str, body: &str, out: &mut Outbox) {
        let seq = self.number(out);
        out.text(&frame::numbered(kind, &self.id, seq, body));
    }

    /// The number of the next frame; what was missed is said first.
    fn number(&mut self, out: &mut Outbox) -> u64 {
        if self.missed > 0 {
            out.text(&frame::gap(&self.id, self.missed));
            self.seq += std::mem::take(&mut self.missed);
        }
        self.seq += 1;
        self.seq
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
