//! How the program ends.

use std::fmt;
use std::process::ExitCode;

/// The exit codes besides 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 64: usage, or a bad file.
    Usage,
    /// 70: an invariant broke.
    Broken,
    /// 75: try again.
    TryAgain,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Usage => 64,
            Exit::Broken => 70,
            Exit::TryAgain => 75,
        })
    }
}

/// Why the program ends early: one clear line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// With which code.
    pub exit: Exit,
    /// Why.
    pub reason: String,
}

impl Failure {
    /// A mistake in what was asked.
    pub fn usage(reason: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, reason)
    }

    /// A fault that may pass.
    pub fn try_again(reason: impl fmt::Display) -> Self {
        Self::new(Exit::TryAgain, reason)
    }

    /// A fault of the program or its data.
    pub fn broken(reason: impl fmt::Display) -> Self {
        Self::new(Exit::Broken, reason)
    }

    fn new(exit: Exit, reason: impl fmt::Display) -> Self {
        Self {
            exit,
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}
