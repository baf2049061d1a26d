//! A system that lives in several regions: neighbours who write to each other, and one who keeps an eye on another.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{
    Actor, ActorError, Addr, AtLimit, Ctx, EndReason, Ended, Engine, RegionId, Regions, RestartPolicy,
    SupervisionNotice, SystemEvent,
};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};

/// What a message between two regions takes at least.
pub(crate) const LOOKAHEAD: SimDuration = SimDuration::from_micros(50);

/// How the village is laid out.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) regions: u16,
    pub(crate) houses: u32,
}

/// What is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Read { region: u16, house: u32, left: u32 },
    Mourned { house: u32, reason: EndReason },
    Supervised,
}

impl SystemEvent for Heard {
    fn of_supervision(_: SupervisionNotice) -> Option<Self> {
        Some(Self::Supervised)
    }
}

/// What a neighbour understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum NeighbourMessage {
    /// Reads it and writes to so many more, anywhere.
    Letter { left: u32 },
    /// Keeps an eye on another from now on.
    Watch { whom: Addr<Neighbour> },
    /// Does so no more.
    Unwatch { whom: Addr<Neighbour> },
    /// Moves away.
    Move,
    /// Falls ill: the handler panics.
    Sicken,
}

/// A neighbour: one of many.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Neighbour {
    pub(crate) letters: u32,
    random: RandomStream,
}

impl Neighbour {
    fn write(&mut self, left: u32, ctx: &mut Ctx<'_, Village>) {
        let plan = ctx.shared();
        let region = RegionId(u16::try_from(self.random.index(usize::from(plan.regions))).expect("few"));
        let house = u32::try_from(self.random.index(plan.houses as usize)).expect("few");
        let delay = SimDuration::from_micros(self.random.index(150) as u64);
        let to = Addr::<Self>::first_tenant_in(region, house);
        ctx.send_in(delay, to, NeighbourMessage::Letter { left });
    }
}

impl Actor for Neighbour {
    type System = Village;
    type Message = NeighbourMessage;
    const RESTART: RestartPolicy = RestartPolicy {
        restarts_max: 5,
        within: SimDuration::from_secs(1),
        at_limit: AtLimit::StopActor,
    };

    fn handle(&mut self, message: NeighbourMessage, ctx: &mut Ctx<'_, Village>) -> Result<(), ActorError> {
        match message {
            NeighbourMessage::Letter { left } => {
                self.letters += 1;
                let (region, house) = (ctx.region().0, ctx.me::<Self>().index());
                ctx.emit(Heard::Read { region, house, left });
                for _ in 0..u32::from(left > 0) + u32::from(left > 0 && self.random.chance(0.3)) {
                    self.write(left - 1, ctx);
                }
            }
            NeighbourMessage::Watch { whom } => ctx.watch(whom),
            NeighbourMessage::Unwatch { whom } => ctx.unwatch(whom),
            NeighbourMessage::Move => ctx.stop(),
            NeighbourMessage::Sicken => panic!("ill"),
        }
        Ok(())
    }

    fn on_ended(&mut self, ended: Ended, ctx: &mut Ctx<'_, Village>) -> Result<(), ActorError> {
        ctx.emit(Heard::Mourned {
            house: ended.who.index(),
            reason: ended.reason,
        });
        Ok(())
    }

    fn shown(&self) -> String {
        format!("{} letters", self.letters)
    }
}

/// What the mayor understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum MayorMessage {
    /// Fails for good.
    Resign,
}

/// Without whom nothing goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Mayor;

impl Actor for Mayor {
    type System = Village;
    type Message = MayorMessage;
    const RESTART: RestartPolicy = RestartPolicy {
        restarts_max: 1,
        within: SimDuration::from_secs(1),
        at_limit: AtLimit::Escalate,
    };

    fn handle(
        &mut self,
        MayorMessage::Resign: MayorMessage,
        _: &mut Ctx<'_, Village>,
    ) -> Result<(), ActorError> {
        Err(ActorError("resigned".to_owned()))
    }
}

skyhaul_engine::system! {
    /// Neighbours and their mayor.
    pub(crate) system Village {
        shared: Plan,
        event: Heard,
        actors: VillageActors { neighbours: Neighbour, mayors: Mayor },
        messages: VillageMessage,
        spawned: VillageSpawned,
    }
}

/// A village of so many regions with so many houses each, and the mayor in the first.
pub(crate) fn village(regions: u16, houses: u32) -> Engine<Village> {
    let cut = Regions {
        count: regions,
        lookahead: LOOKAHEAD,
    };
    let mut engine = Engine::with_regions(Arc::new(Plan { regions, houses }), cut);
    engine.spawn(Mayor);
    for region in 0..regions {
        for house in 0..houses {
            let number = u64::from(region) << 32 | u64::from(house);
            engine.spawn_in(
                RegionId(region),
                Neighbour {
                    letters: 0,
                    random: RandomStream::new(3, number),
                },
            );
        }
    }
    engine
}

/// The neighbour in that house of that region.
pub(crate) const fn neighbour(region: u16, house: u32) -> Addr<Neighbour> {
    Addr::first_tenant_in(RegionId(region), house)
}

/// An instant.
pub(crate) const fn at(micros: u64) -> SimTime {
    SimTime::from_micros(micros)
}
