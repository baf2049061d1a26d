//! The desk: which notice is due, one after another for each who is told, and when a failed one is tried again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use skyhaul_actors::command::Channel;
use skyhaul_web::notification::outbox::{NoticeKey, Outcome, Tries};

/// Notices held here at most; further ones wait in the store until there is room: 24 bytes each.
const HELD_MAX: usize = 100_000;

/// The wait after the first failure; each further one is twice as long.
const BACK_OFF_MICROS: i64 = 5_000_000;

/// The longest wait.
const BACK_OFF_MICROS_MAX: i64 = 3_600_000_000;

/// How long a notice is tried.
const TRIED_FOR_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// How it went to send a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It was taken.
    Taken,
    /// Not this time.
    Failed(String),
    /// Not now and never.
    Refused(String),
}

/// Who is told on which way: their notices go one after another.
type Line = (u64, Channel);

/// Notices on their way, by whom they are for.
#[derive(Debug, Default)]
pub struct Desk {
    lines: BTreeMap<Line, VecDeque<NoticeKey>>,
    /// Lines whose first notice may be sent, by when: wall clock, microseconds since 1970.
    due: BTreeSet<(i64, Line)>,
    held: usize,
    last: Option<NoticeKey>,
}

impl Desk {
    /// For how many more there is room.
    #[must_use]
    pub fn room(&self) -> usize {
        HELD_MAX.saturating_sub(self.held)
    }

    /// How many are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }

    /// The last notice that was added: the store's next ones stand behind it.
    #[must_use]
    pub fn last(&self) -> Option<NoticeKey> {
        self.last
    }

    /// Takes notices in, in their order.
    pub fn add(&mut self, keys: Vec<NoticeKey>) {
        for key in keys {
            let line = (key.subscription, key.channel);
            let queue = self.lines.entry(line).or_default();
            if queue.is_empty() {
                self.due.insert((0, line));
            }
            queue.push_back(key);
            self.held += 1;
            self.last = Some(key);
        }
    }

    /// A notice that is due. Nothing else of its line is until it is [settled](Self::settle) or [put off](Self::put_off).
    pub fn take_due(&mut self, now_unix_micros: i64) -> Option<NoticeKey> {
        let (at, line) = *self.due.first()?;
        if at > now_unix_micros {
            return None;
        }
        self.due.pop_first();
        self.lines.get(&line)?.front().copied()
    }

    /// The notice is tried no sooner than at `until`.
    pub fn put_off(&mut self, key: NoticeKey, until_unix_micros: i64) {
        self.due
            .insert((until_unix_micros, (key.subscription, key.channel)));
    }

    /// The notice is done with; the next of its line is due.
    pub fn settle(&mut self, key: NoticeKey) {
        let line = (key.subscription, key.channel);
        let Some(queue) = self.lines.get_mut(&line) else {
            return;
        };
        if queue.front() == Some(&key) {
            queue.pop_front();
            self.held -= 1;
        }
        if queue.is_empty() {
            self.lines.remove(&line);
        } else {
            self.due.insert((0, line));
        }
    }
}

/// When a notice that failed is tried again. Spread a little by its place, so that those that failed together do not all come back together.
#[must_use]
pub fn again_at(key: NoticeKey, tries: Tries) -> i64 {
    let doublings = tries.attempts.saturating_sub(1).min(20);
    let wait = (BACK_OFF_MICROS << doublings).min(BACK_OFF_MICROS_MAX);
    let place = key.event ^ key.subscription.rotate_left(32) ^ u64::from(tries.attempts);
    let spread = i64::try_from(place.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54).unwrap_or(0);
    tries
        .last_unix_micros
        .saturating_add(wait + wait * spread / 4_096)
}

/// What becomes of a notice, given how sending it went and how it was tried before.
#[must_use]
pub fn outcome(sent: Sent, before: Option<Tries>, now_unix_micros: i64) -> Outcome {
    let since = before.map_or(now_unix_micros, |before| before.first_unix_micros);
    match sent {
        Sent::Taken => Outcome::Delivered,
        Sent::Refused(reason) => Outcome::Parked(reason),
        Sent::Failed(reason) if now_unix_micros - since >= TRIED_FOR_MICROS => Outcome::Parked(reason),
        Sent::Failed(reason) => Outcome::Failed(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(event: u64, subscription: u64) -> NoticeKey {
        NoticeKey {
            event,
            subscription,
            channel: Channel::Webhook,
        }
    }

    fn desk(keys: &[(u64, u64)]) -> Desk {
        let mut desk = Desk::default();
        desk.add(
            keys.iter()
                .map(|(event, subscription)| key(*event, *subscription))
                .collect(),
        );
        desk
    }

    #[test]
    fn one_who_is_told_gets_one_notice_after_another_and_others_do_not_wait_for_them() {
        let mut desk = desk(&[(1, 7), (2, 7), (3, 8)]);
        assert_eq!(desk.take_due(0), Some(key(1, 7)));
        assert_eq!(desk.take_due(0), Some(key(3, 8)));
        assert_eq!(desk.take_due(0), None, "the second waits for the first");
        desk.settle(key(1, 7));
        assert_eq!(desk.take_due(0), Some(key(2, 7)));
        desk.settle(key(2, 7));
        desk.settle(key(3, 8));
        assert_eq!((desk.held(), desk.last()), (0, Some(key(3, 8))));
    }

    #[test]
    fn a_notice_that_was_put_off_holds_back_what_follows_it() {
        let mut desk = desk(&[(1, 7), (2, 7)]);
        let first = desk.take_due(0).expect("due");
        desk.put_off(first, 100);
        assert_eq!(desk.take_due(99), None);
        assert_eq!(desk.take_due(100), Some(first));
    }

    #[test]
    fn waits_double_up_to_an_hour_and_are_spread_by_a_quarter_at_most() {
        let again = |attempts| {
            again_at(
                key(3, 4),
                Tries {
                    attempts,
                    first_unix_micros: 0,
                    last_unix_micros: 1_000,
                },
            )
        };
        for (attempts, seconds) in [(1, 5), (2, 10), (3, 20), (10, 2_560), (11, 3_600), (40, 3_600)] {
            let wait = again(attempts) - 1_000;
            assert!(
                (seconds * 1_000_000..=seconds * 1_250_000).contains(&wait),
                "{attempts}: {wait}"
            );
        }
    }

    #[test]
    fn what_fails_for_a_day_is_parked_and_what_is_refused_at_once() {
        let failed = || Sent::Failed("503".to_owned());
        let tries = |first_unix_micros| {
            Some(Tries {
                attempts: 30,
                first_unix_micros,
                last_unix_micros: first_unix_micros,
            })
        };
        assert_eq!(outcome(Sent::Taken, None, 5), Outcome::Delivered);
        assert_eq!(outcome(failed(), None, 5), Outcome::Failed("503".to_owned()));
        assert_eq!(
            outcome(failed(), tries(5), TRIED_FOR_MICROS),
            Outcome::Failed("503".to_owned())
        );
        assert_eq!(
            outcome(failed(), tries(5), TRIED_FOR_MICROS + 5),
            Outcome::Parked("503".to_owned())
        );
        let refused = Sent::Refused("gone".to_owned());
        assert_eq!(outcome(refused, None, 5), Outcome::Parked("gone".to_owned()));
    }
}
