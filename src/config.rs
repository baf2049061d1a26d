//! Settings: what was said (defaults < file < environment < flags), and what the program runs with, checked once.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

use crate::cli::ServeArgs;
use crate::clock::Speed;
use crate::exit::Failure;
use crate::runtime::retention::Retention;

/// Begins the name of every environment variable that is a setting: `SKYHAUL__SERVER__BIND` is `server.bind`.
const ENVIRONMENT_PREFIX: &str = "SKYHAUL__";

/// A setting that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name: section and key.
    pub name: &'static str,
    /// Its value where nobody says another.
    pub default: &'static str,
    /// What it is for.
    pub about: &'static str,
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default, about }
}

/// All settings.
pub const KEYS: [Key; 14] = [
    key(
        "server.bind",
        "127.0.0.1:8080",
        "address of the REST interface and the dashboard",
    ),
    key(
        "server.telemetry_bind",
        "127.0.0.1:8081",
        "address of the telemetry WebSocket",
    ),
    key(
        "server.insecure",
        "false",
        "allow a public address though nothing asks who calls",
    ),
    key(
        "server.allowed_origins",
        "",
        "further origins whose pages may open telemetry, separated by commas",
    ),
    key("server.workers", "2", "threads that answer REST requests"),
    key("world.scenario", "", "scenario file; empty: Florence, built in"),
    key(
        "world.speed",
        "1",
        "virtual seconds a wall second, 0.1 to 1000, or `max`",
    ),
    key(
        "world.demand",
        "true",
        "whether the scenario's own demand goes on beside what comes in by REST",
    ),
    key(
        "world.data",
        "data",
        "folder of the journal, the snapshots and the stores",
    ),
    key(
        "world.strict_geocoding",
        "false",
        "refuse places that are not known, instead of deriving a point from their name",
    ),
    key(
        "journal.keep_days",
        "7",
        "how far back the recorded run reaches, for replays and branches: 0.1 to 36500 days",
    ),
    key(
        "journal.keep_gb",
        "20",
        "room for journal and snapshots; where it is short, the recorded run reaches less far back: 0.1 to 100000",
    ),
    key("log.format", "text", "`text` or `json`"),
    key(
        "log.level",
        "info",
        "least level logged: error, warn, info, debug, trace, or a filter such as `skyhaul=debug`",
    ),
];

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// What is wrong with the settings. One clear line.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: the configuration file cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    /// The file is no TOML, or not of the right shape.
    #[error("{}: {}", .0.display(), .1)]
    Malformed(PathBuf, String),
    /// There is no such setting.
    #[error("{origin}: there is no setting `{name}`{hint}")]
    Unknown {
        /// Its name.
        name: String,
        /// Who said it.
        origin: Origin,
        /// The nearest one there is.
        hint: String,
    },
    /// The value cannot be used.
    #[error("`{name}` ({origin}): {reason}")]
    Invalid {
        /// The setting.
        name: &'static str,
        /// Who said it.
        origin: Origin,
        /// Why.
        reason: String,
    },
}

/// The settings of a service.
///
/// # Errors
/// [`Failure`] that says which setting is wrong, who said it, and why.
pub fn load(args: &ServeArgs) -> Result<Settings, Failure> {
    let said = gather(args)?;
    Settings::try_from(&said).map_err(Failure::usage)
}

/// `skyhaul config show`.
///
/// # Errors
/// As [`load`].
pub fn show(args: &ServeArgs) -> Result<(), Failure> {
    let said = gather(args)?;
    print!("{}", said.show());
    Settings::try_from(&said).map(drop).map_err(Failure::usage)
}

fn gather(args: &ServeArgs) -> Result<Said, Failure> {
    Said::gather(args.config.as_deref(), std::env::vars(), args.flags()).map_err(Failure::usage)
}

/// What was said, for every setting.
#[derive(Clone, Debug)]
pub struct Said(BTreeMap<&'static str, (String, Origin)>);

/// A flag that was given: the setting, its value, and the flag's name.
pub type Flag = (&'static str, String, &'static str);

impl Said {
    /// Gathers what was said, later sources over earlier ones.
    ///
    /// # Errors
    /// [`ConfigError`], where a source cannot be read or names a setting that does not exist.
    pub fn gather(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<Self, ConfigError> {
        let defaults = KEYS
            .iter()
            .map(|key| (key.name, (key.default.to_owned(), Origin::Default)));
        let mut said = Self(defaults.collect());
        if let Some(path) = file {
            said.read_file(path)?;
        }
        for (variable, value) in environment {
            if let Some(rest) = variable.strip_prefix(ENVIRONMENT_PREFIX) {
                let name = rest.to_ascii_lowercase().replace("__", ".");
                said.set(&name, value, Origin::Environment(variable.clone()))?;
            }
        }
        for (name, value, flag) in flags {
            said.set(name, value, Origin::Flag(flag))?;
        }
        Ok(said)
    }

    fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let malformed = |reason: String| ConfigError::Malformed(path.to_path_buf(), reason);
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Unreadable(path.to_path_buf(), error))?;
        let sections: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| malformed(error.to_string()))?;
        for (section, keys) in &sections {
            let toml::Value::Table(keys) = keys else {
                return Err(malformed(format!(
                    "`{section}` stands outside a section such as [server]"
                )));
            };
            for (key, value) in keys {
                let name = format!("{section}.{key}");
                let text = as_text(value).ok_or_else(|| {
                    malformed(format!(
                        "`{name}` is neither text, number, truth value nor a list of texts"
                    ))
                })?;
                self.set(&name, text, Origin::File(path.to_path_buf()))?;
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: String, origin: Origin) -> Result<(), ConfigError> {
        match KEYS.iter().find(|key| key.name == name) {
            Some(key) => {
                self.0.insert(key.name, (value, origin));
                Ok(())
            }
            None => Err(ConfigError::Unknown {
                name: name.to_owned(),
                origin,
                hint: nearest(name),
            }),
        }
    }

    /// Every setting with its value and where the value came from, as lines.
    #[must_use]
    pub fn show(&self) -> String {
        let mut lines = String::new();
        for key in &KEYS {
            let (value, origin) = &self.0[key.name];
            lines.push_str(&format!(
                "{:<24} {:<20} # {origin}; {}\n",
                key.name,
                format!("{value:?}"),
                key.about
            ));
        }
        lines
    }

    fn parse<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let (value, origin) = &self.0[name];
        parse(value).map_err(|reason| ConfigError::Invalid {
            name,
            origin: origin.clone(),
            reason,
        })
    }
}

