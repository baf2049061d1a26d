use std::io::Write as _;

use skyhaul_engine::time::SimDuration;

use super::*;
use crate::clock::Speed;
use crate::keys::KeysAt;
use crate::runtime::retention::Retention;
use crate::tls::TlsSettings;

fn settings(environment: &[(&str, &str)], flags: &[Flag]) -> Result<Settings, ConfigError> {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::try_from(&Said::gather(None, environment, flags.iter().cloned())?)
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

#[test]
fn the_defaults_are_good() {
    let settings = settings(&[], &[]).expect("good");
    assert_eq!(settings.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(
        (settings.speed, settings.scenario, settings.demand),
        (Speed::Times(1.0), None, true)
    );
}

#[test]
fn an_address_has_as_many_clients_as_is_said_or_any_number() {
    let clients = |said| settings(&[("SKYHAUL__LIMITS__TELEMETRY_CLIENTS", said)], &[]);
    assert_eq!(settings(&[], &[]).expect("good").telemetry_clients, 1_000);
    assert_eq!(clients("20").expect("good").telemetry_clients, 20);
    assert_eq!(clients("0").expect("good").telemetry_clients, usize::MAX);
    let wrong = clients("many").expect_err("no number").to_string();
    assert!(wrong.contains("limits.telemetry_clients"), "{wrong}");
}

#[test]
fn flags_go_over_environment_and_environment_over_file() {
    let file = file("[world]\nspeed = 2\ndata = \"from-file\"\n[server]\nbind = \"127.0.0.1:1\"\n");
    let environment = [
        ("SKYHAUL__WORLD__SPEED", "3"),
        ("SKYHAUL__SERVER__BIND", "127.0.0.1:2"),
        ("HOME", "/"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let said = Said::gather(
        Some(file.path()),
        environment,
        [("world.speed", "4".to_owned(), "--speed")],
    )
    .expect("good");
    let settings = Settings::try_from(&said).expect("good");
    assert_eq!(settings.speed, Speed::Times(4.0));
    assert_eq!(settings.bind.port(), 2);
    assert_eq!(settings.data, Path::new("from-file"));
    let shown = said.show();
    assert!(
        shown.contains("flag --speed") && shown.contains("environment SKYHAUL__SERVER__BIND"),
        "{shown}"
    );
    assert!(shown.lines().count() == KEYS.len(), "{shown}");
}

#[test]
fn a_setting_that_does_not_exist_is_refused_with_the_nearest_one() {
    let error = settings(&[("SKYHAUL__SERVER__BNID", "x")], &[])
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("SKYHAUL__SERVER__BNID") && error.contains("did you mean `server.bind`?"),
        "{error}"
    );
    let file = file("[wrld]\nspeed = 1\n");
    let error = Said::gather(Some(file.path()), [], [])
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("wrld.speed") && error.contains("world.speed"),
        "{error}"
    );
}

#[test]
fn a_bad_value_names_its_setting_and_who_said_it() {
    let error = settings(&[("SKYHAUL__WORLD__SPEED", "fast")], &[])
        .expect_err("refused")
        .to_string();
    assert!(
        error.starts_with("`world.speed` (environment SKYHAUL__WORLD__SPEED)"),
        "{error}"
    );
}

#[test]
fn a_public_address_wants_to_be_meant() {
    let public = ("server.bind", "0.0.0.0:8080".to_owned(), "--bind");
    let error = settings(&[], std::slice::from_ref(&public))
        .expect_err("refused")
        .to_string();
    assert!(error.contains("--insecure"), "{error}");
    let meant = ("server.insecure", "true".to_owned(), "--insecure");
    assert!(settings(&[], &[public, meant]).is_ok());
}

#[test]
fn whom_mavlink_is_told_and_whose_aircraft_are_shown_is_said_in_addresses() {
    let good = [
        ("SKYHAUL__MAVLINK__TARGETS", "127.0.0.1:14550, 127.0.0.2:14550"),
        ("SKYHAUL__MAVLINK__LISTEN", "0.0.0.0:14540"),
        ("SKYHAUL__MAVLINK__SOURCES", "10.1.0.0/16,::1"),
    ];
    let said = settings(&good, &[]).expect("good");
    assert_eq!(said.mavlink_targets.len(), 2);
    assert_eq!(said.mavlink_listen.map(|address| address.port()), Some(14_540));
    let is_shown = |sender: &str| {
        let sender = sender.parse().expect("an address");
        said.mavlink_sources.iter().any(|range| range.contains(sender))
    };
    assert!(is_shown("10.1.2.3") && is_shown("::1") && !is_shown("127.0.0.1"));
    let none = settings(&[], &[]).expect("good");
    assert_eq!((none.mavlink_targets, none.mavlink_listen), (Vec::new(), None));
    let wrong = [
        ("TARGETS", "targets", "[::1]:14550"),
        ("TARGETS", "targets", "127.0.0.1:14550,nowhere"),
        ("LISTEN", "listen", "14540"),
        ("LISTEN", "listen", "127.0.0.1:99999"),
        ("SOURCES", "sources", "10.0.0.0/33"),
        ("SOURCES", "sources", "everyone"),
    ];
    for (variable, key, value) in wrong {
        let variable = format!("SKYHAUL__MAVLINK__{variable}");
        let error = settings(&[(&variable, value)], &[])
            .expect_err("refused")
            .to_string();
        assert!(
            error.starts_with(&format!("`mavlink.{key}` (environment {variable})")),
            "{error}"
        );
    }
}

#[test]
fn how_long_the_recorded_run_is_kept_is_said_in_days_and_gigabytes() {
    let kept = settings(&[], &[]).expect("good").retention;
    assert_eq!(kept, Retention::default());
    let environment = [
        ("SKYHAUL__JOURNAL__KEEP_DAYS", "0.5"),
        ("SKYHAUL__JOURNAL__KEEP_GB", "2"),
    ];
    let kept = settings(&environment, &[]).expect("good").retention;
    assert_eq!(
        (kept.keep_micros, kept.keep_bytes),
        (43_200_000_000, 2_000_000_000)
    );
    for value in ["0", "-1", "a week", "NaN", "1e9"] {
        let error = settings(&[("SKYHAUL__JOURNAL__KEEP_DAYS", value)], &[])
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains("`journal.keep_days`") && error.contains(value),
            "{error}"
        );
    }
}

#[test]
fn how_long_deliveries_that_ended_are_kept_is_said_in_days() {
    let kept = settings(&[("SKYHAUL__STORE__HISTORY_DAYS", "0.5")], &[])
        .expect("good")
        .retention;
    let half_a_day = SimDuration::from_secs(43_200);
    assert_eq!(
        kept,
        Retention {
            history: half_a_day,
            ..Retention::default()
        }
    );
    let error = settings(&[("SKYHAUL__STORE__HISTORY_DAYS", "0")], &[]).expect_err("refused");
    assert!(error.to_string().contains("`store.history_days`"), "{error}");
}

#[test]
fn a_secret_is_not_shown() {
    let url = "smtps://user:secret@mail.example.com";
    let variable = ("SKYHAUL__NOTIFICATIONS__SMTP_URL".to_owned(), url.to_owned());
    let said = Said::gather(None, [variable], []).expect("good");
    let settings = Settings::try_from(&said).expect("good");
    assert_eq!(settings.notifications.smtp_url.as_deref(), Some(url));
    for shown in [said.show(), format!("{settings:?}")] {
        assert!(!shown.contains("secret@"), "{shown}");
    }
    assert!(said.show().contains("(hidden)"));
}

#[test]
fn who_is_asked_for_a_key_needs_one_to_begin_with_and_may_then_be_public() {
    let on = ("SKYHAUL__AUTH__MODE", "on");
    let error = settings(&[on], &[]).expect_err("refused").to_string();
    assert!(error.contains("auth.admin_key_file"), "{error}");
    let key = "0123456789abcdef0123456789abcdef";
    let public = ("server.bind", "0.0.0.0:8080".to_owned(), "--bind");
    let environment = [on, ("SKYHAUL__AUTH__ADMIN_KEY", key)];
    let settings_on = settings(&environment, std::slice::from_ref(&public)).expect("good");
    assert!(settings_on.gateway.asks_who_calls && settings_on.bind.port() == 8080);
    assert!(!format!("{settings_on:?}").contains(key));
    let file = file(&format!("{key}\n"));
    let path = file.path().to_str().expect("a path").to_owned();
    let from_file = settings(&[on, ("SKYHAUL__AUTH__ADMIN_KEY_FILE", &path)], &[]).expect("good");
    assert_eq!(from_file.gateway, settings_on.gateway);
}

#[test]
fn a_secret_is_shown_neither_by_show_nor_by_what_is_wrong_with_it() {
    let environment = [("SKYHAUL__AUTH__ADMIN_KEY", "too-short-a-secret")];
    let error = settings(&environment, &[]).expect_err("refused").to_string();
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let shown = Said::gather(None, environment, []).expect("said").show();
    for told in [error, shown] {
        assert!(told.contains("auth.admin_key"), "{told}");
        assert!(!told.contains("too-short-a-secret"), "{told}");
    }
}

#[test]
fn limits_are_checked() {
    for (name, value) in [
        ("SKYHAUL__LIMITS__PER_KEY", "-1"),
        ("SKYHAUL__LIMITS__PER_ADDRESS", "many"),
        ("SKYHAUL__LIMITS__ALLOWED_ADDRESSES", "10.0.0.0/8, nowhere"),
        ("SKYHAUL__AUTH__MODE", "maybe"),
    ] {
        let error = settings(&[(name, value)], &[]).expect_err("refused").to_string();
        assert!(error.contains(name), "{error}");
    }
    let unlimited = settings(&[("SKYHAUL__LIMITS__PER_KEY", "0")], &[]).expect("good");
    assert_eq!(unlimited.gateway.per_key, None);
}

#[test]
fn tokens_are_taken_only_where_it_is_said_by_whom_they_must_be() {
    let file = ("SKYHAUL__AUTH__JWKS_FILE", "keys.json");
    let error = settings(&[file], &[]).expect_err("refused").to_string();
    assert!(error.contains("`auth.issuer`"), "{error}");
    let issuer = ("SKYHAUL__AUTH__ISSUER", "https://id.example");
    let provider = settings(&[file, issuer], &[]).expect("good").provider;
    let provider = provider.expect("they are taken");
    assert_eq!(
        (provider.tokens.audience.as_str(), provider.tokens.issuer.as_str()),
        ("skyhaul", "https://id.example")
    );
    assert_eq!(provider.keys, KeysAt::File(PathBuf::from("keys.json")));
    let url = ("SKYHAUL__AUTH__JWKS_URL", "https://id.example/keys");
    let error = settings(&[file, url, issuer], &[])
        .expect_err("refused")
        .to_string();
    assert!(error.contains("one place"), "{error}");
    let provider = settings(&[url, issuer], &[]).expect("good").provider;
    assert!(matches!(provider.map(|provider| provider.keys), Some(KeysAt::Url(at)) if at == url.1));
}

#[test]
fn connections_are_secured_where_a_certificate_and_its_key_are_said() {
    let cert = ("SKYHAUL__TLS__CERT", "cert.pem");
    let key = ("SKYHAUL__TLS__KEY", "key.pem");
    let dev = ("tls.mode", "dev".to_owned(), "--tls");
    let tls = |environment: &[(&str, &str)], flags: &[Flag]| {
        settings(environment, flags).map(|settings| settings.tls)
    };
    assert_eq!(tls(&[], &[]).expect("good"), None);
    assert_eq!(
        tls(&[], std::slice::from_ref(&dev)).expect("good"),
        Some(TlsSettings::Development)
    );
    let files = TlsSettings::Files {
        cert: PathBuf::from("cert.pem"),
        key: PathBuf::from("key.pem"),
    };
    assert_eq!(tls(&[cert, key], &[]).expect("good"), Some(files));
    assert_eq!(
        tls(&[cert, key, ("SKYHAUL__TLS__MODE", "off")], &[]).expect("good"),
        None
    );
    for (environment, flags, wanted) in [
        (vec![cert], vec![], "tls.key"),
        (vec![key], vec![], "tls.cert"),
        (vec![cert, key], vec![dev], "one of them"),
        (vec![("SKYHAUL__TLS__MODE", "on")], vec![], "neither"),
    ] {
        let error = tls(&environment, &flags).expect_err("refused").to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn a_base_map_is_a_style_or_an_archive_that_is_there() {
    let said = |text: &str| settings(&[("SKYHAUL__SERVER__BASEMAP", text)], &[]);
    let style = said("https://tiles.example/style.json").expect("an address");
    assert!(matches!(style.basemap, Some(skyhaul_web::Basemap::Style(_))));
    assert_eq!(said("").expect("none").basemap, None);
    let error = said("/nowhere/map.pmtiles").expect_err("refused").to_string();
    assert!(
        error.contains("server.basemap") && error.contains("/nowhere/map.pmtiles"),
        "{error}"
    );
}
