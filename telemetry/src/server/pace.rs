//! How often a client is served: one that was slow gets less often what moves, until it has kept up for a while.

/// Ticks for which a client may be busy with what it was sent and yet miss nothing: it is told the latest of all that changed meanwhile. Past
/// this second a map it holds is worth little, and a fresh picture cheaper than what it missed.
const LATE_TICKS: u64 = 10;

/// The same while it takes the answer to what it asked for, all that is in view: five seconds, since a page that opens on a busy host has more
/// to do than to read, and would only be sent the same once more.
const LATE_ANSWER_TICKS: u64 = 50;

/// Ticks without a delay after which a client is trusted one step further: five seconds.
const CALM_TICKS: u64 = 50;

/// The last step: every sixteenth tick, as slow as a map may be and yet look live.
const STEPS_MAX: u32 = 4;

/// How a client keeps up.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// It is served every `2^steps` ticks.
    steps: u32,
    busy: Option<Busy>,
    calm_since: u64,
    next: u64,
}

/// That a client has not taken yet what an earlier tick sent.
#[derive(Clone, Copy, Debug)]
struct Busy {
    since: u64,
    /// Whether that answers what it asked for.
    is_answer: bool,
}

impl Pace {
    /// At this tick the client still takes what an earlier one sent, which may be the answer to what it asked for. Gives whether it misses what
    /// is due.
    pub(super) fn is_late(&mut self, tick: u64, is_answer: bool) -> bool {
        let since = tick;
        let busy = *self.busy.get_or_insert(Busy { since, is_answer });
        let borne = if busy.is_answer {
            LATE_ANSWER_TICKS
        } else {
            LATE_TICKS
        };
        tick - busy.since >= borne
    }

    /// Whether the client is served at each tick, and so need not be asked about ticks at which it has nothing to be told.
    pub(super) const fn is_full(&self) -> bool {
        self.steps == 0
    }

    /// At this tick the client has taken everything. Gives whether it is sent what moves: the latest at once, then less often, unless all it was
    /// busy with was an answer.
    pub(super) fn is_due(&mut self, tick: u64) -> bool {
        if self.busy.take().is_some_and(|busy| !busy.is_answer) {
            self.steps = (self.steps + 1).min(STEPS_MAX);
            self.calm_since = tick;
            self.next = tick;
        } else if self.steps > 0 && tick - self.calm_since >= CALM_TICKS {
            self.steps -= 1;
            self.calm_since = tick;
        }
        let is_due = tick >= self.next;
        if is_due {
            self.next = tick + (1 << self.steps);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(pace: &mut Pace, ticks: std::ops::Range<u64>) -> usize {
        ticks.filter(|tick| pace.is_due(*tick)).count()
    }

    #[test]
    fn whoever_keeps_up_is_served_at_each_tick() {
        assert_eq!(served(&mut Pace::default(), 0..100), 100);
    }

    #[test]
    fn a_slow_client_is_served_less_often_until_it_has_kept_up_for_a_while() {
        let mut pace = Pace::default();
        assert!(
            !pace.is_late(0, false) && pace.is_due(1),
            "the latest comes at once"
        );
        assert_eq!(served(&mut pace, 2..51), 24, "every other tick");
        assert_eq!(served(&mut pace, 52..100), 48);
        for tick in (100..200).step_by(2) {
            pace.is_late(tick, false);
            assert!(pace.is_due(tick + 1));
        }
        assert_eq!(served(&mut pace, 200..232), 2, "never less than every sixteenth");
        assert!(served(&mut pace, 232..600) < 368);
        assert_eq!(served(&mut pace, 600..700), 100, "and as ever in the end");
    }

    #[test]
    fn a_second_of_being_busy_is_too_long() {
        let mut pace = Pace::default();
        let late = (5..20).find(|tick| pace.is_late(*tick, false));
        assert_eq!(late, Some(15));
    }

    #[test]
    fn the_answer_to_what_it_asked_may_take_longer_and_makes_nobody_slow() {
        let mut pace = Pace::default();
        let late = (5..100).find(|tick| pace.is_late(*tick, true));
        assert_eq!(late, Some(55));
        assert_eq!(served(&mut pace, 55..155), 100);
    }
}
