//! A client that does what the frames say.

use std::collections::BTreeMap;

use serde_json::Value;
use skyhaul_actors::ids::DroneId;

use crate::binary::read::{Body, read};
use crate::server::outbox::{Form, Outbox};
use crate::server::picture::Picture;
use crate::server::request::{Since, Topic};
use crate::server::scope::{Mode, Scope};
use crate::server::subscription::{SteadyMap, Subscription};

/// What it knows, by drone.
pub(super) type Known = BTreeMap<String, Value>;

/// Its subscription, settled wherever that can be, as a shard's walk has it.
struct Subscribed {
    subscription: Subscription,
    /// What there is of it while it is settled.
    steady: Option<SteadyMap>,
}

impl Subscribed {
    fn new(scope: Scope, mode: Mode, tick: u64) -> Self {
        Self {
            subscription: Subscription::new("a".to_owned(), Topic::Fleet(scope, mode), 10.0, tick),
            steady: None,
        }
    }

    fn roused(&mut self) -> &mut Subscription {
        if let Some(map) = self.steady.take() {
            self.subscription = map.into();
        }
        &mut self.subscription
    }

    fn write(&mut self, picture: &Picture, out: &mut Outbox) {
        let mut put = None;
        if let Some(map) = &mut self.steady {
            out.gathered(|bytes| {
                put = map.put(picture, bytes);
                put.unwrap_or_default()
            });
        }
        if put.is_none() {
            let roused = self.roused();
            roused.write(picture, true, out).expect("it is allowed");
            self.steady = (out.form() == Form::Binary).then(|| roused.settle()).flatten();
        }
    }
}

/// A client that does what the frames say.
pub(super) struct Follower {
    outbox: Outbox,
    subscription: Subscribed,
    mode: Mode,
    pub(super) scope: Scope,
    /// What its last frame was of.
    shown: Scope,
    seq: u64,
    since: Option<Since>,
    /// Whether it asked for what it shows and was not answered yet.
    is_asked: bool,
    /// By cell, and in each by drone; JSON knows one cell.
    cells: BTreeMap<(u8, u32), BTreeMap<String, (bool, Value)>>,
    /// How many drones are where, while there are too many to tell each.
    pub(super) counts: Option<Value>,
}

impl Follower {
    pub(super) fn new(form: Form, mode: Mode, scope: Scope, tick: u64) -> Self {
        Self {
            outbox: Outbox::new(form),
            subscription: Subscribed::new(scope, mode, tick),
            mode,
            scope,
            shown: scope,
            seq: 0,
            since: None,
            is_asked: true,
            cells: BTreeMap::new(),
            counts: None,
        }
    }

    /// Comes back on another socket.
    pub(super) fn come_back(&mut self, picture: &Picture, epoch_seen: u32) {
        self.subscription = Subscribed::new(self.shown, self.mode, picture.tick());
        self.seq = 0;
        self.is_asked = true;
        if let Some(since) = self.since {
            let since = Since {
                epoch: epoch_seen,
                ..since
            };
            self.subscription.roused().go_on(since, picture);
        }
        if self.scope != self.shown {
            self.look(self.scope, picture.tick());
        }
    }

    pub(super) fn look(&mut self, scope: Scope, tick: u64) {
        self.scope = scope;
        self.is_asked = true;
        self.subscription
            .roused()
            .change(Topic::Fleet(scope, self.mode), 10.0, tick);
    }

    pub(super) fn listen(&mut self, picture: &Picture) {
        self.subscription.write(picture, &mut self.outbox);
        self.shown = self.scope;
        let mut frames = self.outbox.take().into_iter();
        while let Some(frame) = frames.next() {
            let is_text = frame[0] == 0x81;
            let payload = payload(&frame);
            if is_text {
                self.hear_text(&serde_json::from_slice(payload).expect("JSON"));
            } else {
                self.hear_view(payload, &mut frames);
            }
        }
    }

