//! The engine: the regions of a system in virtual time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

use super::actor::{Member, System};
use super::address::{Addr, REGIONS_MAX, RegionId};
use super::core::Parked;
use super::diagnosis::{Counters, DeadLetter, Halt, HandlerTime, Recorded, Stopwatch};
use super::entry::{Entry, OUTSIDE, SEQUENCE_END};
use super::region::Region;
use super::supervision::{FaultPlan, FaultState};
use super::windows::{self, Crew};
use crate::ports::{EventSink, Numbered};
use crate::time::{SimDuration, SimTime};

/// Events held until they leave together: enough that leaving costs nothing, few enough to stay in the cache.
const EVENTS_MAX: usize = 1_024;

/// How the world is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regions {
    /// How many regions, from 1 to [`REGIONS_MAX`].
    pub count: u16,
    /// The least delay of a message from one to another. The larger, the longer they run without each other.
    pub lookahead: SimDuration,
}

impl Regions {
    /// A world of one piece.
    pub const ONE: Self = Self {
        count: 1,
        lookahead: SimDuration::from_micros(1),
    };

    /// Whether a world can be cut so.
    #[must_use]
    pub fn is_possible(self) -> bool {
        (1..=REGIONS_MAX).contains(&self.count) && self.lookahead > SimDuration::ZERO
    }
}

/// A system of actors in virtual time: an ordinary value, of which a process may hold many.
pub struct Engine<S: System> {
    pub(super) shared: Arc<S::Shared>,
    pub(super) regions: Vec<Region<S>>,
    pub(super) cut: Regions,
    pub(super) crew: Crew<S::Message>,
    pub(super) now: SimTime,
    pub(super) next_event: u64,
}

impl<S: System> Engine<S> {
    /// An empty world of one region at time zero.
    #[must_use]
    pub fn new(shared: Arc<S::Shared>) -> Self {
        Self::with_regions(shared, Regions::ONE)
    }

    /// An empty world of several regions at time zero.
    ///
    /// # Panics
    /// Where there is no region, there are too many, or the lookahead is zero.
    #[must_use]
    pub fn with_regions(shared: Arc<S::Shared>, cut: Regions) -> Self {
        assert!(
            cut.is_possible(),
            "from 1 to {REGIONS_MAX} regions and a lookahead above zero"
        );
        let regions = (0..cut.count).map(|id| {
            Region::new(
                Arc::clone(&shared),
                RegionId(id),
                usize::from(cut.count),
                cut.lookahead,
            )
        });
        Self {
            regions: regions.collect(),
            shared,
            cut,
            crew: Crew::new(),
            now: SimTime::ZERO,
            next_event: 0,
        }
    }

    /// Lets so many threads run the regions from now on, one where they would mostly wait for each other. No result depends on it.
    pub fn set_threads(&mut self, threads: usize) {
        self.crew.threads = threads.max(1);
    }

    /// How many messages may be on their way in a region: beyond it the run halts with [`Halt::QueueFull`].
    pub fn limit_queue(&mut self, messages_max: usize) {
        for region in &mut self.regions {
            region.limits.queue_max = messages_max;
        }
    }

    /// How many messages may be on their way to one actor: some time after there are more, the run halts with [`Halt::MailboxFull`].
    pub fn limit_mailboxes(&mut self, messages_max: usize) {
        for region in &mut self.regions {
            region.limits.mailbox_max = messages_max;
        }
    }

    /// Measures how long handlers take from now on. No result depends on it.
    pub fn measure_handlers(&mut self, stopwatch: Stopwatch) {
        for region in &mut self.regions {
            region.core.times.measure(stopwatch);
        }
    }

    /// Puts failures into handlers from now on; none where the share is zero.
    pub fn inject_faults(&mut self, plan: FaultPlan) {
        for (number, region) in (0..).zip(&mut self.regions) {
            region.core.faults = (plan.panic_per_message > 0.0).then(|| FaultState::new(plan, number));
        }
    }

    /// Brings an actor to life in the first region from outside, before the run or between two windows.
    pub fn spawn<A: Member<System = S>>(&mut self, actor: A) -> Addr<A> {
        self.spawn_in(RegionId(0), actor)
    }

    /// Brings an actor to life in `region` from outside.
    ///
    /// # Panics
    /// Where there is no such region.
    pub fn spawn_in<A: Member<System = S>>(&mut self, region: RegionId, actor: A) -> Addr<A> {
        let home = &mut self.regions[usize::from(region.0)];
        let (index, generation) = home.core.pools[usize::from(A::KIND)].take();
        let addr = Addr::new(region, index, generation);
        home.house(addr.into(), actor.into_spawned());
        addr
    }

    /// Gives an event from outside to `sink`, at the present, before what the next run brings.
    pub fn tell(&mut self, event: S::Event, sink: &mut dyn EventSink<S::Event>) {
        self.give(self.now, event, sink);
    }

    /// Sends a message from outside, to be handled at `at`, which must lie after the present. Messages from outside at one instant are
    /// handled in order of `order`, which must be unique.
    ///
    /// # Panics
    /// Where `order` is 2⁴⁸ or more, or there is no such region.
    pub fn inject<A: Member<System = S>>(
        &mut self,
        at: SimTime,
        order: u64,
        to: Addr<A>,
        message: A::Message,
    ) {
        assert!(order < SEQUENCE_END, "commands are fewer than 2⁴⁸");
        let core = &mut self.regions[usize::from(to.region.0)].core;
        let parcel = core.queue.pack(A::wrap(message));
        let entry = Entry::new(at, OUTSIDE, order, to.into(), parcel);
        core.enqueue(entry);
    }

