//! Following: what someone who follows a delivery has been told of it, and what is to be told next. The socket follows by it, and so does who
//! cannot speak WebSocket.

use skyhaul_actors::environment::Environment;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::time::SimTime;

use crate::frame;
use crate::tracks::{MILESTONES_KEPT_MAX, Tracks};
use crate::view::DeliveryView;

mod told;

use self::told::Told;

/// A delivery that is followed.
#[derive(Debug)]
pub struct Following {
    delivery: DeliveryId,
    seen: Option<Seen>,
}

/// What was told.
#[derive(Debug)]
struct Seen {
    /// Stage changes.
    passed: u32,
    /// The last body and the times in it; `None` where those were told on an earlier connection.
    last: Option<(String, Told)>,
}

/// What is to be told.
#[derive(Debug)]
pub enum News {
    /// The delivery is not known.
    Unknown,
    /// These frames, maybe none.
    Frames(Frames),
}

/// Frames to be sent, the oldest first.
#[derive(Debug, Default)]
pub struct Frames {
    /// Whether the first one is the whole picture, as whoever begins is told.
    pub is_whole: bool,
    /// So many stage changes were missed before the first one; it is whole then.
    pub missed: u32,
    /// The frames.
    pub frames: Vec<Frame>,
}

/// A frame of a delivery.
#[derive(Debug)]
pub struct Frame {
    /// What it tells.
    pub view: DeliveryView,
    /// The same in JSON, without braces.
    pub body: String,
    /// How many stage changes were told with it.
    pub passed: u32,
}

impl Following {
    /// Of a delivery of which nothing was told.
    #[must_use]
    pub const fn new(delivery: DeliveryId) -> Self {
        Self { delivery, seen: None }
    }

    /// Of a delivery so many of whose stage changes were told on an earlier connection.
    #[must_use]
    pub const fn after(delivery: DeliveryId, passed: u32) -> Self {
        Self {
            delivery,
            seen: Some(Seen { passed, last: None }),
        }
    }

    /// The delivery.
    #[must_use]
    pub const fn delivery(&self) -> DeliveryId {
        self.delivery
    }

    /// How many of its stage changes were told; `None` where nothing was.
    #[must_use]
    pub fn passed(&self) -> Option<u32> {
        self.seen.as_ref().map(|seen| seen.passed)
    }

    /// Begins anew.
    pub fn start_over(&mut self) {
        self.seen = None;
    }

    /// What is to be told at `now`: each stage change at any time; where the parcel is and when it comes only where that `is_due`.
    pub fn next(&mut self, tracks: &Tracks, environment: &Environment, now: SimTime, is_due: bool) -> News {
        let Some(passed) = tracks.milestones(self.delivery) else {
            return News::Unknown;
        };
        // What a client says that it saw elsewhere may be anything.
        let seen = self
            .seen
            .as_ref()
            .filter(|seen| seen.last.is_some() || seen.passed <= passed);
        let last = seen
            .filter(|seen| seen.passed == passed)
            .and_then(|seen| seen.last.as_ref());
        if !is_due && last.is_some() {
            return News::Frames(Frames::default());
        }
        let Some(mut view) = tracks.delivery(self.delivery, now) else {
            return News::Frames(Frames::default());
        };
        if let Some((_, told)) = last {
            told.stand_in(&mut view, now);
        }
        let body = frame::delivery_body(&view, environment);
        let before = self.seen.replace(Seen {
            passed,
            last: Some((body.clone(), Told::of(&view))),
        });
        let latest = Frame { view, body, passed };
        let Some(before) = before.filter(|seen| seen.last.is_some() || seen.passed <= passed) else {
            return News::Frames(Frames::whole(0, latest));
        };
        let unseen = passed.saturating_sub(before.passed);
        if usize::try_from(unseen).is_ok_and(|unseen| unseen > MILESTONES_KEPT_MAX) {
            return News::Frames(Frames::whole(unseen, latest));
        }
        let passed_since = tracks.milestones_after(self.delivery, before.passed);
        let mut frames: Vec<Frame> = passed_since
            .zip(before.passed + 1..)
            .map(|(view, passed)| Frame {
                body: frame::delivery_body(&view, environment),
                view,
                passed,
            })
            .collect();
        let last_body = before.last.as_ref().map(|(body, _)| body);
        if frames.last().map(|frame| &frame.body).or(last_body) != Some(&latest.body) {
            frames.push(latest);
        }
        News::Frames(Frames {
            frames,
            ..Frames::default()
        })
    }
}

impl Frames {
    fn whole(missed: u32, latest: Frame) -> Self {
        Self {
            is_whole: true,
            missed,
            frames: vec![latest],
        }
    }
}