    fn hear_text(&mut self, frame: &Value) {
        if frame["type"] == "gap" {
            self.seq += frame["missed"].as_u64().expect("a number");
            return;
        }
        self.count(frame["seq"].as_u64());
        self.since = frame["tick"].as_u64().map(|tick| Since { epoch: 0, tick });
        if frame["type"] == "snapshot" {
            self.cells.clear();
        }
        self.counts = frame.get("counts").cloned();
        if self.counts.is_some() {
            self.since = None;
        }
        let known = self.cells.entry((0, 0)).or_default();
        for drone in frame["removed"].as_array().expect("a list") {
            known.remove(drone.as_str().expect("a name"));
        }
        for list in ["legs", "positions"] {
            for part in frame[list].as_array().expect("a list") {
                let drone = part["drone"].as_str().expect("a name").to_owned();
                known.insert(drone, (false, part.clone()));
            }
        }
    }

    fn hear_view(&mut self, payload: &[u8], frames: &mut impl Iterator<Item = bytes::Bytes>) {
        let head = read(payload);
        let (seq, follow, left) = match head.body {
            Body::View {
                seq, frames, left, ..
            } => (seq, frames, left),
            Body::Json(counts) => return self.hear_counts(head.flags, counts),
            other => panic!("a view or counts come first, not {other:?}"),
        };
        self.counts = None;
        self.count(Some(u64::from(seq)));
        self.since = Some(Since {
            epoch: 0,
            tick: u64::from(head.tick),
        });
        let is_answer = head.flags & 2 != 0;
        assert_eq!(
            is_answer,
            std::mem::take(&mut self.is_asked),
            "it says that it answers"
        );
        if head.flags & 1 != 0 {
            self.cells.clear();
        }
        for cell in left {
            self.cells.remove(&cell);
        }
        for _ in 0..follow {
            let frame = frames.next().expect("as many as were said");
            self.hear_cell(self::payload(&frame));
        }
    }

    fn hear_counts(&mut self, flags: u8, mut counts: Value) {
        self.count(counts["seq"].take().as_u64());
        self.is_asked &= flags & 2 == 0;
        self.cells.clear();
        self.since = None;
        self.counts = Some(counts);
    }

    fn hear_cell(&mut self, payload: &[u8]) {
        let frame = read(payload);
        let Body::Cell {
            is_whole,
            gone,
            drones,
        } = frame.body
        else {
            panic!("a cell, not {frame:?}");
        };
        let known = self.cells.entry(frame.cell).or_default();
        if is_whole {
            known.clear();
        } else if frame.flags & 1 != 0 {
            known.retain(|_, (flies, _)| !*flies);
        }
        for drone in gone {
            known.remove(&DroneId(drone).to_string());
        }
        for (drone, said) in drones {
            known.insert(DroneId(drone).to_string(), (said.flies, said.json));
        }
    }

    /// It was too slow at a tick.
    pub(super) fn skip(&mut self, picture: &Picture) {
        self.subscription.roused().skip(picture);
    }

    /// It says that it has not seen so many of the last frames.
    pub(super) fn forget(&mut self, frames: u64, picture: &Picture) {
        let after = self.seq.saturating_sub(frames);
        let resumed = self.subscription.roused().resume(after, picture.tick());
        resumed.expect("seen");
        self.seq = after;
    }

    fn count(&mut self, seq: Option<u64>) {
        assert_eq!(seq, Some(self.seq + 1), "consecutive, or a gap says");
        self.seq += 1;
    }

    /// What it knows of each drone.
    pub(super) fn known(&self) -> Known {
        let cells = self.cells.values().flatten();
        let mut known = Known::new();
        for (drone, (_, json)) in cells {
            let other = known.insert(drone.clone(), json.clone());
            assert_eq!(other, None, "{drone} is told of once");
        }
        known
    }

    /// What a newcomer is told.
    pub(super) fn newcomer(&self, picture: &Picture) -> Self {
        let mut fresh = Self::new(self.outbox.form(), self.mode, self.scope, picture.tick());
        fresh.listen(picture);
        fresh
    }
}

/// What is in a WebSocket frame.
fn payload(frame: &[u8]) -> &[u8] {
    let header = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    &frame[header..]
}
