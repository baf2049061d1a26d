//! The code base's own rules: who may import whom, who may read the wall clock, and how long a file may be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each crate may depend on; anything else needs a line here, and a reason in the commit that adds it.
const ALLOWED: [(&str, &[&str]); 5] = [
    (
        "engine",
        &[
            "geo",
            "libc",
            "libm",
            "postcard",
            "rand",
            "rand_pcg",
            "serde",
            "thiserror",
        ],
    ),
    (
        "actors",
        &[
            "geo",
            "libm",
            "postcard",
            "rstar",
            "serde",
            "skyhaul-engine",
            "thiserror",
            "uuid",
        ],
    ),
    (
        "telemetry",
        &[
            "bytes",
            "futures-util",
            "jiff",
            "mavlink",
            "parking_lot",
            "percent-encoding",
            "postcard",
            "prometheus",
            "serde",
            "serde_json",
            "skyhaul-actors",
            "skyhaul-engine",
            "socket2",
            "thiserror",
            "tokio",
            "tokio-rustls",
            "tokio-tungstenite",
            "tokio-util",
            "tracing",
        ],
    ),
    (
        "scenarios",
        &[
            "csv",
            "geo",
            "geojson",
            "jiff",
            "libm",
            "serde",
            "serde_json",
            "sha2",
            "skyhaul-actors",
            "skyhaul-engine",
            "skyhaul-telemetry",
            "strsim",
            "thiserror",
            "toml",
            "uuid",
        ],
    ),
    (
        "web",
        &[
            "actix-http",
            "actix-service",
            "actix-web",
            "base64",
            "foldhash",
            "futures-util",
            "getrandom",
            "governor",
            "hmac",
            "jiff",
            "jsonwebtoken",
            "parking_lot",
            "postcard",
            "prometheus",
            "ring",
            "rust-embed",
            "rustls",
            "serde",
            "serde_json",
            "sha2",
            "skyhaul-actors",
            "skyhaul-engine",
            "skyhaul-scenarios",
            "skyhaul-telemetry",
            "smallvec",
            "subtle",
            "thiserror",
            "tokio",
            "tokio-rustls",
            "tracing",
            "utoipa",
            "utoipa-swagger-ui",
            "uuid",
        ],
    ),
];

/// Who reads the wall clock, and what for: to note when a world began and when an operator acted, how long a key is kept, which seed comes first,
/// when a span began.
/// Running virtual time follows a monotonic clock, so that no jump of the wall clock moves it.
const READ_THE_WALL_CLOCK: [&str; 6] = [
    "src/fuzz.rs",
    "src/runtime/pacer.rs",
    "web/src/account.rs",
    "web/src/ingestion.rs",
    "web/src/operations.rs",
    "web/src/trace/span.rs",
];

/// Longest file, tests included.
const LINES_MAX: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `folder` with one of the endings, build output and installed packages left out.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir()
                && !["target", "node_modules", "dist", ".git", "data", "out"].contains(&name.as_str())
            {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn each_crate_depends_on_what_it_may_only() {
    for (member, allowed) in ALLOWED {
        let text =
            fs::read_to_string(root().join(member).join("Cargo.toml")).expect("the manifest can be read");
        let manifest: toml::Table = text.parse().expect("the manifest is TOML");
        let dependencies: BTreeSet<&str> = manifest["dependencies"]
            .as_table()
            .expect("dependencies are a table")
            .keys()
            .map(String::as_str)
            .collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let others: Vec<_> = dependencies.difference(&allowed).collect();
        assert!(others.is_empty(), "{member} may not depend on {others:?}");
    }
}

#[test]
fn no_source_file_is_longer_than_a_reader_holds() {
    let long: Vec<_> = files(root(), &[".rs", ".ts", ".css", ".mjs"])
        .into_iter()
        .map(|path| {
            (
                fs::read_to_string(&path)
                    .expect("sources are text")
                    .lines()
                    .count(),
                path,
            )
        })
        .filter(|(lines, _)| *lines > LINES_MAX)
        .collect();
    assert!(long.is_empty(), "longer than {LINES_MAX} lines: {long:?}");
}

#[test]
fn modules_are_files_beside_folders() {
    let old: Vec<_> = files(root(), &["mod.rs"])
        .into_iter()
        .filter(|path| path.ends_with("mod.rs"))
        .collect();
    assert!(old.is_empty(), "name.rs beside name/, not {old:?}");
}

#[test]
fn the_wall_clock_is_read_where_it_may_be_only() {
    let mut readers: Vec<_> = ["src", "web/src", "telemetry/src", "scenarios/src"]
        .into_iter()
        .flat_map(|folder| files(&root().join(folder), &[".rs"]))
        .filter(|path| {
            let text = fs::read_to_string(path).expect("sources are text");
            ["SystemTime::now", "Timestamp::now", "Zoned::now"]
                .iter()
                .any(|reading| text.contains(reading))
        })
        .map(|path| path.strip_prefix(root()).expect("below the root").to_path_buf())
        .collect();
    readers.sort();
    assert_eq!(readers, READ_THE_WALL_CLOCK.map(PathBuf::from));
}
