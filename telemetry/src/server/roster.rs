//! The clients of a shard.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Context, Poll};

use parking_lot::RwLock;

use super::client::{Client, Farewell};
use super::metrics::Metrics;
use super::outbox::Sealed;
use super::picture::Picture;

/// Clients for whom what is due is put together, and then written in one go: writes that follow one another at once cost less, as the kernel's part of
/// the cache stays warm and whoever reads stays awake. So much fits the first level of the cache.
pub(super) const TOLD_MAX: usize = 32;

/// A client, as its own task and the walk share it. Neither holds it while it waits.
pub(super) struct Guest(RefCell<Client>);

/// The clients of a shard, each in a place of its own. A walk looks at places, not at clients that it has nothing for.
#[derive(Default)]
pub(super) struct Roster {
    places: RefCell<Places>,
    /// The changes of the clock as of the last walk's beginning.
    clock_changes: Cell<u64>,
    /// Buffers for what is put together for many.
    buffers: RefCell<Vec<Vec<u8>>>,
}

/// Someone for whom something was put together.
struct Told {
    number: usize,
    guest: Rc<Guest>,
}

#[derive(Default)]
struct Places {
    guests: Vec<Option<Rc<Guest>>>,
    /// For each place: before this tick there is nothing for who is there.
    dues: Vec<u64>,
    vacant: Vec<usize>,
}

/// A client's place; it is left when dropped, also by a task that failed.
pub(super) struct Place {
    roster: Rc<Roster>,
    number: usize,
}

impl Guest {
    /// A client that just came.
    pub(super) const fn new(client: Client) -> Self {
        Self(RefCell::new(client))
    }

    /// Its own task's turn.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Farewell>> {
        self.0.borrow_mut().poll(context)
    }

    /// The client, which leaves.
    pub(super) fn into_client(self) -> Client {
        self.0.into_inner()
    }

    /// Does its part of a walk. A client that fails is dropped, and the others do not notice.
    fn serve<T>(&self, part: impl FnOnce(&mut Client) -> T) -> Option<T> {
        let served = catch_unwind(AssertUnwindSafe(|| part(&mut self.0.borrow_mut())));
        if served.is_err() {
            tracing::error!("telemetry: a client could not be served and is dropped");
            self.0.borrow_mut().end(None);
        }
        served.ok()
    }
}

impl Roster {
    /// Takes a client in.
    pub(super) fn join(self: &Rc<Self>, guest: Rc<Guest>) -> Place {
        let mut places = self.places.borrow_mut();
        let number = places.vacant.pop().unwrap_or(places.guests.len());
        if number == places.guests.len() {
            places.guests.push(None);
            places.dues.push(0);
        }
        places.guests[number] = Some(guest);
        places.dues[number] = 0;
        Place {
            roster: Rc::clone(self),
            number,
        }
    }

    /// The places of those for whom a tick may hold something.
    pub(super) fn due(&self, picture: &Picture) -> Vec<usize> {
        let is_for_all = self.clock_changes.replace(picture.clock_changes()) != picture.clock_changes();
        let places = self.places.borrow();
        let dues = places.dues.iter().enumerate();
        let due = dues.filter(|(_, due)| is_for_all || **due <= picture.tick());
        due.map(|(number, _)| number).collect()
    }

    /// Tells who is in these places of a tick: puts together what is due for each, then writes it.
    pub(super) fn tell(&self, numbers: &[usize], picture: &RwLock<Picture>, metrics: &Metrics) {
        let buffers = &mut *self.buffers.borrow_mut();
        buffers.resize_with(TOLD_MAX, Vec::new);
        let (told, tick, looked_at) = {
            let picture = picture.read();
            let told = self.compose(numbers, &picture, buffers, metrics);
            (told, picture.tick(), picture.looked_at())
        };
        let mut out = 0;
        for (Told { number, guest }, buffer) in told.iter().zip(buffers) {
            if guest.serve(|client| client.write(buffer)) == Some(true) {
                out += 1;
            } else {
                self.places.borrow_mut().dues[*number] = tick + 1;
            }
        }
        metrics.observe_lag(looked_at.elapsed(), out);
    }

    /// Lets what is due be put together, and gathers for whom there is something.
    fn compose(
        &self,
        numbers: &[usize],
        picture: &Picture,
        buffers: &mut [Vec<u8>],
        metrics: &Metrics,
    ) -> Vec<Told> {
        let Places { guests, dues, .. } = &mut *self.places.borrow_mut();
        let mut told = Vec::with_capacity(numbers.len());
        let mut all = Sealed::default();
        fetch(numbers, guests);
        for &number in numbers {
            let Some(guest) = &guests[number] else { continue };
            let buffer = &mut buffers[told.len()];
            let Some(composed) = guest.serve(|client| client.compose(picture, buffer)) else {
                continue;
            };
            dues[number] = composed.due;
            if composed.sealed.frames > 0 {
                all += composed.sealed;
                let guest = Rc::clone(guest);
                told.push(Told { number, guest });
            }
        }
        metrics.count(all, told.len() as u64);
        told
    }

    /// Sends everyone away.
    pub(super) fn end(&self, farewell: &Farewell) {
        for guest in self.places.borrow().guests.iter().flatten() {
            guest.0.borrow_mut().end(Some(*farewell));
        }
    }
}

/// Looks at something of each client before any is served, so that what they need comes from memory for many at a time.
fn fetch(numbers: &[usize], guests: &[Option<Rc<Guest>>]) {
    let here = || numbers.iter().filter_map(|number| guests[*number].as_ref());
    let clients = || here().filter_map(|guest| guest.0.try_borrow().ok());
    let mut seen = clients().fold(0, |seen, client| seen ^ client.look_over());
    seen ^= clients().fold(0, |seen, client| seen ^ client.look_over_subscriptions());
    black_box(seen);
}

impl Place {
    /// Who is there may be answered at the next tick, whatever it hears.
    pub(super) fn hear(&self) {
        self.roster.places.borrow_mut().dues[self.number] = 0;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.roster.places.borrow_mut();
        places.guests[self.number] = None;
        places.dues[self.number] = u64::MAX;
        places.vacant.push(self.number);
    }
}
