//! What the program runs with, checked once.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use skyhaul_engine::time::SimDuration;
use skyhaul_web::{AddressRange, Basemap, GatewaySettings};

use super::{ConfigError, Origin, Said, gateway};
use crate::clock::Speed;
use crate::export::{self, ExportSettings};
use crate::keys::Provider;
use crate::runtime::retention::Retention;
use crate::store::Choice;
use crate::tls::TlsSettings;

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How clients are told of their deliveries.
#[derive(Clone, PartialEq, Eq)]
pub struct NotificationSettings {
    /// Whether their webhooks may lie in private networks.
    pub allow_private_addresses: bool,
    /// The file of the secret that calls are signed with; `None`: one in the data folder.
    pub webhook_secret_file: Option<PathBuf>,
    /// What hands text messages over to a gateway.
    pub sms_webhook: Option<String>,
    /// The mail server.
    pub smtp_url: Option<String>,
    /// Whom e-mail comes from.
    pub email_from: String,
}

impl fmt::Debug for NotificationSettings {
    /// Without the mail server, whose address holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotificationSettings")
            .field("allow_private_addresses", &self.allow_private_addresses)
            .field("webhook_secret_file", &self.webhook_secret_file)
            .field("sms_webhook", &self.sms_webhook)
            .field("email_from", &self.email_from)
            .finish_non_exhaustive()
    }
}

/// What the program runs with.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Address of the REST interface and the dashboard.
    pub bind: SocketAddr,
    /// Address of the telemetry WebSocket.
    pub telemetry_bind: SocketAddr,
    /// Who may call, and how often.
    pub gateway: GatewaySettings,
    /// Whose tokens are taken beside keys of accounts.
    pub provider: Option<Provider>,
    /// What certificate both listeners show; `None`: connections are not secured.
    pub tls: Option<TlsSettings>,
    /// Further origins whose pages may open telemetry.
    pub allowed_origins: Vec<String>,
    /// The street map of the dashboard that the operator brings.
    pub basemap: Option<Basemap>,
    /// Threads that answer REST requests.
    pub workers: usize,
    /// Threads that share telemetry's clients.
    pub telemetry_threads: usize,
    /// Telemetry's clients of one address that may subscribe.
    pub telemetry_clients: usize,
    /// Ground stations that hear the fleet by MAVLink.
    pub mavlink_targets: Vec<SocketAddr>,
    /// Where aircraft that fly elsewhere say where they are.
    pub mavlink_listen: Option<SocketAddr>,
    /// Whose aircraft are shown.
    pub mavlink_sources: Vec<AddressRange>,
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
    /// What keeps the services' rows.
    pub store: Choice,
    /// How clients are told of their deliveries.
    pub notifications: NotificationSettings,
    /// Where spans of traces are sent.
    pub export: ExportSettings,
    /// How logs are written.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_level: String,
}

impl TryFrom<&Said> for Settings {
    type Error = ConfigError;

    fn try_from(said: &Said) -> Result<Self, ConfigError> {
        let gateway = gateway::read(said)?;
        let is_meant = said.parse("server.insecure", truth)? || gateway.asks_who_calls;
        let address = |name| said.parse(name, |text| public_only_if(is_meant, text));
        Ok(Self {
            bind: address("server.bind")?,
            telemetry_bind: address("server.telemetry_bind")?,
            gateway,
            provider: gateway::provider(said)?,
            tls: gateway::tls(said)?,
            allowed_origins: said.parse("server.allowed_origins", |text| Ok(list(text)))?,
            basemap: said.parse("server.basemap", |text| {
                (!text.is_empty()).then(|| Basemap::read(text)).transpose()
            })?,
            workers: said.parse("server.workers", threads)?,
            telemetry_threads: said.parse("server.telemetry_threads", threads)?,
            telemetry_clients: said.parse("limits.telemetry_clients", clients)?,
            mavlink_targets: said.parse("mavlink.targets", stations)?,
            mavlink_listen: said.parse("mavlink.listen", |text| {
                let wrong = |_| format!("`{text}` is no address and port such as 127.0.0.1:14540");
                let address = (!text.is_empty()).then(|| text.parse().map_err(wrong));
                address.transpose()
            })?,
            mavlink_sources: said.parse("mavlink.sources", |text| {
                list(text)
                    .iter()
                    .map(|range| AddressRange::from_str(range))
                    .collect()
            })?,
            scenario: said.parse("world.scenario", |text| {
                Ok((!text.is_empty()).then(|| PathBuf::from(text)))
            })?,
            speed: said.parse("world.speed", Speed::from_str)?,
            is_speed_by_flag: matches!(said.0["world.speed"].1, Origin::Flag(_)),
            demand: said.parse("world.demand", truth)?,
            data: said.parse("world.data", |text| Ok(PathBuf::from(text)))?,
            strict_geocoding: said.parse("world.strict_geocoding", truth)?,
            notifications: NotificationSettings {
                allow_private_addresses: said.parse("notifications.allow_private_addresses", truth)?,
                webhook_secret_file: said.parse("notifications.webhook_secret_file", |text| {
                    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
                })?,
                sms_webhook: said.parse("notifications.sms_webhook", |text| Ok(said_at_all(text)))?,
                smtp_url: said.parse("notifications.smtp_url", |text| Ok(said_at_all(text)))?,
                email_from: said.parse("notifications.email_from", |text| Ok(text.to_owned()))?,
            },
            retention: Retention {
                keep_micros: said.parse("journal.keep_days", days)?,
                keep_bytes: said.parse("journal.keep_gb", gigabytes)?,
                history: said.parse("store.history_days", |text| {
                    Ok(SimDuration::from_micros(days(text)?.unsigned_abs()))
                })?,
            },
            store: said.parse("store.engine", Choice::from_str)?,
            export: ExportSettings {
                endpoint: said.parse("traces.otlp_endpoint", export::endpoint)?,
                headers: said.parse("traces.otlp_headers", |text| export::headers(&list(text)))?,
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

/// How many clients; 0: as many as there is room for.
fn clients(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Ok(usize::MAX),
        Ok(clients) => Ok(clients),
        Err(_) => Err(format!("`{text}` is no number of clients, such as 1000, or 0")),
    }
}

/// Addresses of ground stations.
fn stations(text: &str) -> Result<Vec<SocketAddr>, String> {
    let read = |item: &String| {
        let address = item.parse().ok().filter(SocketAddr::is_ipv4);
        address.ok_or_else(|| format!("`{item}` is no IPv4 address and port such as 127.0.0.1:14550"))
    };
    list(text).iter().map(read).collect()
}

/// A number of threads.
fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=64) => Ok(count),
        _ => Err(format!("`{text}` is no number from 1 to 64")),
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

pub(super) fn said_at_all(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

/// An address that only this machine reaches, or any where that is allowed.
fn public_only_if(is_meant: bool, text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| format!("`{text}` is no address and port such as 127.0.0.1:8080"))?;
    if address.ip().is_loopback() || is_meant {
        Ok(address)
    } else {
        Err(format!(
            "{address} can be reached by others, and nothing asks who calls; set auth.mode to `on`, bind to 127.0.0.1, or say --insecure"
        ))
    }
}
