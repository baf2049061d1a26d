//! Gateway: who may call what, and how often.
//!
//! ```text
//! request ─► observe ─► admit (address, rate of the address, origin) ─► route ─► guard (key, role, own deliveries, rate of the key) ─► handler
//! ```
//!
//! Every endpoint is guarded where it is declared ([`crate::http::endpoint::Endpoint`]), by the one table in `access.rs`: what is not in the table is
//! closed to all but administrators. So no way of writing an address leads past the guard.

use std::sync::Arc;

use skyhaul_actors::ids::DeliveryId;
use skyhaul_telemetry::door::{Door, Lease, Pass, Sight};

use crate::account::Accounts;
use crate::delivery::Delivery;
use crate::people::People;

pub(crate) mod access;
pub(crate) mod admit;
pub(crate) mod caller;
pub(crate) mod guard;
pub(crate) mod invoice;
mod lease;
mod limits;
pub(crate) mod link;
pub(crate) mod settings;
pub(crate) mod token;

use self::caller::Caller;
use self::lease::lease;
use self::limits::Limits;
use self::link::LinkKey;
use self::settings::GatewaySettings;
use self::token::Tokens;

/// What the gateway decides by.
pub(crate) struct Gateway {
    settings: GatewaySettings,
    accounts: Arc<Accounts>,
    deliveries: Arc<Delivery>,
    people: Arc<People>,
    limits: Limits,
    tokens: Option<Tokens>,
    links: LinkKey,
}

impl Gateway {
    /// A gateway that knows accounts, and whose deliveries are whose. Links are signed with `links`.
    pub(crate) fn new(
        settings: GatewaySettings,
        (tokens, links): (Option<Tokens>, LinkKey),
        accounts: Arc<Accounts>,
        deliveries: Arc<Delivery>,
        people: Arc<People>,
    ) -> Self {
        Self {
            limits: Limits::new(&settings),
            tokens,
            links,
            settings,
            accounts,
            deliveries,
            people,
        }
    }

    /// The key that links are signed with.
    pub(crate) const fn links(&self) -> &LinkKey {
        &self.links
    }

    /// For how long a caller may stay who was let in; `None`: as long as they like.
    pub(crate) fn lease(&self, caller: &Caller) -> Option<Arc<dyn Lease>> {
        lease(&self.accounts, &self.deliveries, caller)
    }
}

impl Door for Gateway {
    fn pass(&self, key: Option<&str>) -> Option<Pass> {
        if !self.settings.asks_who_calls {
            return Some(Pass {
                sight: Sight::All,
                lease: None,
            });
        }
        let caller = self.caller(key?).ok()?;
        let only = caller.only().map(str::to_owned);
        let sight = match caller.link() {
            Some(delivery) => Sight::One(delivery),
            None => only.map_or(Sight::All, Sight::Owner),
        };
        Some(Pass {
            sight,
            lease: self.lease(&caller),
        })
    }

    fn owns(&self, owner: &str, delivery: DeliveryId) -> bool {
        // A token's owner may have got a pseudonym since the socket was opened.
        let is_known_as =
            |found: &str| found == owner || self.people.name(found).is_ok_and(|name| name == owner);
        let found = self.deliveries.owner(delivery);
        found.is_ok_and(|found| found.is_some_and(|found| is_known_as(&found)))
    }
}
