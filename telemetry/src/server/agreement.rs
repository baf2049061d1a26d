//! Whoever does what the frames say holds what the server would draw: for random histories, views, gaps and reconnections, in both forms.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use proptest::prelude::*;
use serde_json::Value;
use skyhaul_actors::environment::{AircraftSpec, Environment};
use skyhaul_actors::event::{Event, Leg, LegPurpose, Waypoint};
use skyhaul_actors::ids::{AircraftId, DeliveryId, DepotId, DroneId};
use skyhaul_engine::geo::Position;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::{Kilograms, Metres, MetresPerSecond, WattHours};

use super::outbox::Form;
use super::picture::{Looking, Picture, ViewLimits};
use super::scope::{Mode, Scope};
use crate::clock::VirtualClock;
use crate::sample;
use crate::tiles::Bbox;
use crate::tracks::Tracks;
use crate::view::DroneView;

mod follower;

use self::follower::Follower;

/// Drones in a random world: few, so that they meet often.
const DRONES: u32 = 6;

const TICKS_PER_SECOND: u64 = 10;

/// A clock that the test sets.
#[derive(Default)]
struct Hand(AtomicU64);

impl VirtualClock for Hand {
    fn now(&self) -> SimTime {
        SimTime::from_micros(self.0.load(Ordering::Relaxed))
    }

    fn speed(&self) -> f64 {
        1.0
    }

    fn behind_s(&self) -> f64 {
        0.0
    }
}

/// Something that happens, to the world or to a client.
#[derive(Clone, Debug)]
enum Step {
    /// A drone takes off for such a way, which takes so many milliseconds: no faster than a frame can say.
    TakeOff(u32, [(i32, i32); 3], u64),
    /// It lands.
    Land(u32),
    /// It is out of order.
    Fail(u32),
    /// Its link is lost, or comes back.
    Link(u32),
    /// Time passes, in milliseconds.
    Pass(u64),
    /// The client looks elsewhere.
    Look(usize),
    /// The client is too slow at this tick.
    Skip,
    /// So many steps pass before it is the client's turn again.
    Wait(usize),
    /// The client says that it has not seen the last frames.
    Forget(u64),
    /// The client comes back on another socket.
    Return,
    /// The same, to a server that was restarted.
    ReturnAfterRestart,
}

fn step() -> impl Strategy<Value = Step> {
    let way = || [place(), place(), place()];
    prop_oneof![
        4 => (0..DRONES, way(), 200_000_u64..600_000).prop_map(|(drone, way, ms)| Step::TakeOff(drone, way, ms)),
        3 => (0..DRONES).prop_map(Step::Land),
        1 => (0..DRONES).prop_map(Step::Fail),
        3 => (0..DRONES).prop_map(Step::Link),
        3 => (0_u64..200_000).prop_map(Step::Pass),
        2 => (0_usize..views().len()).prop_map(Step::Look),
        2 => Just(Step::Skip),
        1 => (1_usize..6).prop_map(Step::Wait),
        1 => (20_usize..25).prop_map(Step::Wait),
        1 => (0_u64..3).prop_map(Step::Forget),
        1 => Just(Step::Return),
        1 => Just(Step::ReturnAfterRestart),
    ]
}

/// How many drones are told one by one: all, or now and then too many.
fn limits() -> impl Strategy<Value = ViewLimits> {
    prop_oneof![
        Just(ViewLimits::default()),
        (3..8_usize, 1..3_usize).prop_map(|(most, less)| ViewLimits {
            most,
            again: most - less,
        }),
    ]
}

/// Hundredths of a degree of latitude and longitude from a corner of the map.
fn place() -> impl Strategy<Value = (i32, i32)> {
    (0..30, 0..30)
}

fn at((north, east): (i32, i32)) -> Position {
    Position::new(43.6 + f64::from(north) / 100.0, 11.1 + f64::from(east) / 100.0).expect("on the sphere")
}

/// What clients look at.
fn views() -> Vec<Scope> {
    let within = |bbox| Scope::Within(Bbox::new(bbox).expect("a part of the map"));
    vec![
        Scope::All,
        within([11.1, 43.6, 11.2, 43.7]),
        within([11.15, 43.65, 11.3, 43.8]),
        within([11.3, 43.8, 11.31, 43.81]),
        within([-180.0, -85.0, 180.0, 85.0]),
        Scope::Depot(DepotId(0)),
        Scope::Drone(DroneId(1)),
    ]
}

/// A world that the test makes up.
struct Sky {
    environment: Arc<Environment>,
    tracks: Arc<RwLock<Tracks>>,
    clock: Arc<Hand>,
    picture: Picture,
    _looking: Looking,
    next_event: u64,
}

