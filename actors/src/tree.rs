//! The supervision tree: every type of actor, how often it may be restarted, and where the well-known ones live.
//!
//! ```text
//! World ─┬─ Demand      (one, in the first region)
//!        └─ Region…
//!            ├─ Ingestion ── Workflow, Delivery, Package   (three a request, gone when it ends)
//!            ├─ Scheduler
//!            ├─ Depot…     (one a depot)
//!            ├─ Drone…     (one a drone)
//!            └─ Carrier…   (an office of each carrier)
//! ```
//!
//! One of many that fails more often than its policy allows is stopped; one without which the world stands still passes over the message
//! it fails on. What either leaves behind is made good in its `on_given_up`.

use std::sync::Arc;

use skyhaul_engine::kernel::{
    Addr, AtLimit, RawAddr, RegionId, RestartPolicy, SupervisionNotice, SystemEvent,
};
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::airspace::Airspace;
use crate::atlas::Atlas;
use crate::carrier::Carrier;
use crate::delivery::Delivery;
use crate::demand::DemandSource;
use crate::depot::Depot;
use crate::drone::Drone;
use crate::environment::{Environment, WeatherAloft, Zone};
use crate::event::Event;
use crate::flight::Conditions;
use crate::ingestion::Ingestion;
use crate::package::Package;
use crate::scheduler::Scheduler;
use crate::workflow::Workflow;
use crate::zoning::ZoneRef;

skyhaul_engine::system! {
    /// The actors of a city and its fleet.
    pub system Skyhaul {
        shared: Surroundings,
        event: Event,
        actors: SkyhaulActors {
            ingestion: Ingestion,
            demand: DemandSource,
            scheduler: Scheduler,
            carriers: Carrier,
            depots: Depot,
            drones: Drone,
            workflows: Workflow,
            deliveries: Delivery,
            packages: Package,
        },
        messages: SkyhaulMessage,
        spawned: SkyhaulSpawned,
    }
}

/// What all actors may read.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The world as it was planned.
    pub environment: Arc<Environment>,
    /// Its zones, ready to be asked.
    pub airspace: Airspace,
    /// Where everything in it lives.
    pub atlas: Atlas,
    /// What flights go by that took off before the plan changed.
    former: Option<Former>,
}

/// Zones and weather as they were.
#[derive(Clone, Debug)]
struct Former {
    /// For flights that took off until then.
    until: SimTime,
    airspace: Airspace,
    /// How many zones were planned.
    planned: usize,
    weather: WeatherAloft,
}

impl Surroundings {
    /// The surroundings of a planned world.
    ///
    /// # Panics
    /// As [`Atlas::new`].
    #[must_use]
    pub fn new(environment: Arc<Environment>) -> Self {
        let airspace = Airspace::new(&environment);
        let atlas = Atlas::new(&environment);
        Self {
            environment,
            airspace,
            atlas,
            former: None,
        }
    }

    /// The surroundings of a world whose plan was changed at `until`.
    #[must_use]
    pub(crate) fn changed(environment: Arc<Environment>, former: &Environment, until: SimTime) -> Self {
        let former = Former {
            until,
            airspace: Airspace::new(former),
            planned: former.zones.len(),
            weather: former.weather.clone(),
        };
        Self {
            former: Some(former),
            ..Self::new(environment)
        }
    }

    /// Takes in zones that were declared, and those of any that were lifted, with when.
    pub(crate) fn rezone(&mut self, declared: &[Arc<Zone>], lifted: &[(ZoneRef, SimTime)]) {
        let planned = self.environment.zones.len();
        let former = self
            .former
            .as_mut()
            .map(|former| (&mut former.airspace, former.planned));
        for (airspace, planned) in [(&mut self.airspace, planned)].into_iter().chain(former) {
            airspace.declare(declared.iter().map(|zone| &**zone));
            for (zone, at) in lifted {
                airspace.lift(zone.place(planned), *at);
            }
        }
    }

    /// What a flight goes by that took off, or takes off, at `departs`.
    pub(crate) fn conditions(&self, departs: SimTime) -> Conditions<'_> {
        match &self.former {
            Some(former) if departs <= former.until => Conditions {
                airspace: former.airspace.known_at(departs),
                weather: &former.weather,
            },
            _ => Conditions {
                airspace: self.airspace.known_at(departs),
                weather: &self.environment.weather,
            },
        }
    }
}

/// For actors of which there is one and without which the world stands still. A hundred tries tell a message that can be handled from one
/// that cannot, also where every second handler fails by chance.
pub const RESTARTS_OF_ONE: RestartPolicy = RestartPolicy {
    restarts_max: 100,
    within: SimDuration::from_mins(1),
    at_limit: AtLimit::SkipMessage,
};

/// For actors of which there are many.
pub const RESTARTS_OF_MANY: RestartPolicy = RestartPolicy {
    restarts_max: 5,
    within: SimDuration::from_mins(1),
    at_limit: AtLimit::StopActor,
};

/// The one that makes requests by itself.
pub const DEMAND: Addr<DemandSource> = Addr::first_tenant(0);

impl SystemEvent for Event {
    fn of_supervision(notice: SupervisionNotice) -> Option<Self> {
        Some(match notice {
            SupervisionNotice::Restarted {
                kind,
                actor,
                name,
                cause,
            } => Self::ActorRestarted {
                actor: name.unwrap_or_else(|| place_name(kind, actor)),
                cause,
            },
            SupervisionNotice::GivenUp {
                kind,
                actor,
                name,
                cause,
            } => Self::ActorGivenUp {
                actor: name.unwrap_or_else(|| place_name(kind, actor)),
                cause,
            },
        })
    }
}

/// The name of an actor that has none of its own: its type and place, with its region beyond the first.
pub(crate) fn place_name(kind: &str, actor: RawAddr) -> String {
    let (kind, index) = (kind.to_ascii_lowercase(), actor.index());
    match actor.region() {
        RegionId(0) => format!("{kind}-{index}"),
        RegionId(region) => format!("{kind}-{region}/{index}"),
    }
}
