//! The clients of a shard, in the order in which they came.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Context, Poll};

use super::client::{Client, Farewell};
use super::picture::Picture;

/// Clients told of a tick before others may be heard: some milliseconds' work.
const TOLD_MAX: usize = 256;

/// A client, as its own task and the walk share it. Neither holds it while it waits.
pub(super) struct Guest {
    client: RefCell<Client>,
    /// Before this tick there is nothing for it.
    due: Cell<u64>,
}

/// The clients of a shard.
#[derive(Default)]
pub(super) struct Roster {
    guests: RefCell<BTreeMap<u64, Rc<Guest>>>,
    next: Cell<u64>,
    /// The changes of the clock as of the last walk's beginning, and whether that walk tells everyone of one.
    clock_changes: Cell<u64>,
    is_for_all: Cell<bool>,
}

/// A client's place; it is left when dropped, also by a task that failed.
pub(super) struct Place {
    roster: Rc<Roster>,
    number: u64,
}

impl Guest {
    /// A client that just came.
    pub(super) const fn new(client: Client) -> Self {
        Self {
            client: RefCell::new(client),
            due: Cell::new(0),
        }
    }

    /// Its own task's turn. Whatever it hears may be answered at the next tick.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Farewell>> {
        self.due.set(0);
        self.client.borrow_mut().poll(context)
    }

    /// The client, which leaves.
    pub(super) fn into_client(self) -> Client {
        self.client.into_inner()
    }

    /// Tells it of a tick. A client that fails is dropped, and the others do not notice.
    fn tell(&self, picture: &Picture) {
        let told = catch_unwind(AssertUnwindSafe(|| self.client.borrow_mut().tick(picture)));
        if let Ok(due) = told {
            self.due.set(due);
        } else {
            tracing::error!("telemetry: a client could not be served and is dropped");
            self.client.borrow_mut().end(None);
        }
    }
}

impl Roster {
    /// Takes a client in.
    pub(super) fn join(self: &Rc<Self>, guest: Rc<Guest>) -> Place {
        let number = self.next.get();
        self.next.set(number + 1);
        self.guests.borrow_mut().insert(number, guest);
        Place {
            roster: Rc::clone(self),
            number,
        }
    }

    /// Tells those of a tick for whom it may hold something, some at a time, the first one `from` this number; gives where to go on.
    pub(super) fn tell(&self, from: u64, picture: &Picture) -> Option<u64> {
        if from == 0 {
            let before = self.clock_changes.replace(picture.clock_changes());
            self.is_for_all.set(before != picture.clock_changes());
        }
        let mut told = 0;
        for (number, guest) in self.guests.borrow().range(from..) {
            if guest.due.get() > picture.tick() && !self.is_for_all.get() {
                continue;
            }
            if told == TOLD_MAX {
                return Some(*number);
            }
            guest.tell(picture);
            told += 1;
        }
        None
    }

    /// Sends everyone away.
    pub(super) fn end(&self, farewell: &Farewell) {
        for guest in self.guests.borrow().values() {
            guest.client.borrow_mut().end(Some(*farewell));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.roster.guests.borrow_mut().remove(&self.number);
    }
}
