//! Names of enums on the wire.

use skyhaul_actors::account::{AccountStatus, PricePlan, Role};
use skyhaul_actors::command::{ConfirmationKind, PackageSize};
use skyhaul_actors::stage::Stage;
use skyhaul_telemetry::view::DroneState;

use crate::http::fields::Named;
use crate::http::schema::Said;

/// How a package's size may be written.
pub(crate) type SizeSaid = Said<PackageSize>;

/// How a kind of confirmation may be written.
pub(crate) type ConfirmationSaid = Said<ConfirmationKind>;

/// How a stage may be written.
pub(crate) type StageSaid = Said<Stage>;

/// How a drone's state may be written.
pub(crate) type StateSaid = Said<DroneState>;

/// How a price plan may be written.
pub(crate) type PlanSaid = Said<PricePlan>;

/// How an account's standing may be written.
pub(crate) type StatusSaid = Said<AccountStatus>;

/// How a role may be written.
pub(crate) type RoleSaid = Said<Role>;

impl Named for ConfirmationKind {
    const ALL: &'static [Self] = &[Self::FingerPrint, Self::Picture, Self::Voice, Self::None];

    fn name(self) -> &'static str {
        match self {
            Self::FingerPrint => "FingerPrint",
            Self::Picture => "Picture",
            Self::Voice => "Voice",
            Self::None => "None",
        }
    }
}

impl Named for PackageSize {
    const ALL: &'static [Self] = &[Self::Small, Self::Medium, Self::Large];

    fn name(self) -> &'static str {
        match self {
            Self::Small => "Small",
            Self::Medium => "Medium",
            Self::Large => "Large",
        }
    }
}

impl Named for Stage {
    const ALL: &'static [Self] = &Self::ALL;

    fn name(self) -> &'static str {
        self.name()
    }
}

impl Named for DroneState {
    const ALL: &'static [Self] = &[
        Self::Idle,
        Self::ToPickup,
        Self::ToDropoff,
        Self::Returning,
        Self::Charging,
        Self::Maintenance,
        Self::Failed,
    ];

    fn name(self) -> &'static str {
        self.name()
    }
}

impl Named for Role {
    const ALL: &'static [Self] = &[Self::Customer, Self::Operator, Self::Admin];

    fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl Named for AccountStatus {
    const ALL: &'static [Self] = &[Self::Active, Self::Suspended];

    fn name(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Suspended => "Suspended",
        }
    }
}

impl Named for PricePlan {
    const ALL: &'static [Self] = &[Self::Standard, Self::Business, Self::Enterprise];

    fn name(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Business => "Business",
            Self::Enterprise => "Enterprise",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_said_by_name_in_any_letter_case_or_by_ordinal() {
        assert_eq!(
            ConfirmationKind::said("fingerprint"),
            Some(ConfirmationKind::FingerPrint)
        );
        assert_eq!(ConfirmationKind::said("3"), Some(ConfirmationKind::None));
        assert_eq!(PackageSize::said("LARGE"), Some(PackageSize::Large));
        assert_eq!(PackageSize::said("3"), None);
        assert_eq!(Stage::said("headedToDropoff"), Some(Stage::HeadedToDropoff));
        assert_eq!(DroneState::said("topickup"), Some(DroneState::ToPickup));
        assert_eq!(DroneState::said("flying"), None);
    }

    #[test]
    fn ordinals_are_the_contracts() {
        for (ordinal, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(Stage::said(&ordinal.to_string()), Some(stage));
        }
    }
}
