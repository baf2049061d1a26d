//! Scripts: what clients ask from outside while a case runs, at any instant, sensible or not.

use std::fmt;

use skyhaul_actors::command::{
    Command, ConfirmationKind, ConfirmationRecord, DeliveryRequest, Operation, PackageRecord, PackageSize,
    Place, RescheduleChanges, Traced,
};
use skyhaul_actors::environment::{Area, Zone, ZoneShape};
use skyhaul_actors::ids::{DeliveryId, DepotId, DroneId};
use skyhaul_actors::trace::TraceContext;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use super::draw::{Draw, Part};
use super::reduction::{Dimension, Reduction};

/// Most commands of a case: enough to meet each other, few enough to be read.
const COMMANDS_MAX: u32 = 60;

/// Clients name places up to this share of the area's radius away from its centre: some are outside.
const OUTER_SHARE: f64 = 1.1;

/// A pickup lies at most this far in the future.
const PICKUP_IN_MAX: SimDuration = SimDuration::from_mins(45);

/// Most commands about zones.
const ZONE_COMMANDS_MAX: u32 = 8;

/// Most things that operators ask.
const OPERATIONS_MAX: u32 = 6;

/// A depot that an operator grounds is released at most this much later.
const GROUNDED_MAX: SimDuration = SimDuration::from_mins(30);

/// Zones that come up begin and end at most this much later.
const POP_UP_MAX: SimDuration = SimDuration::from_mins(40);

const MASSES_KG: [f64; 6] = [0.0, 0.1, 0.5, 1.5, 4.0, 60.0];

/// A command with the instant at which it takes effect.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scripted {
    pub(super) at: SimTime,
    pub(super) command: Command,
    /// Where set, the command is about the delivery that was requested so many before the newest one at that instant; which that is shows
    /// when it runs.
    pub(super) aim: Option<usize>,
}

/// The script of a case.
pub(super) fn draw(seed: u64, area: &Area, duration: SimDuration, reduction: &Reduction) -> Vec<Scripted> {
    let mut draw = Draw::new(seed, Part::Commands);
    let count = if draw.chance(0.3) {
        0
    } else {
        draw.whole(1..=COMMANDS_MAX)
    };
    let mut clients = Clients {
        draw,
        area: *area,
        requests: Vec::new(),
    };
    let mut at = SimTime::from_micros(1);
    let mut script: Vec<Scripted> = (0..count)
        .map(|_| {
            // Some come in one instant.
            if clients.draw.chance(0.8) {
                at = SimTime::from_micros(1) + clients.draw.span(duration);
            }
            clients.ask(at)
        })
        .collect();
    script.extend(draw_zones(seed, area, duration));
    script.extend(draw_operations(seed, duration));
    ask_for_confirmations(seed, &mut script);
    trace_some(seed, &mut script);
    let left = reduction.range(Dimension::Commands, script.len());
    script = script.drain(left).collect();
    script.sort_by_key(|scripted| scripted.at);
    script
}

/// Zones that are declared and lifted while the case runs, sensible or not.
fn draw_zones(seed: u64, area: &Area, duration: SimDuration) -> Vec<Scripted> {
    let mut draw = Draw::new(seed, Part::Rezoning);
    let count = if draw.chance(0.6) {
        0
    } else {
        draw.whole(1..=ZONE_COMMANDS_MAX)
    };
    let mut scripted = Vec::new();
    for _ in 0..count {
        let at = SimTime::from_micros(1) + draw.span(duration);
        // Few names, so that some are taken, and some that are lifted were never declared.
        let name = format!("pop-up {}", draw.whole(0..=3));
        let command = if draw.chance(0.3) {
            Command::LiftZone { name }
        } else {
            Command::DeclareZone {
                zone: pop_up(&mut draw, area, name, at),
            }
        };
        scripted.push(Scripted {
            at,
            command,
            aim: None,
        });
    }
    scripted
}

/// What operators ask while the case runs: to ground and release depots, and to call drones home, of which some are not there.
fn draw_operations(seed: u64, duration: SimDuration) -> Vec<Scripted> {
    let mut draw = Draw::new(seed, Part::Operations);
    let count = if draw.chance(0.6) {
        0
    } else {
        draw.whole(1..=OPERATIONS_MAX)
    };
    let mut scripted = Vec::new();
    for _ in 0..count {
        let at = SimTime::from_micros(1) + draw.span(duration);
        let depot = DepotId(draw.one_of(&[0, 0, 0, 1, 2]));
        let mut aim = None;
        let command = match draw.whole(0..=5) {
            0 => Command::GroundDepot { depot },
            1 => Command::AcknowledgeAlert { alert: 0 },
            2 | 3 => {
                aim = Some(draw.index(4));
                Command::ReleaseDelivery {
                    delivery: DeliveryId(0),
                }
            }
            _ => Command::RecallDrone {
                drone: DroneId(draw.whole(0..=9)),
            },
        };
        let is_grounded = matches!(command, Command::GroundDepot { .. });
        scripted.push(Scripted {
            aim,
            ..operated(at, command)
        });
        if is_grounded {
            let released_at = (at + draw.span(GROUNDED_MAX)).min(SimTime::ZERO + duration);
            scripted.push(operated(released_at, Command::ReleaseDepot { depot }));
        }
    }
    scripted
}

