//! A network of queues: customers arrive at random, wait for one of several servers, and go on to the next station.
//!
//! A station with Poisson arrivals and exponential service is an M/M/c queue, whose mean wait Erlang gave in 1917; and what
//! leaves it is a Poisson stream again (Burke 1956), so in a tandem every station waits as if it stood alone (Jackson 1957).
//! The example prints both beside what was simulated, and its test requires that they agree.
//!
//! ```text
//! cargo run --release -p skyhaul-engine --example queueing
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Engine};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};

/// Customers that pass before anything is measured, until the first ones' empty stations are forgotten.
const WARM_UP: u64 = 20_000;

/// Customers whose waits make one mean. Waits of neighbours hang together; means of so many hardly do.
const BATCH: u64 = 20_000;

/// Means that are enough for Student's distribution below.
const BATCHES: usize = 30;

/// Student's t for 29 degrees of freedom: the true mean lies outside the interval in one of a thousand runs.
const STUDENT: f64 = 3.659;

/// Where customers come from.
#[derive(Clone, Serialize, Deserialize)]
struct Source {
    gap_mean_s: f64,
    to: Addr<Station>,
    random: RandomStream,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum SourceMessage {
    ArrivalDue,
}

impl Actor for Source {
    type System = Network;
    type Message = SourceMessage;

    fn handle(
        &mut self,
        SourceMessage::ArrivalDue: SourceMessage,
        ctx: &mut Ctx<'_, Network>,
    ) -> Result<(), ActorError> {
        ctx.send(self.to, StationMessage::Enter);
        let gap = SimDuration::from_seconds_f64(self.random.exponential(self.gap_mean_s));
        ctx.send_in(gap, ctx.me::<Self>(), SourceMessage::ArrivalDue);
        Ok(())
    }
}

/// A line of customers before several servers.
#[derive(Clone, Serialize, Deserialize)]
struct Station {
    servers: u32,
    busy: u32,
    service_mean_s: f64,
    /// When each customer in the line came, first come first.
    line: VecDeque<SimTime>,
    then: Option<Addr<Station>>,
    waits: Waits,
    random: RandomStream,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum StationMessage {
    /// A customer comes in.
    Enter,
    /// A server is done with one.
    ServiceDue,
}

impl Actor for Station {
    type System = Network;
    type Message = StationMessage;

    fn handle(&mut self, message: StationMessage, ctx: &mut Ctx<'_, Network>) -> Result<(), ActorError> {
        match message {
            StationMessage::Enter => self.on_enter(ctx),
            StationMessage::ServiceDue => self.on_service_due(ctx),
        }
        Ok(())
    }
}

impl Station {
    fn on_enter(&mut self, ctx: &mut Ctx<'_, Network>) {
        self.line.push_back(ctx.now());
        if self.busy < self.servers {
            self.busy += 1;
            self.serve_next(ctx);
        }
    }

    fn on_service_due(&mut self, ctx: &mut Ctx<'_, Network>) {
        if let Some(then) = self.then {
            ctx.send(then, StationMessage::Enter);
        }
        if self.line.is_empty() {
            self.busy -= 1;
        } else {
            self.serve_next(ctx);
        }
    }

    fn serve_next(&mut self, ctx: &mut Ctx<'_, Network>) {
        let Some(came_at) = self.line.pop_front() else {
            return;
        };
        self.waits.note(ctx.now().since(came_at).as_seconds_f64());
        let service = SimDuration::from_seconds_f64(self.random.exponential(self.service_mean_s));
        ctx.send_in(service, ctx.me::<Self>(), StationMessage::ServiceDue);
    }
}

skyhaul_engine::system! {
    /// Sources and stations.
    system Network {
        shared: (),
        event: (),
        actors: NetworkActors { sources: Source, stations: Station },
        messages: NetworkMessage,
        spawned: NetworkSpawned,
    }
}

/// The waits of a station's customers, as means of batches (Conway 1963).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Waits {
    customers: u64,
    sum_s: f64,
    means_s: Vec<f64>,
}

impl Waits {
    fn note(&mut self, wait_s: f64) {
        self.customers += 1;
        if self.customers <= WARM_UP || self.means_s.len() == BATCHES {
            return;
        }
        self.sum_s += wait_s;
        if (self.customers - WARM_UP).is_multiple_of(BATCH) {
            self.means_s.push(self.sum_s / BATCH as f64);
            self.sum_s = 0.0;
        }
    }

    /// The mean wait and half the width of its confidence interval, once all batches are full.
    fn estimate(&self) -> Option<(f64, f64)> {
        if self.means_s.len() < BATCHES {
            return None;
        }
        let count = self.means_s.len() as f64;
        let mean = self.means_s.iter().sum::<f64>() / count;
        let squares = self.means_s.iter().map(|batch| (batch - mean) * (batch - mean));
        let deviation = (squares.sum::<f64>() / (count - 1.0)).sqrt();
        Some((mean, STUDENT * deviation / count.sqrt()))
    }
}

/// A station of a tandem: how many servers, and how long one is busy with a customer in the mean.
#[derive(Clone, Copy, Debug)]
struct Plan {
    servers: u32,
    service_mean_s: f64,
}

impl Plan {
    /// The share of its servers that are busy, where customers come `arrivals_per_s`.
    fn utilisation(self, arrivals_per_s: f64) -> f64 {
        arrivals_per_s * self.service_mean_s / f64::from(self.servers)
    }

