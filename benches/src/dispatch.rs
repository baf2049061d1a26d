//! Dispatch under load: many drones that stay where they served, requests from anywhere to anywhere in a square, on the kernel, decided by
//! the same policies as a scheduler's.
//!
//! Load is the rate of requests times the time that one binds a drone at the least (service and the way between two random points), divided
//! by the number of drones: what would be left to them if every next parcel lay where the last one was put down.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::dispatch::cost::{Offer, Urgency, of_drone};
use skyhaul_actors::dispatch::{Ask, Batches, Load, Pace, Pacing, PriceBook, Seat, Verdict, decide};
use skyhaul_actors::environment::{Dispatch, DispatchPolicy};
use skyhaul_engine::kernel::{Actor, ActorError, Ctx, Engine, RegionId};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::WattHours;

/// The mean way between two points of a square of side 1 (Ghosh 1951).
const MEAN_WAY: f64 = 0.521_405_433;

/// The experiment.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// How many drones.
    pub drones: u32,
    /// Side of the square, m.
    pub side_m: f64,
    /// How fast they fly, m/s.
    pub speed_mps: f64,
    /// What a request takes beside flying.
    pub service: SimDuration,
    /// Requests of so long are left out, until things have settled.
    pub settling: SimDuration,
    /// How long requests come.
    pub duration: SimDuration,
}

impl Experiment {
    /// As published: 200 drones, 15 km, 15 m/s, 120 s; four hours, the first left out.
    pub const PUBLISHED: Self = Self {
        drones: 200,
        side_m: 15_000.0,
        speed_mps: 15.0,
        service: SimDuration::from_secs(120),
        settling: SimDuration::from_mins(60),
        duration: SimDuration::from_mins(240),
    };

    /// Runs it once.
    ///
    /// # Panics
    /// Where the kernel halts, which it has no reason to.
    #[must_use]
    pub fn run(self, policy: DispatchPolicy, load: f64, seed: u64) -> Waits {
        let way_s = MEAN_WAY * self.side_m / self.speed_mps;
        let bound_s = way_s + self.service.as_seconds_f64();
        let gap_s = bound_s / (load * f64::from(self.drones));
        let mut engine = Engine::<Square>::new(Arc::new(Setting {
            experiment: self,
            policy,
            gap_s,
        }));
        let mut random = RandomStream::new(seed, 0);
        let drones = (0..self.drones).map(|_| Craft {
            at: self.anywhere(&mut random),
            free_at: SimTime::ZERO,
        });
        let centre = engine.spawn(Centre {
            drones: drones.collect(),
            waiting: Vec::new(),
            waits: Vec::new(),
            pacing: Pacing::default(),
            book: PriceBook::default(),
            is_due: false,
            random,
        });
        engine.inject(SimTime::ZERO, 0, centre, CentreMessage::RequestDue);
        engine
            .run_until(SimTime::ZERO + self.duration, &mut Vec::new())
            .expect("time moves with every event");
        let centre = engine
            .actors(RegionId(0))
            .centres
            .get(centre)
            .expect("nobody stops it");
        Waits::of(&centre.waits, centre.waiting.len())
    }

    fn anywhere(&self, random: &mut RandomStream) -> Point {
        Point {
            x: random.unit() * self.side_m,
            y: random.unit() * self.side_m,
        }
    }

    fn flight(&self, from: Point, to: Point) -> SimDuration {
        let (x, y) = (to.x - from.x, to.y - from.y);
        SimDuration::from_seconds_f64((x * x + y * y).sqrt() / self.speed_mps)
    }
}

/// How long requests waited, from being asked to a drone being there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waits {
    /// The mean, s.
    pub mean_s: f64,
    /// 95 of 100 waited no longer, s.
    pub p95_s: f64,
    /// How many there were.
    pub served: usize,
    /// How many still had no drone at the end.
    pub left: usize,
}

impl Waits {
    fn of(waits: &[SimDuration], left: usize) -> Self {
        let mut seconds: Vec<f64> = waits.iter().map(|wait| wait.as_seconds_f64()).collect();
        seconds.sort_by(f64::total_cmp);
        let count = seconds.len().max(1) as f64;
        Self {
            mean_s: seconds.iter().sum::<f64>() / count,
            p95_s: seconds.get(seconds.len() * 95 / 100).copied().unwrap_or(0.0),
            served: seconds.len(),
            left,
        }
    }

