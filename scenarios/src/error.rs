//! What is wrong with a scenario: one line that says where, which key, why, and what to do.

use std::fmt;

/// A mistake in a scenario file, or in a file that it names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ScenarioError {
    /// The file as it was named.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// The key, dotted from the root, or the column of a CSV.
    pub key: Option<String>,
    /// What is wrong and what to do.
    pub why: String,
}

impl ScenarioError {
    /// A mistake that concerns a file as a whole.
    pub(crate) fn of_file(file: &str, why: impl fmt::Display) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            key: None,
            why: why.to_string(),
        }
    }

    /// A mistake on a line.
    pub(crate) fn on_line(file: &str, line: usize, why: impl fmt::Display) -> Self {
        Self {
            line: Some(line),
            ..Self::of_file(file, why)
        }
    }

    /// The same, about a key.
    pub(crate) fn about(self, key: impl Into<String>) -> Self {
        Self {
            key: Some(key.into()),
            ..self
        }
    }
}

impl fmt::Display for ScenarioError {
    /// `FILE:LINE: key `x.y`: why`, in one line whatever the parts hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.file.clone();
        if let Some(line) = self.line {
            text.push_str(&format!(":{line}"));
        }
        if let Some(key) = &self.key {
            text.push_str(&format!(": key `{key}`"));
        }
        text.push_str(": ");
        text.push_str(&self.why);
        f.write_str(&one_line(&text))
    }
}

/// Control characters, line breaks among them, become spaces.
fn one_line(text: &str) -> String {
    text.trim_end()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_file_line_key_and_reason_in_one_line() {
        let error = ScenarioError::on_line("a.toml", 3, "is 95\nmust be less").about("area.centre");
        assert_eq!(
            error.to_string(),
            "a.toml:3: key `area.centre`: is 95 must be less"
        );
        assert_eq!(ScenarioError::of_file("a.toml", "no").to_string(), "a.toml: no");
    }
}
