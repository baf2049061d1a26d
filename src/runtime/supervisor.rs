//! Supervisor: keeps a part of the living world alive. actix's own restarts an actor that stops itself, but not one that panics, and knows
//! neither limit nor back-off; this one rebuilds it from a factory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Arbiter, Context};
use futures_util::Stream;
use skyhaul_web::name_thread;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;

/// How often a part may be rebuilt, and how long it waits before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartPolicy {
    /// This many times,
    pub restarts_max: usize,
    /// counted within this much time; more, and the program gives up.
    pub within: Duration,
    /// The first wait; each further one within the time is twice as long.
    pub back_off: Duration,
}

/// For all parts: a fault that comes back at once is given up after about a minute, one that comes once an hour never is.
pub const RESTARTS: RestartPolicy = RestartPolicy {
    restarts_max: 8,
    within: Duration::from_mins(5),
    back_off: Duration::from_millis(100),
};

/// Why the program cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fatal {
    /// Which part.
    pub part: &'static str,
    /// What happened.
    pub reason: String,
    /// With which code it ends.
    pub exit: Exit,
}

/// Held by a part's actor; tells the supervisor that the actor is gone, however it went.
#[derive(Debug)]
pub struct Pulse {
    _alive: oneshot::Sender<()>,
}

#[cfg(test)]
impl Pulse {
    /// One that nobody listens to.
    pub(super) fn unheard() -> Self {
        Self {
            _alive: oneshot::channel().0,
        }
    }
}

/// Something to do: commands wait, time has passed, or it is the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake {
    /// Whether the part is to finish what it has and stop.
    pub is_last: bool,
}

/// How far apart two wakes of a part are at least that works off what others are told of already: where much comes, it comes together, and each
/// wake costs a turn of each part behind it. A part that was quiet is woken at once.
pub const APART: Duration = Duration::from_millis(5);

/// Wakes a part when it is notified, at least `apart` after the last time, when `every` has passed, and, a last time, when it is to stop.
pub fn wakes(
    notify: Arc<Notify>,
    (apart, every): (Duration, Duration),
    stop: CancellationToken,
) -> impl Stream<Item = Wake> {
    let begun = Some((notify, stop, Instant::now()));
    futures_util::stream::unfold(begun, move |state| async move {
        let (notify, stop, last) = state?;
        let is_notified = async {
            notify.notified().await;
            tokio::time::sleep_until(last + apart).await;
        };
        let is_last = tokio::select! {
            biased;
            () = stop.cancelled() => true,
            () = is_notified => false,
            () = tokio::time::sleep(every) => false,
        };
        let next = (!is_last).then(|| (notify, stop, Instant::now()));
        Some((Wake { is_last }, next))
    })
}

/// A part of the living world and how to make it.
pub struct Part<F> {
    /// Its name, for logs and metrics.
    pub name: &'static str,
    /// How often it may be rebuilt.
    pub policy: RestartPolicy,
    /// Makes it.
    pub factory: F,
    /// When this is cancelled, its end is no failure.
    pub stop: CancellationToken,
    /// Told when it is given up.
    pub fatal: mpsc::UnboundedSender<Fatal>,
    /// Counts how often it was rebuilt.
    pub restarts: prometheus::IntCounter,
}

impl<F> Part<F> {
    /// Keeps the part alive on an arbiter (a thread) of its own, until it has stopped after being told to.
    pub async fn supervise<A>(self)
    where
        A: Actor<Context = Context<A>> + Send,
        F: Fn(Pulse) -> A + Clone + Send + 'static,
    {
        let arbiter = Arbiter::new();
        let name = self.name;
        arbiter.spawn_fn(move || name_thread(name));
        let mut deaths = VecDeque::new();
        loop {
            let (alive, gone) = oneshot::channel();
            let factory = self.factory.clone();
            A::start_in_arbiter(&arbiter.handle(), move |_| factory(Pulse { _alive: alive }));
            // The sender is never used: it ends the wait by being dropped with the actor.
            let _ = gone.await;
            if self.stop.is_cancelled() {
                break;
            }
            let Some(wait) = next_wait(&mut deaths, Instant::now(), self.policy) else {
                let reason = format!(
                    "failed more than {} times within {:?}",
                    self.policy.restarts_max, self.policy.within
                );
                // Nobody listens only when the program ends anyway.
                let _ = self.fatal.send(Fatal {
                    part: self.name,
                    reason,
                    exit: Exit::Broken,
                });
                break;
            };
            self.restarts.inc();
            tracing::error!(
                part = self.name,
                wait_ms = wait.as_millis(),
                "part failed and is rebuilt"
            );
            tokio::time::sleep(wait).await;
        }
        arbiter.stop();
    }
}