    /// The mean over runs.
    #[must_use]
    pub fn mean(runs: &[Self]) -> Self {
        let count = runs.len().max(1);
        let mean = |of: fn(&Self) -> f64| runs.iter().map(of).sum::<f64>() / count as f64;
        Self {
            mean_s: mean(|run| run.mean_s),
            p95_s: mean(|run| run.p95_s),
            served: runs.iter().map(|run| run.served).sum::<usize>() / count,
            left: runs.iter().map(|run| run.left).sum::<usize>() / count,
        }
    }
}

/// What does not change during a run.
#[derive(Debug)]
struct Setting {
    experiment: Experiment,
    policy: DispatchPolicy,
    /// From one request to the next, in the mean.
    gap_s: f64,
}

skyhaul_engine::system! {
    /// The experiment.
    system Square {
        shared: Setting,
        event: (),
        actors: SquareActors { centres: Centre },
        messages: SquareMessage,
        spawned: SquareSpawned,
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

/// A drone: from `free_at` on it stands at `at`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Craft {
    at: Point,
    free_at: SimTime,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Request {
    asked_at: SimTime,
    from: Point,
    to: Point,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum CentreMessage {
    RequestDue,
    DroneFree { drone: u32 },
    BatchDue,
}

/// Where requests come in and drones are given.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Centre {
    drones: Vec<Craft>,
    waiting: Vec<Request>,
    waits: Vec<SimDuration>,
    pacing: Pacing,
    book: PriceBook,
    /// Whether a batch is due.
    is_due: bool,
    random: RandomStream,
}

impl Actor for Centre {
    type System = Square;
    type Message = CentreMessage;

    fn handle(&mut self, message: CentreMessage, ctx: &mut Ctx<'_, Square>) -> Result<(), ActorError> {
        match message {
            CentreMessage::RequestDue => self.on_request_due(ctx),
            CentreMessage::DroneFree { drone } => self.on_drone_free(drone as usize, ctx),
            CentreMessage::BatchDue => self.on_batch_due(ctx),
        }
        Ok(())
    }
}

impl Centre {
    fn on_request_due(&mut self, ctx: &mut Ctx<'_, Square>) {
        let setting = ctx.shared_arc();
        let request = Request {
            asked_at: ctx.now(),
            from: setting.experiment.anywhere(&mut self.random),
            to: setting.experiment.anywhere(&mut self.random),
        };
        let gap = SimDuration::from_seconds_f64(self.random.exponential(setting.gap_s));
        ctx.send_in(gap, ctx.me::<Self>(), CentreMessage::RequestDue);
        let now = ctx.now();
        let nearest = (0..self.drones.len())
            .filter(|drone| self.drones[*drone].free_at <= now)
            .min_by_key(|drone| setting.experiment.flight(self.drones[*drone].at, request.from));
        match (self.pace(ctx), nearest) {
            (Pace::AtOnce, Some(drone)) => self.assign(request, drone, ctx),
            (pace, _) => {
                self.waiting.push(request);
                self.arm(pace, ctx);
            }
        }
    }

    fn on_drone_free(&mut self, drone: usize, ctx: &mut Ctx<'_, Square>) {
        if self.pace(ctx) == Pace::AtOnce && !self.waiting.is_empty() {
            let request = self.waiting.remove(0);
            self.assign(request, drone, ctx);
        }
    }

    fn on_batch_due(&mut self, ctx: &mut Ctx<'_, Square>) {
        self.is_due = false;
        // Those that the policy would give at once were left from when it would not.
        if let Pace::InBatches(batches) = self.pace(ctx) {
            self.match_waiting(batches, ctx);
        } else {
            self.match_waiting(
                Batches {
                    interval: SimDuration::ZERO,
                    neighbours: self.drones.len(),
                    lookahead: SimDuration::ZERO,
                },
                ctx,
            );
        }
        let pace = self.pace(ctx);
        self.arm(pace, ctx);
    }

    fn match_waiting(&mut self, batches: Batches, ctx: &mut Ctx<'_, Square>) {
        let now = ctx.now();
        let coming = |drone: &usize| self.drones[*drone].free_at <= now + batches.lookahead;
        let drones: Vec<usize> = (0..self.drones.len()).filter(coming).collect();
        let seat = |drone: &usize| Seat {
            drone: u32::try_from(*drone).unwrap_or(u32::MAX),
            is_free: self.drones[*drone].free_at <= now,
        };
        let seats: Vec<Seat> = drones.iter().map(seat).collect();
        let experiment = ctx.shared().experiment;
        let asks: Vec<Ask> = self
            .waiting
            .iter()
            .map(|request| self.ask(request, &drones, batches.neighbours, now, &experiment))
            .collect();
        let verdicts = decide(&seats, &asks, &mut self.book);
        let waiting = std::mem::take(&mut self.waiting);
        for (request, verdict) in waiting.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Drone(seat) => self.assign(request, drones[seat], ctx),
                Verdict::Wait | Verdict::Carrier => self.waiting.push(request),
            }
        }
    }

    fn ask(
        &self,
        request: &Request,
        drones: &[usize],
        neighbours: usize,
        now: SimTime,
        experiment: &Experiment,
    ) -> Ask {
        let mut near: Vec<(SimDuration, u32)> = (0..)
            .zip(drones)
            .map(|(seat, drone)| {
                let craft = self.drones[*drone];
                (
                    craft.free_at.since(now) + experiment.flight(craft.at, request.from),
                    seat,
                )
            })
            .collect();
        near.sort_unstable();
        near.truncate(neighbours);
        let urgency = Urgency {
            is_expedited: false,
            until_deadline: None,
            late_by: SimDuration::ZERO,
            waited: now.since(request.asked_at),
        };
        let way = experiment.flight(request.from, request.to);
        let offers = near.into_iter().map(|(pickup_in, seat)| {
            let offer = Offer {
                dropoff_in: pickup_in + experiment.service + way,
                afterwards: SimDuration::ZERO,
                energy: WattHours::ZERO,
            };
            (seat, of_drone(&offer, &urgency))
        });
        Ask {
            urgency,
            offers: offers.collect(),
            carrier: None,
            later: 0,
        }
    }

    fn assign(&mut self, request: Request, drone: usize, ctx: &mut Ctx<'_, Square>) {
        let experiment = ctx.shared().experiment;
        let craft = &mut self.drones[drone];
        let there_at = ctx.now() + experiment.flight(craft.at, request.from);
        craft.free_at = there_at + experiment.service + experiment.flight(request.from, request.to);
        craft.at = request.to;
        let drone = u32::try_from(drone).unwrap_or(u32::MAX);
        ctx.send_at(
            craft.free_at,
            ctx.me::<Self>(),
            CentreMessage::DroneFree { drone },
        );
        let is_counted = request.asked_at >= SimTime::ZERO + experiment.settling
            && there_at <= SimTime::ZERO + experiment.duration;
        if is_counted {
            self.waits.push(there_at.since(request.asked_at));
        }
    }

    fn pace(&mut self, ctx: &Ctx<'_, Square>) -> Pace {
        let load = Load {
            idle: self
                .drones
                .iter()
                .filter(|craft| craft.free_at <= ctx.now())
                .count(),
            fleet: self.drones.len(),
            waiting: self.waiting.len(),
        };
        let plan = Dispatch {
            policy: ctx.shared().policy,
            interval: INTERVAL,
            wait_max: SimDuration::ZERO,
            region_delay: SimDuration::ZERO,
            rebalance: None,
            confirmation_wait: SimDuration::from_mins(30),
        };
        self.pacing.pace(&plan, load)
    }

    /// Has a batch come, where some wait for one.
    fn arm(&mut self, pace: Pace, ctx: &mut Ctx<'_, Square>) {
        if let Pace::InBatches(batches) = pace
            && !self.is_due
            && !self.waiting.is_empty()
        {
            self.is_due = true;
            ctx.send_in(batches.interval, ctx.me::<Self>(), CentreMessage::BatchDue);
        }
    }
}

/// As published: every 10 s.
const INTERVAL: SimDuration = SimDuration::from_secs(10);
