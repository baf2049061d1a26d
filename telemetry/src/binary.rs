//! `skyhaul.v1.bin`: data frames as little-endian columns, each on a multiple of four bytes, so that a browser reads them through typed
//! arrays. `PROTOCOL.md` lays out every byte; the golden frames in `tests/golden` show them.
//!
//! A frame begins with a [`Header`]. What many clients see (a [`Cell`] of the map) is a frame of its own, without anybody's name in it, so
//! that it is built once and shared; a `view` frame before it says to which subscription it belongs.

use skyhaul_actors::environment::Epoch;
use skyhaul_actors::event::Leg;
use skyhaul_actors::ids::DroneId;
use skyhaul_engine::time::SimTime;

use crate::cell::Cell;
use crate::external::ExternalView;
use crate::tiles::Count;
use crate::view::DroneView;

mod columns;
mod fixes;
#[cfg(test)]
mod golden;
mod legs;
#[cfg(test)]
pub(crate) mod read;
mod status;

use self::columns::Columns;
pub(crate) use self::legs::{PackedLeg, PackedPoint};
pub(crate) use self::status::{delivery, stats};

/// The version of the layout, in each header.
pub(crate) const LAYOUT: u8 = 1;

/// Room for what most frames of a tick need, so that they need not grow.
const ROOM_BYTES: usize = 256;

/// The picture is whole: what the subscription held is dropped first.
const WHOLE: u8 = 1;

/// It is the first since the client asked for what it shows: from here on the subscription holds that.
const ANSWER: u8 = 2;

/// Flying drones that the cell held are dropped first: those that still fly in it follow.
const FLYING_ANEW: u8 = 1;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Virtual time and its speed.
    Clock = 1,
    /// Says that so many cells of a subscription follow.
    View = 2,
    /// All of a cell.
    Keyframe = 3,
    /// What changed in a cell.
    Delta = 4,
    /// How many drones there are by tile.
    Counts = 5,
    /// A delivery.
    Delivery = 6,
    /// The fleet's figures.
    Stats = 7,
}

/// When a frame was built: a tick of a picture, and the virtual time there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    /// Which picture: its ticks are numbered anew in another one.
    pub(crate) epoch: u32,
    pub(crate) tick: u64,
    /// Milliseconds since 1970, whole.
    pub(crate) unix_ms: i64,
}

impl Stamp {
    /// At `now` of a world that began at `began`.
    pub(crate) fn new(epoch: u32, tick: u64, began: &Epoch, now: SimTime) -> Self {
        Self {
            epoch,
            tick,
            unix_ms: unix_ms(began, now),
        }
    }

    /// Milliseconds from the frame's time to another, which is since 1970; what is weeks away is cut to the nearest that four bytes hold.
    fn offset_ms(&self, unix_ms: i64) -> i32 {
        let offset = unix_ms.saturating_sub(self.unix_ms);
        let latest = i64::from(i32::MAX);
        i32::try_from(offset.clamp(-latest, latest)).unwrap_or(i32::MAX)
    }
}

/// Milliseconds since 1970, cut down to whole ones as RFC 3339 shows them.
fn unix_ms(began: &Epoch, at: SimTime) -> i64 {
    began.unix_micros_at(at).div_euclid(1_000)
}

/// The first 24 bytes of a frame.
fn header(kind: Kind, flags: u8, cell: Option<Cell>, stamp: &Stamp) -> Columns {
    header_behind(Vec::with_capacity(ROOM_BYTES), kind, flags, cell, stamp)
}

/// The same of a frame that comes behind what there is.
fn header_behind(bytes: Vec<u8>, kind: Kind, flags: u8, cell: Option<Cell>, stamp: &Stamp) -> Columns {
    let (cell_kind, cell) = cell.map_or((0, 0), Cell::code);
    let mut columns = Columns::behind(bytes);
    columns.bytes([kind as u8, LAYOUT, flags, cell_kind]);
    columns.word(cell);
    columns.word(stamp.epoch);
    columns.size(stamp.tick);
    columns.time(stamp.unix_ms);
    columns
}

/// A `clock`; the speed is infinite where the world runs as fast as it can.
pub(crate) fn clock(stamp: &Stamp, speed: f64) -> Vec<u8> {
    let mut columns = header(Kind::Clock, 0, None, stamp);
    columns.double(speed);
    columns.into_bytes()
}

/// What a frame of a subscription to drones is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Showing {
    /// Whether it shows all there is.
    pub(crate) is_whole: bool,
    /// Whether it is the first since its client asked for what it shows.
    pub(crate) is_answer: bool,
}

