//! What a handler may do besides changing its own state.

use super::actor::{Member, System};
use super::address::{Addr, RawAddr};
use super::core::Core;
use super::entry::Entry;
use crate::time::{SimDuration, SimTime};

/// A handler's hands: time, the shared world, messages, events, new actors.
pub struct Ctx<'a, S: System> {
    pub(super) core: &'a mut Core<S>,
    pub(super) me: RawAddr,
    pub(super) sequence: u64,
    pub(super) mode: Mode<'a>,
}

/// Whether a handler runs for real.
pub(super) enum Mode<'a> {
    /// It does.
    Live,
    /// Its actor is being rebuilt: nothing leaves, and spawned actors get the slots they had.
    Rebuild {
        now: SimTime,
        spawned: std::slice::Iter<'a, (u32, u32)>,
    },
}

impl<S: System> Ctx<'_, S> {
    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> SimTime {
        match &self.mode {
            Mode::Live => self.core.now,
            Mode::Rebuild { now, .. } => *now,
        }
    }

    /// What all actors may read.
    #[must_use]
    pub fn shared(&self) -> &S::Shared {
        &self.core.shared
    }

    /// What all actors may read, to hold on to while sending.
    #[must_use]
    pub fn shared_arc(&self) -> std::sync::Arc<S::Shared> {
        std::sync::Arc::clone(&self.core.shared)
    }

    /// The address of the actor whose handler this is. `A` must be its type.
    ///
    /// # Panics
    /// Where `A` is another type than the handling actor's.
    #[must_use]
    pub fn me<A: Member<System = S>>(&self) -> Addr<A> {
        assert_eq!(self.me.kind, A::KIND, "an actor's own address has its own type");
        Addr::new(self.me.index, self.me.generation)
    }

    /// Sends a message that is handled at this instant, one deeper.
    pub fn send<A: Member<System = S>>(&mut self, to: Addr<A>, message: A::Message) {
        self.send_at(self.now(), to, message);
    }

    /// Sends a message that is handled `delay` later.
    pub fn send_in<A: Member<System = S>>(&mut self, delay: SimDuration, to: Addr<A>, message: A::Message) {
        self.send_at(self.now() + delay, to, message);
    }

    /// Sends a message that is handled at `time`, or at this instant where that is past.
    pub fn send_at<A: Member<System = S>>(&mut self, time: SimTime, to: Addr<A>, message: A::Message) {
        if let Mode::Live = self.mode {
            let place = self.core.queue.hold(A::wrap(message));
            let time = time.max(self.core.now);
            let entry = Entry::new(time, self.me.source(), self.sequence, to.into(), place);
            self.sequence += 1;
            self.core.staged.sends.push(entry);
        }
    }

    /// Emits an event.
    pub fn emit(&mut self, event: S::Event) {
        if let Mode::Live = self.mode {
            self.core.staged.events.push(event);
        }
    }

    /// Brings a new actor to life; it may be written to at once.
    pub fn spawn<A: Member<System = S>>(&mut self, actor: A) -> Addr<A> {
        let addr = self.reserve();
        self.spawn_at(addr, actor);
        addr
    }

    /// The address of an actor that [`Ctx::spawn_at`] brings to life later in this handler: for actors that know each other from birth.
    pub fn reserve<A: Member<System = S>>(&mut self) -> Addr<A> {
        let (index, generation) = match &mut self.mode {
            Mode::Live => {
                let slot = self.core.pools[usize::from(A::KIND)].take();
                self.core.staged.taken.push(Addr::<A>::new(slot.0, slot.1).into());
                slot
            }
            Mode::Rebuild { spawned, .. } => spawned.next().copied().unwrap_or((u32::MAX, u32::MAX)),
        };
        Addr::new(index, generation)
    }

    /// Brings a new actor to life at an address that was reserved in this handler.
    pub fn spawn_at<A: Member<System = S>>(&mut self, addr: Addr<A>, actor: A) {
        if let Mode::Live = self.mode {
            self.core.staged.spawns.push((addr.into(), actor.into_spawned()));
        }
    }

    /// Ends this actor once the handler returns. Messages on their way to it are counted as undeliverable.
    pub fn stop(&mut self) {
        self.core.staged.stop = true;
    }
}
