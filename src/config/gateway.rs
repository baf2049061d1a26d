//! Settings of the gateway: who may call, and how often.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr as _;

use skyhaul_web::{AddressRange, AdminKey, GatewaySettings, TokenSettings};

use super::settings::{list, said_at_all};
use super::{ConfigError, Said};
use crate::keys::{KeysAt, Provider};
use crate::tls::TlsSettings;

/// Most requests a second that a limit may allow: more than any machine answers.
const RATE_MAX: u32 = 10_000_000;

/// What was said of the gateway, checked.
pub(super) fn read(said: &Said) -> Result<GatewaySettings, ConfigError> {
    let asks_who_calls = said.parse("auth.mode", |text| match text {
        "off" => Ok(false),
        "on" => Ok(true),
        other => Err(format!("`{other}` is neither `off` nor `on`")),
    })?;
    let from_file = said.parse("auth.admin_key_file", |path| match path {
        "" => Ok(None),
        path => match std::fs::read_to_string(path) {
            Ok(key) => AdminKey::new(key.trim()).map(Some),
            Err(error) => Err(format!("{path}: the key cannot be read: {error}")),
        },
    })?;
    let given = said.parse("auth.admin_key", |key| match key {
        "" => Ok(None),
        key => AdminKey::new(key).map(Some),
    })?;
    let admin_key = given.or(from_file);
    if asks_who_calls && admin_key.is_none() {
        return said.parse("auth.mode", |_| {
            Err(
                "nobody could open the first account: name a file that holds a key in auth.admin_key_file"
                    .to_owned(),
            )
        });
    }
    Ok(GatewaySettings {
        asks_who_calls,
        admin_key,
        allowed_addresses: said.parse("limits.allowed_addresses", |text| {
            list(text)
                .iter()
                .map(|range| AddressRange::from_str(range))
                .collect()
        })?,
        per_key: said.parse("limits.per_key", rate)?,
        per_address: said.parse("limits.per_address", rate)?,
        origins: said.parse("server.cors_origins", |text| Ok(list(text)))?,
    })
}

/// Whose tokens are taken.
pub(super) fn provider(said: &Said) -> Result<Option<Provider>, ConfigError> {
    let file = said.parse("auth.jwks_file", |path| Ok(said_at_all(path)))?;
    let url = said.parse("auth.jwks_url", |text| match (text, &file) {
        ("", _) => Ok(None),
        (_, Some(_)) => Err("auth.jwks_file is said as well; keys come from one place".to_owned()),
        (text, None) => KeysAt::url(text).map(Some),
    })?;
    let Some(keys) = url.or_else(|| file.map(|path| KeysAt::File(PathBuf::from(path)))) else {
        return Ok(None);
    };
    let named = |name| {
        said.parse(name, |text| match text {
            "" => Err("tokens are taken (auth.jwks_file or auth.jwks_url), so this must be said".to_owned()),
            text => Ok(text.to_owned()),
        })
    };
    Ok(Some(Provider {
        keys,
        tokens: TokenSettings {
            audience: named("auth.audience")?,
            issuer: named("auth.issuer")?,
        },
    }))
}

/// What certificate is shown; `None`: connections are not secured.
pub(super) fn tls(said: &Said) -> Result<Option<TlsSettings>, ConfigError> {
    let file = |name| said.parse(name, |path| Ok(said_at_all(path)));
    match (file("tls.cert")?, file("tls.key")?) {
        (Some(_), None) => said.parse("tls.key", |_| {
            Err("tls.cert is said, so this must be said too".to_owned())
        }),
        (None, Some(_)) => said.parse("tls.cert", |_| {
            Err("tls.key is said, so this must be said too".to_owned())
        }),
        (files, key) => said.parse("tls.mode", |mode| match (mode, files.zip(key)) {
            ("off", _) | ("auto", None) => Ok(None),
            ("auto", Some((cert, key))) => Ok(Some(TlsSettings::Files {
                cert: PathBuf::from(cert),
                key: PathBuf::from(key),
            })),
            ("dev", None) => Ok(Some(TlsSettings::Development)),
            ("dev", Some(_)) => {
                Err("`dev` makes a certificate, and tls.cert names one: say one of them".to_owned())
            }
            (other, _) => Err(format!("`{other}` is neither `auto`, `dev` nor `off`")),
        }),
    }
}

/// Requests a second; 0: as many as one likes.
fn rate(text: &str) -> Result<Option<NonZeroU32>, String> {
    match text.parse() {
        Ok(rate @ 0..=RATE_MAX) => Ok(NonZeroU32::new(rate)),
        _ => Err(format!("`{text}` is no number from 0 to {RATE_MAX}")),
    }
}