    /// The mean wait by Erlang's formula: C(c, a) / (c µ − λ), C from the recursion of the blocking probability B.
    fn wait_mean_s(self, arrivals_per_s: f64) -> f64 {
        let offered = arrivals_per_s * self.service_mean_s;
        let blocked = (1..=self.servers).fold(1.0, |blocked, server| {
            offered * blocked / (f64::from(server) + offered * blocked)
        });
        let utilisation = self.utilisation(arrivals_per_s);
        let waits = blocked / (1.0 - utilisation * (1.0 - blocked));
        waits / (f64::from(self.servers) / self.service_mean_s - arrivals_per_s)
    }
}

/// What a station of a tandem came to.
#[derive(Debug)]
struct Outcome {
    plan: Plan,
    /// Seconds, with half the width of the confidence interval.
    simulated: (f64, f64),
    expected_s: f64,
}

impl Outcome {
    fn agrees(&self) -> bool {
        let (mean, half_width) = self.simulated;
        (mean - self.expected_s).abs() <= half_width
    }
}

/// Runs stations one after the other until each has served enough customers.
fn run(seed: u64, arrivals_per_s: f64, plans: &[Plan]) -> Vec<Outcome> {
    let mut engine = Engine::<Network>::new(Arc::new(()));
    let addresses = |index: usize| Addr::first_tenant(u32::try_from(index).expect("a few stations"));
    let stations: Vec<Addr<Station>> = (0..plans.len()).map(addresses).collect();
    for (number, plan) in plans.iter().enumerate() {
        engine.spawn(Station {
            servers: plan.servers,
            busy: 0,
            service_mean_s: plan.service_mean_s,
            line: VecDeque::new(),
            then: stations.get(number + 1).copied(),
            waits: Waits::default(),
            random: RandomStream::new(seed, number as u64 + 1),
        });
    }
    let source = engine.spawn(Source {
        gap_mean_s: 1.0 / arrivals_per_s,
        to: stations[0],
        random: RandomStream::new(seed, 0),
    });
    engine.inject(SimTime::from_micros(1), 0, source, SourceMessage::ArrivalDue);
    let customers = WARM_UP + (BATCHES as u64 + 1) * BATCH;
    let enough = SimTime::ZERO + SimDuration::from_seconds_f64(customers as f64 / arrivals_per_s);
    engine
        .run_until(enough, &mut Vec::new())
        .expect("time moves with every customer");
    let outcome = |(plan, station): (&Plan, &Addr<Station>)| {
        let waits = &engine.get(*station)?.waits;
        Some(Outcome {
            plan: *plan,
            simulated: waits.estimate()?,
            expected_s: plan.wait_mean_s(arrivals_per_s),
        })
    };
    plans.iter().zip(&stations).filter_map(outcome).collect()
}

/// A station alone, from one server to many.
const ALONE: [(f64, Plan); 4] = [
    (
        0.8,
        Plan {
            servers: 1,
            service_mean_s: 1.0,
        },
    ),
    (
        1.5,
        Plan {
            servers: 2,
            service_mean_s: 1.0,
        },
    ),
    (
        4.0,
        Plan {
            servers: 5,
            service_mean_s: 1.0,
        },
    ),
    (
        18.0,
        Plan {
            servers: 20,
            service_mean_s: 1.0,
        },
    ),
];

/// Two stations one after the other, and how often a customer comes.
const TANDEM: (f64, [Plan; 2]) = (
    1.0,
    [
        Plan {
            servers: 1,
            service_mean_s: 0.7,
        },
        Plan {
            servers: 3,
            service_mean_s: 2.4,
        },
    ],
);

fn main() {
    println!("                arrivals/s  servers  busy   wait simulated, s     Erlang C, s");
    for (arrivals_per_s, plan) in ALONE {
        show("alone", arrivals_per_s, &run(1, arrivals_per_s, &[plan]));
    }
    let (arrivals_per_s, plans) = TANDEM;
    show("in tandem", arrivals_per_s, &run(1, arrivals_per_s, &plans));
}

fn show(name: &str, arrivals_per_s: f64, outcomes: &[Outcome]) {
    for outcome in outcomes {
        let Plan { servers, .. } = outcome.plan;
        let utilisation = outcome.plan.utilisation(arrivals_per_s);
        let (mean, half_width) = outcome.simulated;
        println!(
            "{name:14}{arrivals_per_s:12.1}{servers:9}{utilisation:6.2}{mean:12.4} ± {half_width:.4}{:14.4}   {}",
            outcome.expected_s,
            if outcome.agrees() { "agrees" } else { "DIFFERS" },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_station_alone_waits_as_erlang_says() {
        for (arrivals_per_s, plan) in ALONE {
            let outcomes = run(1, arrivals_per_s, &[plan]);
            assert_eq!(outcomes.len(), 1);
            assert!(outcomes.iter().all(Outcome::agrees), "{outcomes:?}");
        }
    }

    #[test]
    fn each_station_of_a_tandem_waits_as_if_it_stood_alone() {
        let (arrivals_per_s, plans) = TANDEM;
        let outcomes = run(1, arrivals_per_s, &plans);
        assert_eq!(outcomes.len(), plans.len());
        assert!(outcomes.iter().all(Outcome::agrees), "{outcomes:?}");
    }

    #[test]
    fn erlangs_formula_gives_what_is_known_for_one_server() {
        let plan = Plan {
            servers: 1,
            service_mean_s: 1.0,
        };
        // ρ / (µ − λ).
        assert!((plan.wait_mean_s(0.8) - 4.0).abs() < 1e-12);
    }
}