/// Some requests ask for what the confirmations of a script are.
fn ask_for_confirmations(seed: u64, script: &mut [Scripted]) {
    let mut draw = Draw::new(seed, Part::Confirmations);
    for scripted in script {
        if let Command::RequestDelivery(request) = &mut scripted.command
            && draw.chance(0.4)
        {
            request.confirmation = ConfirmationKind::Picture;
        }
    }
}

/// Some clients say to which trace of theirs a command belongs.
fn trace_some(seed: u64, script: &mut [Scripted]) {
    let mut draw = Draw::new(seed, Part::Traces);
    for scripted in script {
        if draw.chance(0.1) {
            let context = TraceContext {
                trace: draw.bits().max(1),
                span: 1,
                flags: 1,
            };
            let command = scripted.command.clone();
            scripted.command = Command::Traced(Box::new(Traced { context, command }));
        }
    }
}

fn operated(at: SimTime, command: Command) -> Scripted {
    let operation = Operation {
        by: "operator".to_owned(),
        at_unix_micros: 0,
        command,
    };
    Scripted {
        at,
        command: Command::Operate(Box::new(operation)),
        aim: None,
    }
}

fn pop_up(draw: &mut Draw, area: &Area, name: String, at: SimTime) -> Zone {
    let shape = ZoneShape::Circle {
        centre: draw.place(area.centre, area.radius_m),
        radius_m: draw.number(20.0..=area.radius_m / 3.0),
    };
    Zone {
        from: draw.chance(0.3).then(|| at + draw.span(POP_UP_MAX)),
        until: draw.chance(0.7).then(|| at + draw.span(POP_UP_MAX)),
        ..Zone::permanent(name, shape)
    }
}

/// All clients together, with what they requested so far.
struct Clients {
    draw: Draw,
    area: Area,
    requests: Vec<DeliveryRequest>,
}

impl Clients {
    fn ask(&mut self, at: SimTime) -> Scripted {
        let (command, aim) = match self.draw.whole(0..=19) {
            0..=5 => (self.request(at), None),
            6 => (self.repeat(at), None),
            7..=10 => self.about(Command::CancelDelivery {
                delivery: DeliveryId(0),
            }),
            11..=17 => {
                let changes = self.changes(at);
                self.about(Command::RescheduleDelivery {
                    delivery: DeliveryId(0),
                    changes,
                })
            }
            18 => (Command::RecordPackage(self.package()), None),
            _ => {
                let confirmation = self.confirmation();
                self.about(Command::RecordConfirmation(confirmation))
            }
        };
        Scripted { at, command, aim }
    }

    fn request(&mut self, at: SimTime) -> Command {
        let request = DeliveryRequest {
            delivery: DeliveryId(self.draw.bits()),
            owner: "client".to_owned(),
            account: None,
            pickup: self.place(),
            dropoff: self.place(),
            pickup_at: self.instant(at),
            deadline: self.draw.chance(0.3).then(|| self.instant(at)),
            expedited: self.draw.chance(0.3),
            confirmation: ConfirmationKind::None,
            package: self.package(),
            idempotency: None,
        };
        self.requests.push(request.clone());
        Command::RequestDelivery(request)
    }

    /// An earlier request again, perhaps with another place, perhaps after it ended.
    fn repeat(&mut self, at: SimTime) -> Command {
        if self.requests.is_empty() {
            return self.request(at);
        }
        let index = self.draw.index(self.requests.len());
        let mut request = self.requests[index].clone();
        if self.draw.chance(0.5) {
            request.dropoff = self.place();
        }
        Command::RequestDelivery(request)
    }

    /// The command, about a client's delivery, any delivery, or one that nobody ever heard of.
    fn about(&mut self, mut command: Command) -> (Command, Option<usize>) {
        let kind = self.draw.whole(0..=9);
        if kind <= 4 {
            return (command, Some(self.draw.index(8)));
        }
        let delivery = if kind <= 8 && !self.requests.is_empty() {
            self.requests[self.draw.index(self.requests.len())].delivery
        } else {
            DeliveryId(self.draw.bits())
        };
        direct(&mut command, delivery);
        (command, None)
    }

    fn changes(&mut self, at: SimTime) -> RescheduleChanges {
        RescheduleChanges {
            pickup: self.draw.chance(0.4).then(|| self.place()),
            dropoff: self.draw.chance(0.4).then(|| self.place()),
            deadline: self.draw.chance(0.2).then_some(None),
            pickup_at: self.draw.chance(0.4).then(|| self.instant(at)),
        }
    }

    fn package(&mut self) -> PackageRecord {
        PackageRecord {
            label: "parcel".to_owned(),
            owner: None,
            size: PackageSize::Small,
            weight: Kilograms::new(self.draw.one_of(&MASSES_KG)),
            tag: None,
        }
    }