impl Showing {
    fn flags(self) -> u8 {
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        flag(self.is_whole, WHOLE) | flag(self.is_answer, ANSWER)
    }
}

/// Where in a `view` it says how many frames follow.
const VIEW_FRAMES_AT: usize = 28;

/// Says in a `view` that was written already how many frames follow it.
pub(crate) fn announce(view: &mut [u8], frames: usize) {
    let frames = u32::try_from(frames).unwrap_or(u32::MAX);
    view[VIEW_FRAMES_AT..VIEW_FRAMES_AT + 4].copy_from_slice(&frames.to_le_bytes());
}

/// Appends a `view`: `frames` frames of cells follow; the subscription no longer looks at the cells it `left`.
pub(crate) fn view(
    bytes: Vec<u8>,
    stamp: &Stamp,
    id: &str,
    seq: u64,
    showing: Showing,
    frames: usize,
    left: &[Cell],
) -> Vec<u8> {
    let mut columns = header_behind(bytes, Kind::View, showing.flags(), None, stamp);
    columns.size(seq);
    columns.count(frames);
    columns.count(left.len());
    columns.count(id.len());
    columns.text(id);
    columns.words(left.iter().map(|cell| u32::from(cell.code().0)));
    columns.words(left.iter().map(|cell| cell.code().1));
    columns.into_bytes()
}

/// What a frame of a cell tells.
#[derive(Debug, Default)]
pub(crate) struct CellPart<'a> {
    /// Whether it is all there is.
    pub(crate) is_whole: bool,
    /// Whether those that fly come whole, also where the rest does not.
    pub(crate) is_flying_anew: bool,
    pub(crate) gone: Vec<DroneId>,
    pub(crate) legs: Vec<&'a Leg>,
    pub(crate) fixes: Vec<DroneView>,
}

/// Appends a frame of a cell.
pub(crate) fn cell(bytes: Vec<u8>, stamp: &Stamp, began: &Epoch, cell: Cell, part: &CellPart<'_>) -> Vec<u8> {
    let kind = if part.is_whole {
        Kind::Keyframe
    } else {
        Kind::Delta
    };
    let flags = if part.is_flying_anew { FLYING_ANEW } else { 0 };
    let mut columns = header_behind(bytes, kind, flags, Some(cell), stamp);
    columns.count(part.gone.len());
    columns.words(part.gone.iter().map(|drone| drone.0));
    legs::put(&mut columns, stamp, began, &part.legs);
    fixes::put(&mut columns, stamp, began, &part.fixes);
    columns.into_bytes()
}

/// Appends a frame of what is otherwise in a cell of nothing but legs, which are packed, the points of one after the other.
pub(crate) fn delta_of_legs(
    bytes: Vec<u8>,
    stamp: &Stamp,
    cell: Cell,
    gone: impl Iterator<Item = DroneId> + Clone,
    legs: (&[PackedLeg], &[PackedPoint]),
) -> Vec<u8> {
    let mut columns = header_behind(bytes, Kind::Delta, 0, Some(cell), stamp);
    columns.count(gone.clone().count());
    columns.words(gone.map(|drone| drone.0));
    legs::put_packed(&mut columns, stamp, legs);
    // No fixes, and so none with a delivery.
    columns.words([0; 2].into_iter());
    columns.into_bytes()
}

/// All external aircraft, as the frame of their cell.
pub(crate) fn externals(stamp: &Stamp, shown: &[&ExternalView]) -> Vec<u8> {
    let mut columns = header(Kind::Keyframe, 0, Some(Cell::Externals), stamp);
    // Nobody gone from what is whole, and no legs: three numbers say how many.
    columns.words([0; 4].into_iter());
    fixes::put_externals(&mut columns, shown);
    columns.into_bytes()
}

/// A `counts`: it takes the place of all that the subscription held.
pub(crate) fn counts(
    stamp: &Stamp,
    id: &str,
    seq: u64,
    showing: Showing,
    zoom: u32,
    counts: &[Count],
) -> Vec<u8> {
    let mut columns = header(Kind::Counts, showing.flags(), None, stamp);
    columns.size(seq);
    columns.word(zoom);
    columns.count(counts.len());
    columns.count(id.len());
    columns.text(id);
    columns.words(counts.iter().map(|count| count.tile.code()));
    columns.words(counts.iter().map(|count| count.flying));
    columns.words(counts.iter().map(|count| count.standing));
    columns.into_bytes()
}
