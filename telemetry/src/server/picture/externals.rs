//! External aircraft in the picture: all of them are in each map of the fleet, wherever it looks.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::time::Instant;

use super::{Glance, Picture, REMEMBERED_TICKS};
use crate::binary::{self, Stamp};
use crate::external::{ExternalView, Externals};
use crate::frame::{self, FleetPart};
use crate::server::scope::Scope;
use crate::server::wire;

/// The external aircraft as of a tick.
#[derive(Default)]
pub(super) struct ExternalPicture {
    heard: Arc<Externals>,
    /// By number.
    shown: Vec<Shown>,
    /// Those that went of late, and when, the oldest first.
    gone: VecDeque<(u64, u32)>,
    /// All of them as the frame of a cell: made for whoever asks first at a tick, and shared by all who look.
    frame: OnceLock<Bytes>,
}

struct Shown {
    view: ExternalView,
    /// In JSON.
    json: String,
    /// Since when it looks so.
    since_tick: u64,
}

impl ExternalPicture {
    pub(super) fn of(heard: Arc<Externals>) -> Self {
        Self {
            heard,
            ..Self::default()
        }
    }

    /// Takes in what was heard until `now`, as of a tick.
    pub(super) fn advance(&mut self, now: Instant, tick: u64) {
        self.frame.take();
        let views = self.heard.shown(now);
        let is_there = |number: u32| views.iter().any(|view| view.number == number);
        let gone = self.shown.iter().map(|shown| shown.view.number);
        let gone = gone
            .filter(|number| !is_there(*number))
            .map(|number| (tick, number));
        self.gone.extend(gone);
        let remembered = u64::try_from(REMEMBERED_TICKS).unwrap_or(u64::MAX);
        while self.gone.front().is_some_and(|(at, _)| at + remembered < tick) {
            self.gone.pop_front();
        }
        let mut before = std::mem::take(&mut self.shown);
        self.shown = views
            .into_iter()
            .map(|view| match before.iter().position(|shown| shown.view == view) {
                Some(place) => before.swap_remove(place),
                None => Shown {
                    json: frame::external(&view),
                    view,
                    since_tick: tick,
                },
            })
            .collect();
    }

    /// The frame of all of them, of this tick's stamp.
    fn frame(&self, stamp: &Stamp) -> Bytes {
        let made = || {
            let shown: Vec<_> = self.shown.iter().map(|shown| &shown.view).collect();
            wire::binary(&binary::externals(stamp, &shown))
        };
        self.frame.get_or_init(made).clone()
    }

    /// Whether something is otherwise than it was at a tick.
    fn has_changed_since(&self, tick: u64) -> bool {
        let is_newer = |at: u64| at > tick;
        self.shown.iter().any(|shown| is_newer(shown.since_tick))
            || self.gone.back().is_some_and(|(at, _)| is_newer(*at))
    }
}

impl Picture {
    /// The same with external aircraft beside the fleet.
    pub(in crate::server) fn beside(mut self, externals: Arc<Externals>) -> Self {
        self.externals = ExternalPicture::of(externals);
        self
    }

    /// Whether external aircraft are otherwise than someone saw them who looked at `before`.
    pub(super) fn has_other_externals(&self, before: &Glance) -> bool {
        self.has_other_externals_than(&before.scope, before.at.tick)
    }

    /// The same of someone who looked at a scope at a tick.
    pub(in crate::server) fn has_other_externals_than(&self, scope: &Scope, tick: u64) -> bool {
        has_externals(scope) && self.externals.has_changed_since(tick)
    }

    /// Adds those external aircraft to a part that are in a scope and look otherwise than at `before`; all of them where that is nothing.
    pub(super) fn put_externals<'a>(
        &'a self,
        scope: &Scope,
        before: Option<&Glance>,
        part: &mut FleetPart<'a>,
    ) {
        if !has_externals(scope) {
            return;
        }
        let is_new = |tick: u64| before.is_none_or(|before| tick > before.at.tick);
        let shown = self
            .externals
            .shown
            .iter()
            .filter(|shown| is_new(shown.since_tick));
        part.positions.extend(shown.map(|shown| shown.json.as_str()));
        if before.is_some() {
            let gone = self.externals.gone.iter().filter(|(tick, _)| is_new(*tick));
            part.removed_externals.extend(gone.map(|(_, number)| *number));
        }
    }

    /// The same as the frame of a cell; all of them, where one looks otherwise. `None` where there is nothing to tell.
    pub(in crate::server) fn external_frame(&self, scope: &Scope, before: Option<&Glance>) -> Option<Bytes> {
        let is_told = match before {
            Some(before) => self.has_other_externals(before),
            None => has_externals(scope) && !self.externals.shown.is_empty(),
        };
        is_told.then(|| self.externals.frame(&self.stamp()))
    }
}

/// Whether external aircraft are shown in a scope: in maps of the fleet, not beside one drone or a depot's.
const fn has_externals(scope: &Scope) -> bool {
    matches!(scope, Scope::All | Scope::Within(_))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use skyhaul_engine::geo::Position;
    use skyhaul_engine::time::SimTime;

    use super::*;
    use crate::external::{GONE_AFTER, Movement, Report, STALE_AFTER, Source};
    use crate::sample;

    /// Something that an aircraft may say.
    fn report() -> (Source, Report) {
        let source = Source {
            address: Ipv4Addr::LOCALHOST.into(),
            system: 7,
        };
        let movement = Movement {
            at: Position::new(43.77, 11.25).expect("a place"),
            altitude_m: 30.0,
            heading_deg: 0.0,
            speed_mps: 0.0,
        };
        (source, Report::Moving(movement))
    }

    #[test]
    fn all_who_look_at_a_tick_share_one_frame() {
        let (heard, begun) = (Arc::new(Externals::default()), Instant::now());
        let mut picture = ExternalPicture::of(Arc::clone(&heard));
        let (source, report) = report();
        heard.hear(source, report, begun).expect("there is room");
        let mut frames = Vec::new();
        for tick in 1..3 {
            picture.advance(begun, tick);
            let stamp = Stamp::new(5, tick, &sample::environment().epoch, SimTime::ZERO);
            let (one, other) = (picture.frame(&stamp), picture.frame(&stamp));
            assert_eq!(one.as_ptr(), other.as_ptr(), "the same bytes, not equal ones");
            frames.push(one);
        }
        assert_ne!(frames[0], frames[1], "each tick has its own stamp");
    }

    #[test]
    fn it_is_told_again_when_it_becomes_stale_and_that_it_is_gone() {
        let (heard, begun) = (Arc::new(Externals::default()), Instant::now());
        let mut picture = ExternalPicture::of(Arc::clone(&heard));
        let (source, report) = report();
        heard.hear(source, report, begun).expect("there is room");
        picture.advance(begun, 1);
        assert!(picture.has_changed_since(0) && !picture.has_changed_since(1));
        picture.advance(begun, 2);
        assert!(!picture.has_changed_since(1), "it looks as before");
        picture.advance(begun + STALE_AFTER, 3);
        assert!(picture.has_changed_since(2) && picture.shown[0].json.contains("\"stale\":true"));
        picture.advance(begun + GONE_AFTER, 4);
        assert!(picture.has_changed_since(3) && picture.shown.is_empty());
        assert_eq!(picture.gone, [(4, 7)]);
        picture.advance(
            begun + GONE_AFTER,
            5 + u64::try_from(REMEMBERED_TICKS).expect("few"),
        );
        assert!(picture.gone.is_empty(), "everyone was told, or begins anew");
    }
}