impl Sky {
    fn new(limits: ViewLimits) -> Self {
        let environment = Arc::new(sample::environment());
        let tracks = Arc::new(RwLock::new(Tracks::new(Arc::clone(&environment))));
        let clock = Arc::new(Hand::default());
        let mut picture = Picture::new(
            Arc::clone(&environment),
            Arc::clone(&tracks),
            Arc::clone(&clock) as Arc<dyn VirtualClock>,
        );
        picture.limits = limits;
        let mut sky = Self {
            environment,
            tracks,
            clock,
            _looking: picture.look(),
            picture,
            next_event: 0,
        };
        for drone in 0..DRONES {
            let spec: &AircraftSpec = sky.environment.aircraft(AircraftId(0));
            let battery = spec.battery_capacity;
            sky.tell(Event::DroneCommissioned {
                drone: DroneId(drone),
                depot: DepotId(u16::from(drone % 2 == 1)),
                aircraft: AircraftId(0),
                at: at((i32::try_from(drone).expect("few") * 5, 3)),
                battery,
                speed_max: MetresPerSecond::new(30.0),
            });
        }
        sky.picture.advance();
        sky
    }

    fn tell(&mut self, event: Event) {
        self.tracks.write().apply(&Numbered {
            number: self.next_event,
            at: self.clock.now(),
            event,
        });
        self.next_event += 1;
    }

    fn take_off(&mut self, drone: DroneId, way: [(i32, i32); 3], ms: u64) {
        let now = self.clock.now();
        let point = |n: usize, share: u64| Waypoint {
            at: at(way[n]),
            altitude: Metres::new(if n == 1 { 60.0 } else { 0.0 }),
            time: SimTime::from_micros(now.micros() + ms * 1_000 * share / 2),
        };
        self.tell(Event::LegStarted(Arc::new(Leg {
            drone,
            delivery: ms
                .is_multiple_of(2)
                .then_some(DeliveryId(u128::from(ms) << 64 | 7)),
            purpose: LegPurpose::Reposition,
            path: vec![point(0, 0), point(1, 1), point(2, 2)],
            distance: Metres::new(1_000.0),
            payload: Kilograms::ZERO,
            energy: WattHours::new(12.345),
            battery: WattHours::new(400.0),
        })));
    }

    fn land(&mut self, drone: DroneId) {
        let Some(leg) = self.tracks.read().leg(drone).cloned() else {
            return;
        };
        let at = crate::tracks::motion::along(&leg, self.clock.now()).at;
        self.tell(Event::LegEnded {
            drone,
            delivery: leg.delivery,
            at,
            battery: leg.battery - leg.energy,
        });
    }

    fn view(&self, drone: DroneId) -> DroneView {
        let view = self.tracks.read().drone(drone, self.clock.now());
        view.expect("it is known")
    }

    fn change_link(&mut self, drone: DroneId) {
        let DroneView { is_stale, at, .. } = self.view(drone);
        self.tell(if is_stale {
            Event::LinkRestored { drone }
        } else {
            Event::LinkLost { drone, at }
        });
    }

    fn fail(&mut self, drone: DroneId) {
        let at = self.view(drone).at;
        self.tell(Event::DroneFailed {
            drone,
            reason: skyhaul_actors::event::DroneFailure::Mechanical,
            at,
        });
    }
}

/// Whether a scope shows a drone, wherever it may be told of besides.
fn is_in(scope: &Scope, drone: &DroneView) -> bool {
    match scope {
        Scope::All => true,
        Scope::Depot(depot) => drone.depot == *depot,
        Scope::Drone(only) => drone.drone == *only,
        Scope::Within(bbox) => bbox.contains(drone.at),
    }
}

/// What a client holds is what the tracks say: every drone that is in its view is there, where it is or with where it goes.
fn is_true(held: &Follower, sky: &Sky) {
    let known = held.known();
    let (tracks, now) = (sky.tracks.read(), sky.clock.now());
    let seen: Vec<_> = tracks
        .drones(now)
        .filter(|drone| is_in(&held.scope, drone))
        .collect();
    for drone in &seen {
        let said = known.get(&drone.drone.to_string());
        let said = said.unwrap_or_else(|| panic!("{} is in view", drone.drone));
        let number = |value: &Value| value.as_f64().expect("a number");
        let (place, expected) = match said["path"].as_array() {
            Some(path) => {
                let end = path.last().expect("it leads somewhere");
                let leg = tracks.leg(drone.drone).expect("it flies");
                (
                    (number(&end[0]), number(&end[1])),
                    leg.path[leg.path.len() - 1].at,
                )
            }
            None => ((number(&said["latitude"]), number(&said["longitude"])), drone.at),
        };
        let off = (place.0 - expected.lat())
            .abs()
            .max((place.1 - expected.lon()).abs());
        assert!(off < 1e-6, "{} is at {expected:?}, not {said}", drone.drone);
    }
    if !matches!(held.scope, Scope::Within(_)) {
        assert_eq!(known.len(), seen.len());
    }
}

