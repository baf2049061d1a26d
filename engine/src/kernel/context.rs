//! What a handler may do besides changing its own state.

use super::actor::{Member, System};
use super::address::{Addr, RegionId};
use super::core::Core;
use super::entry::Entry;
use super::parcel::Parcel;
use super::watch::{EndReason, Notice};
use crate::time::{SimDuration, SimTime};

/// A handler's hands: time, the shared world, messages, events, new actors.
pub struct Ctx<'a, S: System> {
    pub(super) core: &'a mut Core<S>,
    pub(super) mode: Mode<'a>,
}

/// Whether a handler runs for real.
pub(super) enum Mode<'a> {
    /// It does.
    Live,
    /// Its actor is being rebuilt: nothing leaves, and spawned actors get the slots they had.
    Rebuild {
        spawned: std::slice::Iter<'a, (u32, u32)>,
    },
}

impl<'a, S: System> Ctx<'a, S> {
    /// For a handler that runs for real.
    #[inline]
    pub(super) fn live(core: &'a mut Core<S>) -> Self {
        let mode = Mode::Live;
        Self { core, mode }
    }

    /// Virtual time.
    #[must_use]
    #[inline]
    pub fn now(&self) -> SimTime {
        self.core.now
    }

    /// Where the handling actor lives.
    #[must_use]
    pub fn region(&self) -> RegionId {
        self.core.me.region()
    }

    /// What all actors may read.
    #[must_use]
    #[inline]
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
    #[inline]
    pub fn me<A: Member<System = S>>(&self) -> Addr<A> {
        assert_eq!(
            self.core.me.kind(),
            A::KIND,
            "an actor's own address has its own type"
        );
        Addr::new(
            self.core.me.region(),
            self.core.me.index(),
            self.core.me.generation(),
        )
    }

    /// Sends a message that is handled at this instant, one deeper; in another region, as soon as the lookahead allows.
    #[inline]
    pub fn send<A: Member<System = S>>(&mut self, to: Addr<A>, message: A::Message) {
        self.send_at(self.now(), to, message);
    }

    /// Sends a message that is handled `delay` later; in another region, no sooner than the lookahead.
    #[inline]
    pub fn send_in<A: Member<System = S>>(&mut self, delay: SimDuration, to: Addr<A>, message: A::Message) {
        self.send_at(self.now() + delay, to, message);
    }

    /// Sends a message that is handled at `time`, or at this instant where that is past; in another region, no sooner than the lookahead.
    #[inline(always)]
    pub fn send_at<A: Member<System = S>>(&mut self, time: SimTime, to: Addr<A>, message: A::Message) {
        let Mode::Live = self.mode else { return };
        let time = self.core.due(time, to.region);
        let sequence = self.core.next_sequence();
        let source = self.core.me.source();
        if to.region == self.core.region {
            let parcel = self.core.queue.pack(A::wrap(message));
            let entry = Entry::new(time, source, sequence, to.into(), parcel);
            self.core.enqueue(entry);
        } else {
            let entry = Entry::new(time, source, sequence, to.into(), Parcel::default());
            self.core.send_away(to.region, entry, A::wrap(message));
        }
    }

    /// Emits an event.
    #[inline]
    pub fn emit(&mut self, event: S::Event) {
        if let Mode::Live = self.mode {
            self.core.emit(event);
        }
    }

    /// Asks to hear of the end of `whom`, once: [`super::Actor::on_ended`] tells it. At once where it is gone already.
    pub fn watch<A: Member<System = S>>(&mut self, whom: Addr<A>) {
        let (watched, watcher) = (whom.into(), self.core.me);
        self.note(Notice::Watch { watched, watcher });
    }

    /// Takes a watch back. A word that is on its way already may still come.
    pub fn unwatch<A: Member<System = S>>(&mut self, whom: Addr<A>) {
        let (watched, watcher) = (whom.into(), self.core.me);
        self.note(Notice::Unwatch { watched, watcher });
    }

    fn note(&mut self, notice: Notice) {
        if let Mode::Live = self.mode {
            self.core.send_notice(self.core.me, notice);
        }
    }

    /// Brings a new actor to life in this region; it may be written to at once.
    pub fn spawn<A: Member<System = S>>(&mut self, actor: A) -> Addr<A> {
        let addr = self.reserve();
        self.spawn_at(addr, actor);
        addr
    }

    /// The address of an actor that [`Ctx::spawn_at`] brings to life later in this handler: for actors that know each other from birth.
    pub fn reserve<A: Member<System = S>>(&mut self) -> Addr<A> {
        let region = self.core.me.region();
        let (index, generation) = match &mut self.mode {
            Mode::Live => {
                self.core.staged.is_touched = true;
                let slot = self.core.pools[usize::from(A::KIND)].take();
                self.core
                    .staged
                    .taken
                    .push(Addr::<A>::new(region, slot.0, slot.1).into());
                slot
            }
            Mode::Rebuild { spawned, .. } => spawned.next().copied().unwrap_or((u32::MAX, u32::MAX)),
        };
        Addr::new(region, index, generation)
    }

    /// Brings a new actor to life at an address that was reserved in this handler.
    pub fn spawn_at<A: Member<System = S>>(&mut self, addr: Addr<A>, actor: A) {
        if let Mode::Live = self.mode {
            self.core.staged.is_touched = true;
            self.core.staged.spawns.push((addr.into(), actor.into_spawned()));
        }
    }

    /// Ends this actor once the handler returns. Messages on their way to it are counted as undeliverable.
    pub fn stop(&mut self) {
        self.core.staged.stop = Some(EndReason::Stopped);
        self.core.staged.is_touched = true;
    }
}
