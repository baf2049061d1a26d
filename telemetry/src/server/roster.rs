//! The clients of a shard.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Context, Poll};

use parking_lot::RwLock;
use tokio::time::Instant;

use super::client::{Client, Composed, Farewell, Steady};
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

#[derive(Default)]
struct Places {
    guests: Vec<Option<Rc<Guest>>>,
    /// For each place: before this tick there is nothing for who is there.
    dues: Vec<u64>,
    /// For each place: what there is of who is there, where that is someone steady.
    steady: Vec<Option<Steady>>,
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
        let served = attempt(|| part(&mut self.0.borrow_mut()));
        if served.is_none() {
            self.0.borrow_mut().end(None);
        }
        served
    }
}

/// Does something for a client; `None` where that fails.
fn attempt<T>(part: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(part));
    if done.is_err() {
        tracing::error!("telemetry: a client could not be served and is dropped");
    }
    done.ok()
}

impl Roster {
    /// Takes a client in.
    pub(super) fn join(self: &Rc<Self>, guest: Rc<Guest>) -> Place {
        let mut places = self.places.borrow_mut();
        let number = places.vacant.pop().unwrap_or(places.guests.len());
        if number == places.guests.len() {
            places.guests.push(None);
            places.dues.push(0);
            places.steady.push(None);
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
        let (places, buffers) = (&mut *self.places.borrow_mut(), &mut *self.buffers.borrow_mut());
        buffers.resize_with(TOLD_MAX, Vec::new);
        let (told, tick, looked_at) = {
            let picture = picture.read();
            places.fetch(numbers);
            let told = places.compose_all(numbers, &picture, buffers, metrics);
            (told, picture.tick(), picture.looked_at())
        };
        let mut out = 0;
        for (number, buffer) in told.into_iter().zip(buffers) {
            if places.write(number, buffer, looked_at) {
                out += 1;
            } else {
                places.dues[number] = tick + 1;
            }
        }
        metrics.observe_lag(looked_at.elapsed(), out);
    }

    /// Sends everyone away.
    pub(super) fn end(&self, farewell: &Farewell) {
        for guest in self.places.borrow().guests.iter().flatten() {
            guest.0.borrow_mut().end(Some(*farewell));
        }
    }
}

impl Places {
    /// Looks at something of each client before any is served, so that what they need comes from memory for many at a time.
    fn fetch(&self, numbers: &[usize]) {
        let steady = numbers.iter().filter_map(|&number| self.steady[number].as_ref());
        let awake = || {
            let awake = numbers.iter().filter(|&&number| self.steady[number].is_none());
            awake.filter_map(|&number| self.guests[number].as_ref()?.0.try_borrow().ok())
        };
        let mut seen = steady.fold(0, |seen, steady| seen ^ steady.look_over());
        seen ^= awake().fold(0, |seen, client| seen ^ client.look_over());
        seen ^= awake().fold(0, |seen, client| seen ^ client.look_over_subscriptions());
        black_box(seen);
    }

    /// Lets what is due be put together; gives for whom there is something.
    fn compose_all(
        &mut self,
        numbers: &[usize],
        picture: &Picture,
        buffers: &mut [Vec<u8>],
        metrics: &Metrics,
    ) -> Vec<usize> {
        let mut told = Vec::with_capacity(numbers.len());
        let mut all = Sealed::default();
        for &number in numbers {
            let buffer = &mut buffers[told.len()];
            let Some(composed) = self.compose(number, picture, buffer) else {
                buffer.clear();
                continue;
            };
            self.dues[number] = composed.due;
            if composed.sealed.frames > 0 {
                all += composed.sealed;
                told.push(number);
            }
        }
        metrics.count(all, told.len() as u64);
        told
    }

    fn compose(&mut self, number: usize, picture: &Picture, buffer: &mut Vec<u8>) -> Option<Composed> {
        if let Some(steady) = &mut self.steady[number] {
            match attempt(|| steady.compose(picture, buffer)) {
                Some(Some(composed)) => return Some(composed),
                Some(None) => self.rouse(number),
                None => {
                    self.rouse(number);
                    self.guests[number].as_ref()?.0.borrow_mut().end(None);
                    return None;
                }
            }
        }
        let guest = self.guests[number].as_ref()?;
        guest.serve(|client| client.compose(picture, buffer))
    }

    /// Writes what was put together for who is in a place; gives whether the socket took all, after which `buffer` is empty.
    fn write(&mut self, number: usize, buffer: &mut Vec<u8>, composed: Instant) -> bool {
        let taken = self.steady[number].as_ref().map(|steady| steady.send(buffer));
        if taken == Some(buffer.len()) {
            buffer.clear();
            return true;
        }
        self.rouse(number);
        let Some(guest) = &self.guests[number] else {
            return false;
        };
        let steady = &mut self.steady[number];
        let is_out = guest.serve(|client| {
            if let Some(taken) = taken {
                client.take_over(buffer, taken, composed);
            }
            let is_out = client.write(buffer);
            if is_out {
                *steady = client.settle();
            }
            is_out
        });
        is_out == Some(true)
    }

    /// Gives who is in a place back what there is of it, where that is someone steady.
    fn rouse(&mut self, number: usize) {
        if let (Some(guest), Some(steady)) = (&self.guests[number], self.steady[number].take()) {
            guest.0.borrow_mut().rouse(steady);
        }
    }
}

impl Place {
    /// Who is there is roused, and may be answered at the next tick, whatever it hears.
    pub(super) fn hear(&self) {
        let mut places = self.roster.places.borrow_mut();
        places.dues[self.number] = 0;
        places.rouse(self.number);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.roster.places.borrow_mut();
        places.guests[self.number] = None;
        places.dues[self.number] = u64::MAX;
        places.steady[self.number] = None;
        places.vacant.push(self.number);
    }
}
