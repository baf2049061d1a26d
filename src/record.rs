//! What the journal's records say.

use serde::{Deserialize, Serialize};
use skyhaul_actors::command::Command;
use skyhaul_actors::ids::CommandId;
use skyhaul_engine::time::SimTime;
use skyhaul_scenarios::bundle::ScenarioBundle;
use thiserror::Error;

use crate::pacing::{PacingRecord, PacingState};

/// The form of the records. Another number is another form.
const FORMAT: u8 = 2;

/// The oldest form that is still read. It is form 2 without the records that came later: [`Record::Reached`] and those below it.
const FORMAT_OLDEST: u8 = 1;

/// The byte that tells a command from other records: its place among [`Record`]'s variants.
const COMMAND: u8 = 1;

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
    /// How far the engine had come; a replay must come to the same.
    Reached(Reached),
    /// What follows is written by this build.
    Started {
        /// Its name, as [`crate::build::name`] gives it.
        build: String,
    },
    /// The engine died at a command again and again: it is passed over from now on.
    Quarantined {
        /// Which.
        command: CommandId,
        /// How it died last.
        cause: String,
        /// How often.
        deaths: u32,
    },
}

/// A point that the engine has come to, and by what it can be recognised. It does not depend on how the run was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Everything due up to and including this instant was handled.
    pub at: SimTime,
    /// The number that the next event would have got.
    pub next_event: u64,
    /// The engine's running digest.
    pub digest: u64,
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
    #[error(
        "a journal record has form {found}, this build reads forms {FORMAT_OLDEST} to {FORMAT}; use the build that wrote it"
    )]
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
        postcard::to_extend(self, vec![FORMAT]).expect("records hold plain data")
    }

    /// Whether a payload holds a command, by its first bytes alone: most records are commands, and who asks for the others need not read them.
    #[must_use]
    pub fn is_command(payload: &[u8]) -> bool {
        matches!(payload, [FORMAT_OLDEST..=FORMAT, COMMAND, ..])
    }

    /// The record that a payload holds.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn decode(payload: &[u8]) -> Result<Self, RecordError> {
        match payload.split_first() {
            Some((&(FORMAT_OLDEST..=FORMAT), rest)) => {
                postcard::from_bytes(rest).map_err(|error| RecordError::Unreadable(error.to_string()))
            }
            Some((&found, _)) => Err(RecordError::Format { found }),
            None => Err(RecordError::Unreadable("it is empty".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::command::{PackageRecord, PackageSize};
    use skyhaul_actors::ids::DeliveryId;
    use skyhaul_engine::rng::RandomStream;
    use skyhaul_engine::units::Kilograms;
    use skyhaul_scenarios::garble::garbled;

    use super::*;

    #[test]
    fn no_bytes_make_the_reader_of_records_fail() {
        let package = PackageRecord {
            label: "a parcel".to_owned(),
            owner: Some("somebody".to_owned()),
            size: PackageSize::Medium,
            weight: Kilograms::from_milli(1_500),
            tag: None,
        };
        let reached = Reached {
            at: SimTime::from_micros(7),
            next_event: 8,
            digest: 9,
        };
        let valid = [
            Record::Command(Command::RecordPackage(package)).encode(),
            Record::Reached(reached).encode(),
            Record::Started {
                build: "a build".to_owned(),
            }
            .encode(),
        ];
        for seed in 0..u64::from(proptest::test_runner::Config::default().cases) {
            let mut stream = RandomStream::new(seed, 0);
            let bytes = garbled(&valid[stream.index(valid.len())], &mut stream);
            // What is read is written as it stands, or it would not be there after a restart.
            if let Ok(record) = Record::decode(&bytes) {
                assert!(Record::decode(&record.encode()).is_ok(), "{bytes:?}");
            }
        }
    }

    #[test]
    fn a_record_of_the_first_form_reads_as_it_did() {
        let record = Record::Command(Command::CancelDelivery {
            delivery: DeliveryId(7),
        });
        let mut bytes = record.encode();
        bytes[0] = FORMAT_OLDEST;
        assert!(matches!(
            Record::decode(&bytes),
            Ok(Record::Command(Command::CancelDelivery {
                delivery: DeliveryId(7)
            }))
        ));
    }

    #[test]
    fn a_command_is_known_by_its_first_bytes() {
        let command = Record::Command(Command::CancelDelivery {
            delivery: DeliveryId(7),
        });
        assert!(Record::is_command(&command.encode()));
        let seal = Record::Seal { until: SimTime::ZERO };
        assert!(!Record::is_command(&seal.encode()));
        assert!(!Record::is_command(&[FORMAT + 1, COMMAND]) && !Record::is_command(&[]));
    }

    #[test]
    fn a_record_of_a_later_form_is_refused_and_says_which() {
        let mut bytes = Record::Seal { until: SimTime::ZERO }.encode();
        bytes[0] = FORMAT + 1;
        let refused = Record::decode(&bytes).expect_err("refused").to_string();
        assert!(
            refused.contains("has form 3") && refused.contains("forms 1 to 2"),
            "{refused}"
        );
    }

    #[test]
    fn damaged_bytes_are_no_record() {
        let mut bytes = Record::Started {
            build: "a build".to_owned(),
        }
        .encode();
        bytes.truncate(5);
        assert!(matches!(Record::decode(&bytes), Err(RecordError::Unreadable(_))));
        assert!(matches!(Record::decode(&[]), Err(RecordError::Unreadable(_))));
    }
}