/// What a client holds is what a newcomer is told. Who was told counts is told of changes once a second, and counts for a while yet where a newcomer
/// is told each drone.
fn holds_what_is_told(follower: &Follower, sky: &Sky, step: &Step) {
    let newcomer = follower.newcomer(&sky.picture);
    assert!(
        follower.counts.is_some() || newcomer.counts.is_none(),
        "there are too many after {step:?}"
    );
    if follower.counts.is_none() {
        assert_eq!(follower.known(), newcomer.known(), "after {step:?}");
        is_true(follower, sky);
    }
}

/// After a second in which nothing happened, counts are those that a newcomer is told, or would be, were there a few more.
fn ends_with_what_is_told(follower: &mut Follower, sky: &Sky) {
    follower.listen(&sky.picture);
    let newcomer = follower.newcomer(&sky.picture);
    if follower.counts.is_some() && newcomer.counts.is_none() {
        assert!(sky.picture.is_crowded(&follower.scope, true));
    } else {
        assert_eq!(
            (follower.known(), &follower.counts),
            (newcomer.known(), &newcomer.counts)
        );
    }
}

/// Both forms see the same drones, the binary one maybe some more that are near.
fn agree(json: &Follower, binary: &Follower, scope: &Scope) {
    assert_eq!(json.counts.is_some(), binary.counts.is_some());
    let (json, binary) = (json.known(), binary.known());
    for (drone, said) in &json {
        assert_eq!(binary.get(drone), Some(said), "of {drone}");
    }
    if !matches!(scope, Scope::Within(_)) {
        assert_eq!(json.len(), binary.len());
    }
}

fn follow(steps: &[Step], mode: Mode, limits: ViewLimits) {
    let mut sky = Sky::new(limits);
    let tick = sky.picture.tick();
    let mut followers = [Form::Json, Form::Binary].map(|form| Follower::new(form, mode, views()[1], tick));
    let mut waits = 0;
    for step in steps {
        let mut is_slow = false;
        match step {
            Step::TakeOff(drone, way, ms) => sky.take_off(DroneId(*drone), *way, *ms),
            Step::Land(drone) => sky.land(DroneId(*drone)),
            Step::Fail(drone) => sky.fail(DroneId(*drone)),
            Step::Link(drone) => sky.change_link(DroneId(*drone)),
            Step::Pass(ms) => {
                sky.clock.0.fetch_add(ms * 1_000, Ordering::Relaxed);
            }
            Step::Skip => is_slow = true,
            Step::Wait(steps) => waits = *steps,
            Step::Look(_) | Step::Forget(_) | Step::Return | Step::ReturnAfterRestart => {}
        }
        sky.picture.advance();
        let picture = &sky.picture;
        let has_turn = waits == 0;
        waits = waits.saturating_sub(1);
        for follower in &mut followers {
            match step {
                Step::Look(view) => follower.look(views()[*view], picture.tick()),
                Step::Forget(frames) => follower.forget(*frames, picture),
                Step::Return => follower.come_back(picture, picture.epoch()),
                Step::ReturnAfterRestart => follower.come_back(picture, !picture.epoch()),
                _ => {}
            }
            if is_slow {
                follower.skip(picture);
                continue;
            }
            if !has_turn {
                continue;
            }
            follower.listen(picture);
            holds_what_is_told(follower, &sky, step);
        }
        if let [json, binary] = &followers
            && !is_slow
            && has_turn
        {
            agree(json, binary, &json.scope);
        }
    }
    (0..2 * TICKS_PER_SECOND).for_each(|_| sky.picture.advance());
    for follower in &mut followers {
        ends_with_what_is_told(follower, &sky);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whoever_follows_the_legs_holds_what_the_server_would_draw(
        steps in proptest::collection::vec(step(), 1..60),
        limits in limits(),
    ) {
        follow(&steps, Mode::Legs, limits);
    }

    #[test]
    fn whoever_follows_the_positions_holds_what_the_server_would_draw(
        steps in proptest::collection::vec(step(), 1..60),
        limits in limits(),
    ) {
        follow(&steps, Mode::Positions, limits);
    }
}