    fn confirmation(&mut self) -> ConfirmationRecord {
        ConfirmationRecord {
            delivery: DeliveryId(0),
            kind: ConfirmationKind::Picture,
            given_at_unix_micros: None,
            place: Some(self.place()),
            blob_digest: [0; 32],
            blob_bytes: 0,
        }
    }

    fn place(&mut self) -> Place {
        let radius_m = self.area.radius_m * OUTER_SHARE;
        Place::on_ground(self.draw.place(self.area.centre, radius_m))
    }

    /// Now, in the past, or in the future.
    fn instant(&mut self, at: SimTime) -> SimTime {
        match self.draw.whole(0..=3) {
            0 => SimTime::ZERO,
            1 => at + self.draw.span(PICKUP_IN_MAX),
            _ => at,
        }
    }
}

/// Makes the command be about this delivery.
pub(super) fn direct(command: &mut Command, to: DeliveryId) {
    match command {
        Command::CancelDelivery { delivery }
        | Command::ReleaseDelivery { delivery }
        | Command::RescheduleDelivery { delivery, .. } => *delivery = to,
        Command::RecordConfirmation(confirmation) => confirmation.delivery = to,
        Command::RequestNotification(request) => request.delivery = to,
        Command::RequestDelivery(request) => request.delivery = to,
        Command::Operate(operation) => direct(&mut operation.command, to),
        Command::Traced(traced) => direct(&mut traced.command, to),
        Command::RecordPackage(_)
        | Command::DeclareZone { .. }
        | Command::LiftZone { .. }
        | Command::RecallDrone { .. }
        | Command::GroundDepot { .. }
        | Command::ReleaseDepot { .. }
        | Command::ChangeAccount(_)
        | Command::RetryDelivery { .. }
        | Command::AcknowledgeAlert { .. }
        | Command::ErasePerson { .. } => {}
    }
}

impl fmt::Display for Scripted {
    /// One line to read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {} s: ", self.at)?;
        self.tell(&self.command, f)
    }
}

impl Scripted {
    fn tell(&self, command: &Command, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match command {
            Command::RequestDelivery(request) => write!(
                f,
                "request {} of {} kg from {} to {}, not before {} s",
                request.delivery,
                request.package.weight,
                Point(&request.pickup),
                Point(&request.dropoff),
                request.pickup_at
            ),
            Command::CancelDelivery { delivery } => write!(f, "cancel {}", self.target(*delivery)),
            Command::RescheduleDelivery { delivery, changes } => {
                write!(f, "reschedule {}", self.target(*delivery))?;
                if let Some(pickup) = &changes.pickup {
                    write!(f, ", from {}", Point(pickup))?;
                }
                if let Some(dropoff) = &changes.dropoff {
                    write!(f, ", to {}", Point(dropoff))?;
                }
                if let Some(pickup_at) = changes.pickup_at {
                    write!(f, ", not before {pickup_at} s")?;
                }
                Ok(())
            }
            Command::RecordPackage(package) => write!(f, "record a package of {} kg", package.weight),
            Command::RequestNotification(request) => {
                write!(f, "tell somebody of {}", self.target(request.delivery))
            }
            Command::RecordConfirmation(confirmation) => {
                write!(f, "confirm {}", self.target(confirmation.delivery))
            }
            Command::DeclareZone { zone } => {
                let until = zone
                    .until
                    .map_or_else(|| "for ever".to_owned(), |until| format!("until {until} s"));
                write!(f, "declare {} {until}: {:?}", zone.name, zone.shape)
            }
            Command::LiftZone { name } => write!(f, "lift {name}"),
            Command::RecallDrone { drone } => write!(f, "recall {drone}"),
            Command::GroundDepot { depot } => write!(f, "ground depot {}", depot.0),
            Command::ReleaseDepot { depot } => write!(f, "release depot {}", depot.0),
            Command::ChangeAccount(record) => write!(f, "change account {}", record.account),
            Command::Operate(operation) => {
                write!(f, "{}: ", operation.by)?;
                self.tell(&operation.command, f)
            }
            Command::Traced(traced) => {
                f.write_str("traced: ")?;
                self.tell(&traced.command, f)
            }
            Command::ReleaseDelivery { delivery } => write!(f, "release {}", self.target(*delivery)),
            Command::RetryDelivery { delivery, request } => {
                write!(f, "retry {delivery} as {}", request.delivery)
            }
            Command::AcknowledgeAlert { alert } => write!(f, "acknowledge alert {alert}"),
            Command::ErasePerson { owner } => write!(f, "erase {owner}"),
        }
    }

    /// The delivery it is about, as far as that is known before it runs.
    fn target(&self, named: DeliveryId) -> String {
        match self.aim {
            Some(0) => "the newest delivery".to_owned(),
            Some(aim) => format!("the delivery requested {aim} before the newest"),
            None => named.to_string(),
        }
    }
}

/// A place as latitude and longitude.
struct Point<'a>(&'a Place);

impl fmt::Display for Point<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.0.at.lat(), self.0.at.lon())
    }
}