fn nearest(name: &str) -> String {
    KEYS.iter()
        .map(|key| (strsim::damerau_levenshtein(key.name, name), key.name))
        .min()
        .filter(|(distance, _)| *distance <= 4)
        .map_or_else(
            || "; `skyhaul config show` lists them".to_owned(),
            |(_, known)| format!("; did you mean `{known}`?"),
        )
}

fn as_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(toml::Value::as_str).collect();
            Some(texts?.join(","))
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What the program runs with.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Address of the REST interface and the dashboard.
    pub bind: SocketAddr,
    /// Address of the telemetry WebSocket.
    pub telemetry_bind: SocketAddr,
    /// Further origins whose pages may open telemetry.
    pub allowed_origins: Vec<String>,
    /// Threads that answer REST requests.
    pub workers: usize,
    /// The scenario file; `None`: Florence, built in.
    pub scenario: Option<PathBuf>,
    /// How fast virtual time runs.
    pub speed: Speed,
    /// Whether the command line says so: then it is so, whatever an operator said before.
    pub is_speed_by_flag: bool,
    /// Whether the scenario's own demand goes on.
    pub demand: bool,
    /// Where everything is kept.
    pub data: PathBuf,
    /// Whether unknown places are refused.
    pub strict_geocoding: bool,
    /// How far back the recorded run reaches.
    pub retention: Retention,
    /// How logs are written.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_level: String,
}

impl TryFrom<&Said> for Settings {
    type Error = ConfigError;

    fn try_from(said: &Said) -> Result<Self, ConfigError> {
        let insecure = said.parse("server.insecure", truth)?;
        let address = |name| said.parse(name, |text| public_only_if(insecure, text));
        Ok(Self {
            bind: address("server.bind")?,
            telemetry_bind: address("server.telemetry_bind")?,
            allowed_origins: said.parse("server.allowed_origins", |text| Ok(list(text)))?,
            workers: said.parse("server.workers", |text| match text.parse() {
                Ok(count @ 1..=64) => Ok(count),
                _ => Err(format!("`{text}` is no number from 1 to 64")),
            })?,
            scenario: said.parse("world.scenario", |text| {
                Ok((!text.is_empty()).then(|| PathBuf::from(text)))
            })?,
            speed: said.parse("world.speed", Speed::from_str)?,
            is_speed_by_flag: matches!(said.0["world.speed"].1, Origin::Flag(_)),
            demand: said.parse("world.demand", truth)?,
            data: said.parse("world.data", |text| Ok(PathBuf::from(text)))?,
            strict_geocoding: said.parse("world.strict_geocoding", truth)?,
            retention: Retention {
                keep_micros: said.parse("journal.keep_days", days)?,
                keep_bytes: said.parse("journal.keep_gb", gigabytes)?,
            },
            log_format: said.parse("log.format", |text| match text {
                "text" => Ok(LogFormat::Text),
                "json" => Ok(LogFormat::Json),
                other => Err(format!("`{other}` is neither `text` nor `json`")),
            })?,
            log_level: said.parse("log.level", |text| {
                match text.parse::<tracing_subscriber::EnvFilter>() {
                    Ok(_) => Ok(text.to_owned()),
                    Err(error) => Err(format!("`{text}` is no level or filter: {error}")),
                }
            })?,
        })
    }
}

fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

/// Microseconds of so many days.
#[expect(clippy::cast_possible_truncation, reason = "checked: far below 2⁶³")]
fn days(text: &str) -> Result<i64, String> {
    Ok((number(text, 0.1..=36_500.0)? * 86_400e6) as i64)
}

/// Bytes of so many gigabytes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked: positive and far below 2⁶⁴"
)]
fn gigabytes(text: &str) -> Result<u64, String> {
    Ok((number(text, 0.1..=100_000.0)? * 1e9) as u64)
}

fn number(text: &str, range: RangeInclusive<f64>) -> Result<f64, String> {
    let parsed = text.parse().ok().filter(|number| range.contains(number));
    parsed.ok_or_else(|| format!("`{text}` is no number from {} to {}", range.start(), range.end()))
}

fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

/// An address that only this machine reaches, or any where that is allowed.
fn public_only_if(insecure: bool, text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| format!("`{text}` is no address and port such as 127.0.0.1:8080"))?;
    if address.ip().is_loopback() || insecure {
        Ok(address)
    } else {
        Err(format!(
            "{address} can be reached by others, and nothing asks who calls; bind to 127.0.0.1, or say --insecure"
        ))
    }
}

#[cfg(test)]
mod tests;
