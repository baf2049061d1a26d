//! Identities of the domain.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A delivery, by the UUID its client was given. A delivery's parcel has the same identity.
// Aligned as a word: what holds an id would else be padded, and allocated with more care, to sixteen bytes.
#[repr(Rust, packed(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeliveryId(pub u128);

impl fmt::Display for DeliveryId {
    /// A lower-case UUID.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_u128(self.0).hyphenated().fmt(f)
    }
}

impl FromStr for DeliveryId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Uuid::parse_str(text)?.as_u128()))
    }
}

/// An account, by the UUID that it was given.
#[repr(Rust, packed(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountId(pub u128);

impl fmt::Display for AccountId {
    /// A lower-case UUID.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_u128(self.0).hyphenated().fmt(f)
    }
}

impl FromStr for AccountId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Uuid::parse_str(text)?.as_u128()))
    }
}

/// Whoever is told how a delivery goes, by a number that says nothing of them.
#[repr(Rust, packed(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContactId(pub u128);

/// A drone, numbered from 0 in the order in which the fleets were commissioned; written `drone-0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DroneId(pub u32);

impl fmt::Display for DroneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "drone-{}", self.0)
    }
}

/// The text is not `drone-` and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a drone's id is `drone-` and a number")]
pub struct ParseDroneIdError;

impl FromStr for DroneId {
    type Err = ParseDroneIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text
            .strip_prefix("drone-")
            .and_then(|n| n.parse().ok())
            .ok_or(ParseDroneIdError)?;
        Ok(Self(number))
    }
}

/// A depot: its place in [`crate::environment::Environment::depots`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DepotId(pub u16);

/// A type of aircraft: its place in [`crate::environment::Environment::aircraft`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AircraftId(pub u16);

/// A carrier: its place in [`crate::environment::Environment::carriers`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CarrierId(pub u16);

/// A command, by the journal record that holds it; ties an outcome to who asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommandId(pub u64);
