//! The macro that names a system's actors once.

/// Makes a [`System`](crate::kernel::System) of a list of actors: its slabs, its message enum, its static dispatch.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use skyhaul_engine::kernel::{Actor, ActorError, Ctx, Engine};
/// use skyhaul_engine::time::{SimDuration, SimTime};
///
/// #[derive(Clone, Serialize, Deserialize)]
/// pub struct Lamp { blinks: u32 }
///
/// #[derive(Clone, Debug, Serialize, Deserialize)]
/// pub enum LampMessage { BlinkDue }
///
/// impl Actor for Lamp {
///     type System = Room;
///     type Message = LampMessage;
///     fn handle(&mut self, LampMessage::BlinkDue: LampMessage, ctx: &mut Ctx<'_, Room>) -> Result<(), ActorError> {
///         self.blinks += 1;
///         ctx.send_in(SimDuration::from_secs(1), ctx.me::<Lamp>(), LampMessage::BlinkDue);
///         Ok(())
///     }
/// }
///
/// skyhaul_engine::system! {
///     /// A room with lamps.
///     pub system Room {
///         shared: (),
///         event: (),
///         actors: RoomActors { lamps: Lamp },
///         messages: RoomMessage,
///         spawned: RoomSpawned,
///     }
/// }
///
/// let mut engine = Engine::<Room>::new(std::sync::Arc::new(()));
/// let lamp = engine.spawn(Lamp { blinks: 0 });
/// engine.inject(SimTime::from_micros(1), 0, lamp, LampMessage::BlinkDue);
/// engine.run_until(SimTime::from_micros(10_000_001), &mut Vec::new()).unwrap();
/// assert_eq!(engine.get(lamp).unwrap().blinks, 11);
/// ```
#[macro_export]
macro_rules! system {
    (
        $(#[$doc:meta])*
        $vis:vis system $name:ident {
            shared: $shared:ty,
            event: $event:ty,
            actors: $actors:ident { $($field:ident: $actor:ident),+ $(,)? },
            messages: $messages:ident,
            spawned: $spawned:ident $(,)?
        }
    ) => {
        $(#[$doc])*
        $vis enum $name {}

        /// The slabs, one for each type of actor.
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(bound = "")]
        $vis struct $actors {
            $(
                #[doc = concat!("All actors of type `", stringify!($actor), "`.")]
                pub $field: $crate::kernel::Slab<$actor>,
            )+
        }

        impl Default for $actors {
            fn default() -> Self {
                Self { $($field: $crate::kernel::Slab::default()),+ }
            }
        }

        /// Any actor's message.
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(bound = "")]
        $vis enum $messages {
            $(
                #[doc = concat!("For a `", stringify!($actor), "`.")]
                $actor(<$actor as $crate::kernel::Actor>::Message),
            )+
        }

        /// Any actor, on its way into its slab.
        $vis enum $spawned {
            $(
                #[doc = concat!("A `", stringify!($actor), "`.")]
                $actor($actor),
            )+
        }

        const _: () = {
            #[repr(u8)]
            enum Kind { $($actor),+ }

            impl $crate::kernel::System for $name {
                type Shared = $shared;
                type Event = $event;
                type Message = $messages;
                type Spawned = $spawned;
                type Actors = $actors;

                const KINDS: &'static [&'static str] = &[$(stringify!($actor)),+];
                const POLICIES: &'static [$crate::kernel::RestartPolicy] =
                    &[$(<$actor as $crate::kernel::Actor>::RESTART),+];

                #[inline(always)]
                fn dispatch(
                    actors: &mut $actors,
                    core: &mut $crate::kernel::Core<Self>,
                    to: $crate::kernel::RawAddr,
                    message: $messages,
                ) -> Result<(), $crate::kernel::Failed> {
                    match message {
                        $($messages::$actor(message) => $crate::kernel::deliver(&mut actors.$field, core, to, message),)+
                    }
                }

                fn tell(
                    actors: &mut $actors,
                    core: &mut $crate::kernel::Core<Self>,
                    to: $crate::kernel::RawAddr,
                    ended: $crate::kernel::Ended,
                ) -> Result<(), $crate::kernel::Failed> {
                    $(
                        if to.kind() == Kind::$actor as u8 {
                            return $crate::kernel::tell(&mut actors.$field, core, to, ended);
                        }
                    )+
                    Ok(())
                }

                fn contain(
                    actors: &mut $actors,
                    core: &mut $crate::kernel::Core<Self>,
                    to: $crate::kernel::RawAddr,
                    failure: &$crate::kernel::Failure,
                ) -> Option<$crate::kernel::Work<$messages>> {
                    $(
                        if to.kind() == Kind::$actor as u8 {
                            return $crate::kernel::contain(&mut actors.$field, core, to, failure)
                                .map(|work| work.map($messages::$actor));
                        }
                    )+
                    None
                }

                fn lie(actors: &$actors, kind: u8) -> $crate::kernel::Lie {
                    match kind {
                        $(kind if kind == Kind::$actor as u8 => actors.$field.lie(),)+
                        _ => $crate::kernel::Lie::default(),
                    }
                }

                fn insert(actors: &mut $actors, at: $crate::kernel::RawAddr, spawned: $spawned) {
                    match spawned {
                        $($spawned::$actor(actor) => actors.$field.insert(at.index(), at.generation(), actor),)+
                    }
                }

                fn remove(actors: &mut $actors, at: $crate::kernel::RawAddr) {
                    $(
                        if at.kind() == Kind::$actor as u8 {
                            actors.$field.remove(at.index());
                        }
                    )+
                }

                fn lives(actors: &$actors, at: $crate::kernel::RawAddr) -> bool {
                    $(
                        if at.kind() == Kind::$actor as u8 {
                            return actors.$field.lives(at.index(), at.generation());
                        }
                    )+
                    false
                }

                fn settle_in(actors: &mut $actors, region: $crate::kernel::RegionId) {
                    $(actors.$field.settle_in(region);)+
                }
            }

            $(
                impl $crate::kernel::Member for $actor {
                    const KIND: u8 = Kind::$actor as u8;

                    fn slab(actors: &$actors) -> &$crate::kernel::Slab<Self> {
                        &actors.$field
                    }

                    fn wrap(message: Self::Message) -> $messages {
                        $messages::$actor(message)
                    }

                    fn into_spawned(self) -> $spawned {
                        $spawned::$actor(self)
                    }
                }
            )+
        };
    };
}