/// Notes a failure at `now`; the time to wait before rebuilding, or `None` where the policy gives up.
fn next_wait(deaths: &mut VecDeque<Instant>, now: Instant, policy: RestartPolicy) -> Option<Duration> {
    while deaths
        .front()
        .is_some_and(|death| now.duration_since(*death) > policy.within)
    {
        deaths.pop_front();
    }
    if deaths.len() >= policy.restarts_max {
        return None;
    }
    let wait = policy.back_off * (1 << deaths.len().min(16));
    deaths.push_back(now);
    Some(wait)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use actix::{AsyncContext as _, StreamHandler};

    use super::*;

    const POLICY: RestartPolicy = RestartPolicy {
        restarts_max: 3,
        within: Duration::from_secs(10),
        back_off: Duration::from_millis(1),
    };

    /// Panics at its first wake, as often as it is told to.
    struct Frail {
        _pulse: Pulse,
        lives: Arc<AtomicUsize>,
        panics: usize,
        notify: Arc<Notify>,
        stop: CancellationToken,
    }

    impl Actor for Frail {
        type Context = Context<Self>;
        fn started(&mut self, ctx: &mut Context<Self>) {
            ctx.add_stream(wakes(
                Arc::clone(&self.notify),
                (Duration::ZERO, Duration::from_millis(1)),
                self.stop.clone(),
            ));
        }
    }

    impl StreamHandler<Wake> for Frail {
        fn handle(&mut self, _: Wake, _: &mut Context<Self>) {
            if self.lives.load(Ordering::SeqCst) <= self.panics {
                panic!("a fault put here by a test");
            }
            self.stop.cancel();
        }
    }

    async fn run(panics: usize) -> (usize, Option<Fatal>) {
        let lives = Arc::new(AtomicUsize::new(0));
        let stop = CancellationToken::new();
        let (fatal, mut fatals) = mpsc::unbounded_channel();
        let factory = {
            let (lives, stop) = (Arc::clone(&lives), stop.clone());
            move |pulse| {
                lives.fetch_add(1, Ordering::SeqCst);
                Frail {
                    _pulse: pulse,
                    lives: Arc::clone(&lives),
                    panics,
                    notify: Arc::new(Notify::new()),
                    stop: stop.clone(),
                }
            }
        };
        let restarts = prometheus::IntCounter::new("restarts", "restarts").expect("a name");
        let part = Part {
            name: "frail",
            policy: POLICY,
            factory,
            stop,
            fatal,
            restarts,
        };
        part.supervise().await;
        (lives.load(Ordering::SeqCst), fatals.try_recv().ok())
    }

    #[actix_rt::test]
    async fn a_part_that_panics_is_rebuilt_until_it_holds() {
        assert_eq!(run(2).await, (3, None));
    }

    #[actix_rt::test]
    async fn a_part_that_panics_too_often_is_given_up() {
        let (lives, fatal) = run(usize::MAX).await;
        assert_eq!((lives, fatal.expect("given up").part), (4, "frail"));
    }

    #[test]
    fn waits_double_within_the_time_and_begin_again_after_it() {
        let mut deaths = VecDeque::new();
        let start = Instant::now();
        let waits: Vec<_> = (0..3).map(|_| next_wait(&mut deaths, start, POLICY)).collect();
        assert_eq!(waits, [1, 2, 4].map(|ms| Some(Duration::from_millis(ms))));
        assert_eq!(next_wait(&mut deaths, start, POLICY), None);
        let later = start + Duration::from_secs(11);
        assert_eq!(
            next_wait(&mut deaths, later, POLICY),
            Some(Duration::from_millis(1))
        );
    }
}