    /// Handles everything due up to and including `horizon`, and gives all events to `sink`, in order of time, then of region.
    ///
    /// # Errors
    /// [`Halt`], where going on makes no sense; the events so far were given.
    pub fn run_until(&mut self, horizon: SimTime, sink: &mut dyn EventSink<S::Event>) -> Result<(), Halt> {
        loop {
            let ran = match self.regions.as_mut_slice() {
                [region] => region.run_until(horizon, EVENTS_MAX),
                regions => windows::run(regions, self.cut.lookahead, &mut self.crew, horizon),
            };
            self.flush_events(sink);
            if ran? {
                break;
            }
        }
        self.now = self.now.max(horizon);
        for region in &mut self.regions {
            region.core.now = self.now;
        }
        Ok(())
    }

    /// Lets events out, those of one instant in order of their regions. Each region's are in order already.
    fn flush_events(&mut self, sink: &mut dyn EventSink<S::Event>) {
        let outs = self.regions.iter_mut().map(|region| &mut region.core.out);
        let mut outs: Vec<_> = outs.map(std::mem::take).collect();
        let mut rests: Vec<_> = outs.iter_mut().map(|out| out.drain(..)).collect();
        let first =
            |rest: &std::vec::Drain<'_, (SimTime, S::Event)>| rest.as_slice().first().map(|(at, _)| *at);
        let mut heads: BinaryHeap<Reverse<(SimTime, usize)>> = rests
            .iter()
            .enumerate()
            .filter_map(|(region, rest)| Some(Reverse((first(rest)?, region))))
            .collect();
        while let Some(mut head) = heads.peek_mut() {
            let region = head.0.1;
            if let Some((at, event)) = rests[region].next() {
                self.give(at, event, sink);
            }
            match first(&rests[region]) {
                Some(at) => head.0.0 = at,
                None => drop(PeekMut::pop(head)),
            }
        }
        drop(rests);
        for (region, out) in self.regions.iter_mut().zip(outs) {
            region.core.out = out;
        }
    }

    fn give(&mut self, at: SimTime, event: S::Event, sink: &mut dyn EventSink<S::Event>) {
        sink.accept(Numbered {
            number: self.next_event,
            at,
            event,
        });
        self.next_event += 1;
    }

    /// Virtual time: the last horizon run to.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// When the next message is due.
    #[must_use]
    pub fn next_due(&self) -> Option<SimTime> {
        let due = self.regions.iter().map(|region| region.core.queue.next_time());
        due.flatten().min()
    }

    /// The number the next event will get.
    #[must_use]
    pub fn next_event(&self) -> u64 {
        self.next_event
    }

    /// Messages on their way.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.regions.iter().map(|region| region.core.queue.len()).sum()
    }

    /// How the world is cut.
    #[must_use]
    pub fn regions(&self) -> Regions {
        self.cut
    }

    /// A running digest of every message handled, in order: equal runs have equal digests.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut digests = self.regions.iter().map(|region| region.core.digest);
        let first = digests.next().unwrap_or_default();
        digests.fold(first, |all, digest| {
            (all.rotate_left(29) ^ digest).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        })
    }

    /// What the kernel has counted.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let counters = self.regions.iter().map(|region| region.core.counters);
        counters.fold(Counters::default(), Counters::plus)
    }

    /// Messages their actors failed on too often, oldest first.
    #[must_use]
    pub fn parked(&self) -> Vec<&Parked<S::Message>> {
        let mut parked: Vec<_> = self
            .regions
            .iter()
            .flat_map(|region| &region.core.parked)
            .collect();
        parked.sort_by_key(|parked| parked.at);
        parked
    }

    /// Messages to actors that were gone, the latest ones, oldest first.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<&DeadLetter> {
        let mut letters: Vec<_> = self
            .regions
            .iter()
            .flat_map(|region| &region.core.dead_letters)
            .collect();
        letters.sort_by_key(|letter| letter.at);
        letters
    }

    /// The last messages handled in `region`, the latest last: to read after a failure.
    #[must_use]
    pub fn flight_record(&self, region: RegionId) -> Vec<Recorded> {
        let core = self.regions.get(usize::from(region.0)).map(|region| &region.core);
        core.map_or_else(Vec::new, |core| core.recorder.latest(S::KINDS, core.region))
    }

    /// How long handlers took, for each type of actor, by its place in [`System::KINDS`].
    #[must_use]
    pub fn handler_times(&self) -> Vec<(&'static str, HandlerTime)> {
        let mut times: Vec<_> = S::KINDS
            .iter()
            .map(|kind| (*kind, HandlerTime::default()))
            .collect();
        for region in &self.regions {
            for ((_, sum), time) in times.iter_mut().zip(&region.core.times.by_kind) {
                sum.merge(time);
            }
        }
        times
    }

    /// The slabs of a region, to look at.
    ///
    /// # Panics
    /// Where there is no such region.
    #[must_use]
    pub fn actors(&self, region: RegionId) -> &S::Actors {
        &self.regions[usize::from(region.0)].actors
    }

    /// What all actors may read.
    #[must_use]
    pub fn shared(&self) -> &Arc<S::Shared> {
        &self.shared
    }

    /// Lets all actors read something else from now on, between two runs. Handlers are repeated when an actor is rebuilt: what they read of the old
    /// must be the same in the new.
    pub fn set_shared(&mut self, shared: &Arc<S::Shared>) {
        self.shared = Arc::clone(shared);
        for region in &mut self.regions {
            region.core.shared = Arc::clone(shared);
        }
    }

    /// The actor at `addr`, unless it is gone.
    #[must_use]
    pub fn get<A: Member<System = S>>(&self, addr: Addr<A>) -> Option<&A> {
        let region = self.regions.get(usize::from(addr.region.0))?;
        A::slab(&region.actors).get(addr)
    }
}
