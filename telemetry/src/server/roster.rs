//! The clients of a shard, in the order in which they came.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::client::{Client, Farewell};
use super::picture::Picture;

/// Clients told of a tick before others may be heard: some milliseconds' work.
const WALKED_MAX: usize = 256;

/// A client, as its own task and the walk share it. Neither holds it while it waits.
pub(super) type Shared = Rc<RefCell<Client>>;

/// The clients of a shard.
#[derive(Default)]
pub(super) struct Roster {
    clients: RefCell<BTreeMap<u64, Shared>>,
    next: Cell<u64>,
}

/// A client's place; it is left when dropped, also by a task that failed.
pub(super) struct Place {
    roster: Rc<Roster>,
    number: u64,
}

impl Roster {
    /// Takes a client in.
    pub(super) fn join(self: &Rc<Self>, client: Shared) -> Place {
        let number = self.next.get();
        self.next.set(number + 1);
        self.clients.borrow_mut().insert(number, client);
        Place {
            roster: Rc::clone(self),
            number,
        }
    }

    /// Tells some clients of a tick, the first one `from` this number; gives where to go on. A client that fails is dropped, and the
    /// others do not notice.
    pub(super) fn tell(&self, from: u64, picture: &Picture) -> Option<u64> {
        let clients = self.clients.borrow();
        for (walked, (number, client)) in clients.range(from..).enumerate() {
            if walked == WALKED_MAX {
                return Some(*number);
            }
            let told = catch_unwind(AssertUnwindSafe(|| client.borrow_mut().tick(picture)));
            if told.is_err() {
                tracing::error!("telemetry: a client could not be served and is dropped");
                client.borrow_mut().end(None);
            }
        }
        None
    }

    /// Sends everyone away.
    pub(super) fn end(&self, farewell: &Farewell) {
        for client in self.clients.borrow().values() {
            client.borrow_mut().end(Some(*farewell));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.roster.clients.borrow_mut().remove(&self.number);
    }
}
