//! A steady client: it speaks the binary form, follows the legs in one part of the map, keeps up, and says nothing. All but a few are, at most ticks.
//!
//! What a tick needs of it is then in one record instead of in the client, and those of a shard's clients lie side by side: what a walk waits for
//! is memory. When anything else is to be done for it, it is roused first, which puts all back.

use std::os::fd::AsRawFd;
use std::rc::Rc;

use tokio::net::TcpStream;
use tokio::time::Instant;

use super::clock::ClockTold;
use super::{Client, Composed};
use crate::binary;
use crate::server::connection;
use crate::server::outbox::{Form, Sealed};
use crate::server::picture::Picture;
use crate::server::subscription::SteadyMap;
use crate::server::wire;

/// What a tick needs of a steady client: two lines of the cache.
#[derive(Debug)]
#[repr(align(64))]
pub(in crate::server) struct Steady {
    socket: Rc<TcpStream>,
    map: SteadyMap,
    clock: ClockTold,
    /// The tick at which is looked whether it may still be here.
    next_look: u64,
}

impl Steady {
    /// Puts together what is due at a tick in an empty `buffer`. `None`, and the buffer stays empty, where the client itself must do that.
    pub(in crate::server) fn compose(&mut self, picture: &Picture, buffer: &mut Vec<u8>) -> Option<Composed> {
        if picture.tick() >= self.next_look {
            return None;
        }
        let mut frames = self.map.put(picture, buffer)?;
        if self.clock.is_due(picture, frames > 0) {
            wire::put_binary(buffer, &binary::clock(&picture.stamp(), picture.speed()));
            frames += 1;
        }
        let due = self.map.due().min(self.clock.due(picture));
        Some(Composed {
            due: due.min(self.next_look),
            sealed: Sealed {
                frames,
                bytes: buffer.len(),
            },
        })
    }

    /// Reads what sending will read, so that it is in the cache by then.
    pub(in crate::server) fn look_over(&self) -> u64 {
        u64::from(self.socket.as_raw_fd().unsigned_abs())
    }

    /// Sends what was put together; gives how many bytes the socket took.
    pub(in crate::server) fn send(&self, frames: &[u8]) -> usize {
        connection::send(&self.socket, frames).unwrap_or_default()
    }
}

impl Client {
    /// What there is of it for ticks, where it is steady. Called once all is out that it was sent.
    pub(in crate::server) fn settle(&mut self) -> Option<Steady> {
        let is_quiet = self.messages == 0 && !self.has_answers && self.ended.is_none();
        let keeps_up = self.slow.is_none() && self.pace.is_full() && self.outbox.is_idle();
        let [only] = &mut self.subscriptions[..] else {
            return None;
        };
        if !(is_quiet && keeps_up && self.outbox.form() == Form::Binary) {
            return None;
        }
        let socket = Rc::clone(self.socket.get_ref().socket()?);
        let map = only.settle()?;
        self.subscriptions.clear();
        Some(Steady {
            socket,
            map,
            clock: self.clock,
            next_look: self.stay.next_look(),
        })
    }

    /// Takes back what there is of it.
    pub(in crate::server) fn rouse(&mut self, steady: Steady) {
        self.subscriptions.push(steady.map.into());
        self.clock = steady.clock;
    }

    /// Takes over what was put together as of `composed` while it was steady, of which the socket took so many bytes.
    pub(in crate::server) fn take_over(&mut self, frames: &mut Vec<u8>, taken: usize, composed: Instant) {
        self.outbox.take_over(frames, taken);
        self.composed = composed;
        self.progress = composed;
    }
}
