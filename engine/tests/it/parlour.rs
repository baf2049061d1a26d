//! A small system to try the kernel with: guests who talk at random, and one host who keeps a book.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{
    Actor, ActorError, Addr, AtLimit, Ctx, Engine, Recording, RestartPolicy, SupervisionNotice, SystemEvent,
};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};

/// What guests and hosts share.
#[derive(Debug, Default)]
pub(crate) struct Mood {
    /// So many handlers that are asked to fail will.
    pub(crate) failures: AtomicU32,
}

impl Mood {
    fn fails(&self) -> bool {
        let take = |left: u32| left.checked_sub(1);
        self.failures
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

/// What is heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Heard {
    Word { guest: u32, word: u64 },
    Noted { lines: u64, newcomer: Option<u32> },
    Left { guest: u32 },
    Restarted { kind: String },
    GivenUp { kind: String },
}

impl SystemEvent for Heard {
    fn of_supervision(notice: SupervisionNotice) -> Option<Self> {
        Some(match notice {
            SupervisionNotice::Restarted { kind, .. } => Self::Restarted {
                kind: kind.to_owned(),
            },
            SupervisionNotice::GivenUp { kind, .. } => Self::GivenUp {
                kind: kind.to_owned(),
            },
        })
    }
}

/// What a guest understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum GuestMessage {
    /// Says the word, then sends each its own way.
    Say {
        word: u64,
        then: Vec<(u64, Addr<Guest>, u64)>,
    },
    /// Says something at random, so often, to anyone of so many guests.
    Chatter { left: u32, guests: u32 },
    /// Says a word, brings a friend, and fails if the mood is so.
    Stumble { word: u64 },
    /// Answers without end, at this instant.
    Echo,
    /// Goes.
    Leave,
    /// Asks a friend in but never brings one.
    Forget,
}

/// A guest: one of many.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Guest {
    pub(crate) said: u64,
    random: RandomStream,
}

impl Guest {
    pub(crate) fn new(number: u64) -> Self {
        Self {
            said: 0,
            random: RandomStream::new(5, number),
        }
    }

    fn say(&mut self, word: u64, ctx: &mut Ctx<'_, Parlour>) {
        self.said += 1;
        let guest = ctx.me::<Self>().index();
        ctx.emit(Heard::Word { guest, word });
    }

    fn chatter(&mut self, left: u32, guests: u32, ctx: &mut Ctx<'_, Parlour>) {
        let word = self.random.bits() % 1_000;
        self.say(word, ctx);
        if left == 0 {
            return;
        }
        for _ in 0..1 + self.random.index(2) {
            let to = guest(u32::try_from(self.random.index(guests as usize)).expect("few"));
            let delay = SimDuration::from_micros(self.random.index(4) as u64);
            let left = left - 1;
            ctx.send_in(delay, to, GuestMessage::Chatter { left, guests });
        }
        ctx.send(
            HOST,
            HostMessage::Note {
                brings: word.is_multiple_of(3),
            },
        );
    }
}

impl Actor for Guest {
    type System = Parlour;
    type Message = GuestMessage;
    const RESTART: RestartPolicy = RestartPolicy {
        restarts_max: 2,
        within: SimDuration::from_secs(1),
        at_limit: AtLimit::StopActor,
    };

    fn handle(&mut self, message: GuestMessage, ctx: &mut Ctx<'_, Parlour>) -> Result<(), ActorError> {
        match message {
            GuestMessage::Say { word, then } => {
                self.say(word, ctx);
                for (delay, to, word) in then {
                    let say = GuestMessage::Say { word, then: vec![] };
                    ctx.send_in(SimDuration::from_micros(delay), to, say);
                }
            }
            GuestMessage::Chatter { left, guests } => self.chatter(left, guests, ctx),
            GuestMessage::Stumble { word } => {
                self.say(word, ctx);
                ctx.spawn(Self::new(word));
                assert!(!ctx.shared().fails(), "stumbled");
            }
            GuestMessage::Echo => ctx.send(ctx.me::<Self>(), GuestMessage::Echo),
            GuestMessage::Leave => ctx.stop(),
            GuestMessage::Forget => {
                let _: Addr<Self> = ctx.reserve();
            }
        }
        Ok(())
    }

    fn on_given_up(&self, _parked: &GuestMessage, ctx: &mut Ctx<'_, Parlour>) {
        let guest = ctx.me::<Self>().index();
        ctx.emit(Heard::Left { guest });
    }
}

/// The one host.
pub(crate) const HOST: Addr<Host> = Addr::first_tenant(0);

/// What a host understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum HostMessage {
    /// Writes a line, and lets a newcomer in who knows another from birth.
    Note { brings: bool },
    /// Writes a line, unless the mood is bad.
    NoteCarefully,
}

/// A host: the only one, with a long book.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Host {
    pub(crate) lines: u64,
    pub(crate) newcomers: Vec<Addr<Guest>>,
}

impl Actor for Host {
    type System = Parlour;
    type Message = HostMessage;
    const RESTART: RestartPolicy = RestartPolicy {
        restarts_max: 3,
        within: SimDuration::from_secs(1),
        at_limit: AtLimit::SkipMessage,
    };
    const RECORDING: Recording = Recording::Log;

    fn handle(&mut self, message: HostMessage, ctx: &mut Ctx<'_, Parlour>) -> Result<(), ActorError> {
        self.lines += 1;
        let mut newcomer = None;
        match message {
            HostMessage::Note { brings: true } => {
                let addr = ctx.reserve();
                ctx.spawn_at(addr, Guest::new(self.lines));
                self.newcomers.push(addr);
                newcomer = Some(addr.index());
            }
            HostMessage::Note { brings: false } => {}
            HostMessage::NoteCarefully if ctx.shared().fails() => {
                return Err(ActorError("ink spilt".to_owned()));
            }
            HostMessage::NoteCarefully => {}
        }
        let lines = self.lines;
        ctx.emit(Heard::Noted { lines, newcomer });
        Ok(())
    }

    fn on_given_up(&self, _parked: &HostMessage, ctx: &mut Ctx<'_, Parlour>) {
        ctx.emit(Heard::Noted {
            lines: u64::MAX,
            newcomer: None,
        });
    }
}

skyhaul_engine::system! {
    /// Guests and their host.
    pub(crate) system Parlour {
        shared: Mood,
        event: Heard,
        actors: ParlourActors { guests: Guest, hosts: Host },
        messages: ParlourMessage,
        spawned: ParlourSpawned,
    }
}

/// A parlour with a host and so many guests.
pub(crate) fn parlour(guests: u32) -> Engine<Parlour> {
    let mut engine = Engine::new(Arc::new(Mood::default()));
    engine.spawn(Host::default());
    for number in 0..guests {
        engine.spawn(Guest::new(u64::from(number)));
    }
    engine
}

/// The guest of that number.
pub(crate) fn guest(number: u32) -> Addr<Guest> {
    Addr::first_tenant(number)
}

/// An instant.
pub(crate) fn micros(micros: u64) -> SimTime {
    SimTime::from_micros(micros)
}
