//! Deaths: at which commands the engine died, so that one at which it dies again and again is put aside.
//!
//! Before the host runs commands it says which; when it, or the whole program, is gone in the middle of them, the next one finds them here. A host
//! that is rebuilt runs the suspects one by one, so that the one to blame is known. What is said is written to a file without a flush: it is to
//! outlive the program, not the machine.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use parking_lot::Mutex;
use skyhaul_actors::ids::CommandId;

/// Deaths at a command before it is put aside: one may be the machine's, two a coincidence.
pub const DEATHS_MAX: u32 = 3;

/// Bytes of the file: two lines, filled up with blanks, so that each write replaces all of it.
const FILE_BYTES: usize = 128;

/// Commands at which the engine died, the one to blame among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspects {
    /// The first.
    pub first: CommandId,
    /// The last.
    pub last: CommandId,
    /// How often it died at them.
    pub deaths: u32,
}

impl Suspects {
    /// Whether the command is one of them.
    #[must_use]
    pub fn hold(&self, command: CommandId) -> bool {
        (self.first..=self.last).contains(&command)
    }

    /// The command to be put aside, where it is known and has had its chances.
    #[must_use]
    pub fn convicted(&self) -> Option<CommandId> {
        (self.first == self.last && self.deaths >= DEATHS_MAX).then_some(self.first)
    }

    /// What is known after a death at `first..=last`.
    fn after_death_at(known: Option<Self>, first: CommandId, last: CommandId) -> Self {
        let narrowed = known.map(|known| (known.first.max(first), known.last.min(last), known.deaths));
        match narrowed {
            Some((first, last, deaths)) if first <= last => Self {
                first,
                last,
                deaths: deaths + 1,
            },
            _ => Self {
                first,
                last,
                deaths: 1,
            },
        }
    }
}

/// At which commands the engine died.
#[derive(Debug, Default)]
pub struct Deaths {
    state: Mutex<State>,
    file: Option<File>,
}

#[derive(Debug, Default)]
struct State {
    in_flight: Option<(CommandId, CommandId)>,
    suspects: Option<Suspects>,
    cause: Option<String>,
}

impl Deaths {
    /// What an earlier program left in the file, which is made where it is missing. One that cannot be read says nothing.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let mut text = String::new();
        // What is no text was not written here; it is written over.
        let _ = file.read_to_string(&mut text);
        Ok(Self {
            state: Mutex::new(State::read(&text)),
            file: Some(file),
        })
    }

    /// The commands `first..=last` are about to be run.
    pub fn begin(&self, first: CommandId, last: CommandId) {
        let mut state = self.state.lock();
        state.in_flight = Some((first, last));
        self.write(&state);
    }

    /// They were run.
    pub fn end(&self) {
        let mut state = self.state.lock();
        if state.in_flight.take().is_some() {
            self.write(&state);
        }
    }

    /// The engine cannot go on for this reason; whether commands were being run.
    pub fn is_death(&self, cause: &str) -> bool {
        let mut state = self.state.lock();
        state.cause = Some(cause.to_owned());
        state.in_flight.is_some()
    }

    /// Counts a death, where commands were left in flight; whom to suspect.
    pub fn suspects(&self) -> Option<Suspects> {
        let mut state = self.state.lock();
        if let Some((first, last)) = state.in_flight.take() {
            state.suspects = Some(Suspects::after_death_at(state.suspects, first, last));
            self.write(&state);
        }
        state.suspects
    }

    /// How the engine died last.
    pub fn cause(&self) -> String {
        let cause = self.state.lock().cause.take();
        cause.unwrap_or_else(|| "a panic, or the end of the program: see the log".to_owned())
    }

    /// The command was put aside. What is done in its stead is to be run with the same care, its deaths counted anew.
    pub fn put_aside(&self, command: CommandId) -> Suspects {
        let suspects = Suspects {
            first: command,
            last: command,
            deaths: 0,
        };
        let mut state = self.state.lock();
        state.suspects = Some(suspects);
        self.write(&state);
        suspects
    }

    /// Nobody is suspected any more.
    pub fn acquit(&self) {
        let mut state = self.state.lock();
        if state.suspects.take().is_some() {
            self.write(&state);
        }
    }

    fn write(&self, state: &State) {
        let Some(file) = &self.file else { return };
        let mut text = String::with_capacity(FILE_BYTES);
        if let Some((first, last)) = state.in_flight {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "running {} {}", first.0, last.0);
        }
        if let Some(Suspects { first, last, deaths }) = state.suspects {
            let _ = writeln!(text, "suspected {} {} {deaths}", first.0, last.0);
        }
        let text = format!("{text:<FILE_BYTES$}");
        if let Err(error) = file.write_all_at(text.as_bytes(), 0) {
            tracing::debug!(%error, "it cannot be written down which commands are run");
        }
    }
}

impl State {
    fn read(text: &str) -> Self {
        let mut state = Self::default();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let name = words.next();
            let numbers: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
            match (name, numbers.as_slice()) {
                (Some("running"), [first, last]) => {
                    state.in_flight = Some((CommandId(*first), CommandId(*last)));
                }
                (Some("suspected"), [first, last, deaths]) => {
                    state.suspects = Some(Suspects {
                        first: CommandId(*first),
                        last: CommandId(*last),
                        deaths: u32::try_from(*deaths).unwrap_or(u32::MAX),
                    });
                }
                _ => {}
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn die_at(deaths: &Deaths, first: u64, last: u64) -> Suspects {
        deaths.begin(CommandId(first), CommandId(last));
        deaths.suspects().expect("commands were in flight")
    }

    #[test]
    fn a_batch_is_narrowed_down_to_the_one_to_blame() {
        let deaths = Deaths::default();
        assert_eq!(deaths.suspects(), None);
        assert_eq!(die_at(&deaths, 10, 20).deaths, 1);
        assert_eq!(die_at(&deaths, 15, 15).convicted(), None);
        assert_eq!(die_at(&deaths, 15, 15).convicted(), Some(CommandId(15)));
        deaths.acquit();
        assert_eq!(deaths.suspects(), None);
    }

    #[test]
    fn a_death_elsewhere_begins_anew() {
        let deaths = Deaths::default();
        die_at(&deaths, 7, 7);
        die_at(&deaths, 7, 7);
        let elsewhere = die_at(&deaths, 8, 9);
        assert_eq!((elsewhere.first, elsewhere.deaths), (CommandId(8), 1));
        assert!(elsewhere.hold(CommandId(9)) && !elsewhere.hold(CommandId(7)));
    }

    #[test]
    fn what_was_run_without_a_death_is_not_suspected() {
        let deaths = Deaths::default();
        deaths.begin(CommandId(1), CommandId(2));
        assert!(deaths.is_death("a cause"));
        deaths.end();
        assert!(!deaths.is_death("another"));
        assert_eq!(deaths.suspects(), None);
        assert_eq!(deaths.cause(), "another");
    }

    #[test]
    fn what_is_known_outlives_the_program() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let path = folder.path().join("running");
        for life in 1..=3 {
            let deaths = Deaths::open(&path).expect("opens");
            let known = deaths.suspects();
            assert_eq!(known.map_or(0, |suspects| suspects.deaths), life - 1);
            deaths.begin(CommandId(40), CommandId(40));
        }
        let convicted = Deaths::open(&path).expect("opens").suspects();
        assert_eq!(
            convicted.and_then(|suspects| suspects.convicted()),
            Some(CommandId(40))
        );
        std::fs::write(&path, b"\xFF\xFE nonsense").expect("writable");
        assert_eq!(Deaths::open(&path).expect("opens").suspects(), None);
    }
}
