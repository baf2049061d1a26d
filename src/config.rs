//! Settings: what was said (defaults < file < environment < flags), and what the program runs with, checked once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::cli::ServeArgs;
use crate::exit::Failure;
use crate::terminal;

pub use self::settings::{LogFormat, NotificationSettings, Settings};

mod gateway;
mod settings;

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
    /// Whether its value is nobody's business: it is not shown.
    pub is_secret: bool,
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key {
        name,
        default,
        about,
        is_secret: false,
    }
}

const fn secret(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        default: "",
        about,
        is_secret: true,
    }
}

/// All settings.
pub const KEYS: [Key; 43] = [
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
        "allow a public address though nothing asks who calls (auth.mode is off)",
    ),
    key(
        "server.allowed_origins",
        "",
        "further origins whose pages may open telemetry, separated by commas",
    ),
    key(
        "server.cors_origins",
        "",
        "origins of other sites whose pages may call the REST interface, separated by commas",
    ),
    key(
        "server.basemap",
        "",
        "street map of the dashboard: an archive of tiles (.pmtiles) or the address of a style; empty: Florence alone has streets",
    ),
    key("server.workers", "2", "threads that answer REST requests"),
    key(
        "server.telemetry_threads",
        "1",
        "threads that share telemetry's clients",
    ),
    key(
        "mavlink.targets",
        "",
        "addresses of ground stations that hear the fleet by MAVLink over UDP, such as 127.0.0.1:14550, separated by commas; empty: none",
    ),
    key(
        "mavlink.listen",
        "",
        "address at which aircraft that fly elsewhere tell by MAVLink over UDP where they are, such as 127.0.0.1:14540: they are shown beside the fleet; empty: nowhere",
    ),
    key(
        "mavlink.sources",
        "127.0.0.0/8,::1",
        "addresses, or ranges of them, whose aircraft are shown, separated by commas",
    ),
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
    key(
        "store.history_days",
        "400",
        "for how long deliveries that ended are kept, with their tracks, contacts and confirmations; counts stay: 0.1 to 36500 days of virtual time",
    ),
    key(
        "store.engine",
        "auto",
        "what keeps the services' rows: `fjall`, `sled`, or `auto`: what the data folder has, fjall in a new one",
    ),
    key(
        "notifications.allow_private_addresses",
        "false",
        "whether clients' webhooks may lie in private networks",
    ),
    key(
        "notifications.webhook_secret_file",
        "",
        "file of the secret that calls are signed with; empty: one is made in the data folder",
    ),
    key(
        "notifications.sms_webhook",
        "",
        "address that hands text messages over to a gateway; empty: none are sent",
    ),
    secret(
        "notifications.smtp_url",
        "mail server, such as smtps://user:password@mail.example.com; empty: no e-mail is sent",
    ),
    key(
        "notifications.email_from",
        "Skyhaul <noreply@localhost>",
        "whom e-mail comes from",
    ),
    key(
        "auth.mode",
        "off",
        "`on`: callers must show a key; `off`: nobody is asked",
    ),
    key(
        "auth.admin_key_file",
        "",
        "file that holds the key which opens everything, 32 bytes or more",
    ),
    secret(
        "auth.admin_key",
        "the same key itself; from the environment, rather than from a file that others read",
    ),
    key(
        "auth.jwks_file",
        "",
        "file with the keys (a JWK set) of the provider whose tokens are taken; empty: none are",
    ),
    key(
        "auth.jwks_url",
        "",
        "where such keys are asked for instead of a file, such as https://id.example.com/keys",
    ),
    key("auth.audience", "skyhaul", "for whom such tokens must be"),
    key("auth.issuer", "", "by whom such tokens must be"),
    key(
        "limits.per_key",
        "1000",
        "requests a second with one key; 0: as many as one likes",
    ),
    key(
        "limits.per_address",
        "0",
        "requests a second from one address; 0: as many as one likes",
    ),
    key(
        "limits.telemetry_clients",
        "1000",
        "telemetry clients of one address that may subscribe; 0: as many as there is room for, as behind a proxy, where all come from one address",
    ),
    key(
        "limits.allowed_addresses",
        "",
        "addresses and ranges such as 10.0.0.0/8 from where the REST interface may be called; empty: from everywhere",
    ),
    key(
        "tls.mode",
        "auto",
        "`auto`: https and wss where tls.cert and tls.key are said; `dev`: with a certificate that the service makes itself; `off`",
    ),
    key(
        "tls.cert",
        "",
        "file of the certificate and those that lead to its authority, PEM",
    ),
    key("tls.key", "", "file of the certificate's private key, PEM"),
    key(
        "traces.otlp_endpoint",
        "",
        "collector that spans are sent to by OTLP over HTTP, such as http://127.0.0.1:4318; empty: none are recorded",
    ),
    secret(
        "traces.otlp_headers",
        "headers that go with them, such as a key: name=value, separated by commas",
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
    terminal::say(said.show())?;
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
            let value = match value.as_str() {
                "" => "\"\"".to_owned(),
                _ if key.is_secret => "(hidden)".to_owned(),
                value => format!("{value:?}"),
            };
            lines.push_str(&format!(
                "{:<37} {value:<20} # {origin}; {}\n",
                key.name, key.about
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

#[cfg(test)]
mod tests;
