//! What the journal's records say.

use serde::{Deserialize, Serialize};
use skyhaul_actors::command::Command;
use skyhaul_engine::time::SimTime;
use skyhaul_scenarios::bundle::ScenarioBundle;
use thiserror::Error;

use crate::pacing::{PacingRecord, PacingState};

/// The form of the records. Another number is another form.
const FORMAT: u8 = 1;

/// A record of the journal.
#[expect(
    clippy::large_enum_variant,
    reason = "a record lives for a moment; boxing would cost each command an allocation"
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Record {
    /// Record 0: what world this is.
    Identity(Box<Identity>),
    /// Something is asked; takes effect at the record's stamp.
    Command(Command),
    /// Everything up to `until` may leave the engine.
    Seal {
        /// Virtual time.
        until: SimTime,
    },
    /// An operator did something to the pace of time.
    Pacing(PacingRecord),
    /// What follows from all that operators did, said again for when the records that say it are gone.
    PacingKept(PacingState),
}

/// What world a journal belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The version of the program that founded it.
    pub version: String,
    /// The scenario with all files it names.
    pub scenario: ScenarioBundle,
    /// Virtual time 0 on the wall clock, microseconds since 1970.
    pub epoch_unix_micros: i64,
    /// Whether the scenario's own demand goes on.
    pub demand: bool,
    /// The seed, where another than the scenario's was asked for.
    pub seed: Option<u64>,
}

/// The bytes are no record of this program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// Another form.
    #[error("a journal record has form {found}, this build reads form {FORMAT}")]
    Format {
        /// Its form.
        found: u8,
    },
    /// Damaged, or of another program.
    #[error("a journal record cannot be read: {0}")]
    Unreadable(String),
}

impl Record {
    /// The record as the journal's payload.
    ///
    /// # Panics
    /// Never: every record can be encoded.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(postcard::to_stdvec(self).expect("records hold plain data"));
        bytes
    }

    /// The record that a payload holds.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn decode(payload: &[u8]) -> Result<Self, RecordError> {
        match payload.split_first() {
            Some((&FORMAT, rest)) => {
                postcard::from_bytes(rest).map_err(|error| RecordError::Unreadable(error.to_string()))
            }
            Some((&found, _)) => Err(RecordError::Format { found }),
            None => Err(RecordError::Unreadable("it is empty".to_owned())),
        }
    }
}
