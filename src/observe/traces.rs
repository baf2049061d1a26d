//! To which traces deliveries belong, for whoever logs or records what happens to them.

use std::collections::{HashMap, VecDeque};
use std::sync::OnceLock;

use parking_lot::Mutex;
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;
use skyhaul_web::trace::{self, DeliveryTraces, TraceContext};

/// Deliveries remembered that began with a trace: more than can wait for their store, which is asked for the others; some ten megabytes.
const RECENT_MAX: usize = 100_000;

/// The traces of deliveries.
#[derive(Default)]
pub struct Traces {
    recent: Mutex<Recent>,
    kept: OnceLock<DeliveryTraces>,
}

#[derive(Default)]
struct Recent {
    of: HashMap<DeliveryId, TraceContext>,
    order: VecDeque<DeliveryId>,
    /// The command that was traced last, by when it took effect: no two do so at one instant.
    last: Option<(SimTime, TraceContext)>,
}

impl Recent {
    fn note(&mut self, delivery: DeliveryId, context: TraceContext) {
        if self.order.len() == RECENT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.of.remove(&oldest);
        }
        if self.of.insert(delivery, context).is_none() {
            self.order.push_back(delivery);
        }
    }
}

impl Traces {
    /// Lets the store be asked for what is not remembered.
    pub fn keep(&self, kept: DeliveryTraces) {
        let _ = self.kept.set(kept);
    }

    /// Takes in what an event says.
    pub(super) fn note(&self, event: &Numbered<Event>) {
        if let Event::CommandTraced { trace, .. } = &event.event {
            let mut recent = self.recent.lock();
            recent.last = Some((event.at, trace.context));
            if let Some(delivery) = trace.delivery {
                recent.note(delivery, trace.context);
            }
        }
    }

    /// The trace that a delivery belongs to. Where its store cannot be read that is its own.
    pub(super) fn of(&self, delivery: DeliveryId) -> TraceContext {
        let recent = self.recent.lock().of.get(&delivery).copied();
        let kept = || self.kept.get()?.of(delivery).ok();
        recent
            .or_else(kept)
            .unwrap_or_else(|| trace::of_delivery(delivery))
    }

    /// Works on an event, as on what belongs to the trace of its delivery, else of the command that it comes of.
    pub(super) fn within(&self, event: &Numbered<Event>, work: impl FnOnce()) {
        let delivery = event.event.delivery();
        let last = self.recent.lock().last;
        let of_command = last.and_then(|(at, context)| (at == event.at).then_some(context));
        match delivery.map(|delivery| self.of(delivery)).or(of_command) {
            Some(context) => trace::within(context, delivery, work),
            None => work(),
        }
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::ids::CommandId;
    use skyhaul_actors::trace::CommandTrace;

    use super::*;

    fn numbered(at_micros: u64, event: Event) -> Numbered<Event> {
        Numbered {
            number: 0,
            at: SimTime::from_micros(at_micros),
            event,
        }
    }

    fn context(trace: u128) -> TraceContext {
        trace::of_delivery(DeliveryId(trace))
    }

    /// The trace within which an event is worked on.
    fn seen(traces: &Traces, event: Event) -> Option<u128> {
        let mut seen = None;
        traces.within(&numbered(5, event), || {
            seen = trace::current().map(|(here, _)| here.trace);
        });
        seen
    }

    #[test]
    fn what_happens_to_a_delivery_belongs_to_its_trace_and_else_to_that_of_the_command() {
        let traces = Traces::default();
        let missed = |id| Event::ConfirmationMissed {
            delivery: DeliveryId(id),
        };
        let lifted = || Event::ZoneLifted {
            command: None,
            zone: "a zone".to_owned(),
        };
        assert_eq!(seen(&traces, lifted()), None);
        let traced = Event::CommandTraced {
            command: CommandId(1),
            trace: CommandTrace {
                context: context(70),
                delivery: Some(DeliveryId(7)),
            },
        };
        traces.note(&numbered(5, traced));
        assert_eq!(seen(&traces, missed(7)), Some(70));
        assert_eq!(seen(&traces, missed(8)), Some(8), "its own");
        assert_eq!(seen(&traces, lifted()), Some(70));
        let mut later = None;
        traces.within(&numbered(6, lifted()), || later = trace::current());
        assert_eq!(later, None, "that is of another command");
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut recent = Recent::default();
        for id in 0..=RECENT_MAX as u128 {
            recent.note(DeliveryId(id), context(1));
        }
        assert_eq!((recent.of.len(), recent.order.len()), (RECENT_MAX, RECENT_MAX));
        assert!(!recent.of.contains_key(&DeliveryId(0)));
    }
}
