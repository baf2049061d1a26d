//! Routes: to which region a command goes. A function of the commands before it alone, never of how far the world has run.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::RegionId;

use crate::atlas::Atlas;
use crate::command::Command;
use crate::ids::DeliveryId;

/// How many requests from outside are remembered with their regions. A change of an older one, or of a request of the background demand, goes to all
/// regions; only asking anew for one that is older, is still open, and is now to be fetched in another region would make a second delivery of its
/// name, and whoever takes requests in knows those that are open. A quarter of a million are some megabytes in a snapshot.
const REMEMBERED_MAX: usize = 1 << 18;

/// Where a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// To one region.
    To(RegionId),
    /// To all of them: one may know what it is about.
    ToAll,
}

/// Where requests went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Routes {
    regions: BTreeMap<DeliveryId, RegionId>,
    /// The oldest first.
    order: VecDeque<DeliveryId>,
}

impl Routes {
    /// Where the command goes.
    pub(super) fn route(&mut self, command: &Command, atlas: &Atlas) -> Route {
        if atlas.cut().count == 1 {
            return Route::To(RegionId(0));
        }
        if let Command::Operate(operation) = command {
            return self.route(&operation.command, atlas);
        }
        if let Command::Traced(traced) = command {
            return self.route(&traced.command, atlas);
        }
        let known = command.names().and_then(|delivery| self.regions.get(&delivery));
        match (known, command) {
            (Some(region), _) => Route::To(*region),
            (None, Command::RequestDelivery(request)) => {
                let region = atlas.region_of(request.pickup.at);
                self.remember(request.delivery, region);
                Route::To(region)
            }
            (None, Command::RetryDelivery { request, .. }) => {
                let region = atlas.region_of(request.pickup.at);
                self.remember(request.delivery, region);
                Route::To(region)
            }
            (
                None,
                Command::CancelDelivery { .. }
                | Command::RescheduleDelivery { .. }
                | Command::ReleaseDelivery { .. }
                | Command::RecordConfirmation(_),
            ) => Route::ToAll,
            (None, Command::RecallDrone { drone }) => Route::To(atlas.drone(*drone).region()),
            (None, Command::GroundDepot { depot } | Command::ReleaseDepot { depot }) => {
                Route::To(atlas.home_of(*depot))
            }
            (
                None,
                Command::RecordPackage(_)
                | Command::RequestNotification(_)
                | Command::ChangeAccount(_)
                | Command::DeclareZone { .. }
                | Command::LiftZone { .. }
                | Command::Operate(_)
                | Command::Traced(_)
                | Command::AcknowledgeAlert { .. }
                | Command::ErasePerson { .. },
            ) => Route::To(RegionId(0)),
        }
    }

    fn remember(&mut self, delivery: DeliveryId, region: RegionId) {
        if self.order.len() == REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.regions.remove(&oldest);
        }
        self.regions.insert(delivery, region);
        self.order.push_back(delivery);
    }
}
