//! A scenario with everything it is made of, as text: can be kept in a journal and built again anywhere.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::ScenarioError;
use crate::file::{Field, Section, Source, read_tables};
use crate::scenario::PICKUPS_AT_DEPOTS;

/// The largest file that is read, bytes. A year of hourly weather has 0.7 MB, a trace of 20,000 requests 3 MB; what is larger is not a
/// scenario. Such a file is refused.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The largest bundle, bytes: it is one record of a journal. A larger one is refused.
const BUNDLE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What the built-in scenario is called.
const FLORENCE: &str = "florence (built in)";

/// A scenario file's text and the text of every file it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioBundle {
    /// The path as given, or `florence (built in)`.
    pub name: String,
    /// The scenario file's text.
    pub text: String,
    /// The text of the files it names, by their path as written in the scenario.
    pub files: BTreeMap<String, String>,
}

impl ScenarioBundle {
    /// Reads a scenario file and what it names, relative to itself.
    ///
    /// # Errors
    /// Where a file cannot be read, is too large or no text, or the scenario is not TOML.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let name = path.display().to_string();
        let text = read_text(path).map_err(|why| ScenarioError::of_file(&name, why))?;
        let files = read_named(&name, &text, path.parent().unwrap_or(Path::new("")))?;
        let bytes = text.len() + files.values().map(String::len).sum::<usize>();
        if bytes > BUNDLE_BYTES_MAX {
            let why = format!(
                "has {bytes} bytes with the files it names, must have no more than {BUNDLE_BYTES_MAX}"
            );
            return Err(ScenarioError::of_file(&name, why));
        }
        Ok(Self { name, text, files })
    }

    /// Florence, as it was when the program was built.
    #[must_use]
    pub fn florence() -> Self {
        let files = [
            (
                "../data/places_firenze.csv",
                include_str!("../data/places_firenze.csv"),
            ),
            (
                "../data/shops_firenze.csv",
                include_str!("../data/shops_firenze.csv"),
            ),
            (
                "../data/airports_firenze.csv",
                include_str!("../data/airports_firenze.csv"),
            ),
            (
                "../data/zones_firenze.geojson",
                include_str!("../data/zones_firenze.geojson"),
            ),
        ];
        Self {
            name: FLORENCE.to_owned(),
            text: include_str!("../library/florence.toml").to_owned(),
            files: files
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .into(),
        }
    }

    /// The text of the file that a key names.
    ///
    /// # Errors
    /// Where the bundle does not hold it.
    pub(crate) fn file(&self, key: &Field<'_>) -> Result<(&str, &str), ScenarioError> {
        let path = key.text()?;
        self.files
            .get_key_value(path)
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .ok_or_else(|| key.refuse(format_args!("`{path}` is not among the scenario's files")))
    }
}

/// The text of every file that a scenario names.
fn read_named(name: &str, text: &str, folder: &Path) -> Result<BTreeMap<String, String>, ScenarioError> {
    let source = Source::new(name, text);
    let tables = read_tables(&source, text)?;
    let root = Section::open_any(&source, "", 0, tables.get_ref());
    let mut files = BTreeMap::new();
    for key in file_keys(&root) {
        let path = key.text()?;
        if !files.contains_key(path) {
            let text =
                read_text(&folder.join(path)).map_err(|why| key.refuse(format_args!("`{path}` {why}")))?;
            files.insert(path.to_owned(), text);
        }
    }
    Ok(files)
}

/// The keys that name files; those of a wrong type are left to the check of the scenario.
fn file_keys<'a>(root: &Section<'a>) -> Vec<Field<'a>> {
    let section = |name: &str| root.get(name).and_then(|field| field.named_tables().ok());
    let demand = section("demand");
    let weather = section("weather");
    let airspace = section("airspace");
    let airports = airspace
        .as_ref()
        .and_then(|airspace| airspace.get("airports")?.named_tables().ok());
    let of = |section: &Option<Section<'a>>, key: &str| section.as_ref().and_then(|section| section.get(key));
    [
        of(&demand, "places"),
        of(&demand, "pickups").filter(|field| field.text().is_ok_and(|text| text != PICKUPS_AT_DEPOTS)),
        of(&weather, "file"),
        of(&airports, "file"),
        of(&airspace, "no_fly"),
    ]
    .into_iter()
    .flatten()
    .filter(Field::is_text)
    .collect()
}

/// A file's text, or why there is none.
fn read_text(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| {
        format!("cannot be read: {error}; check the path, which is relative to the scenario file")
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(cannot)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!(
            "is too large, must have no more than {FILE_BYTES_MAX} bytes"
        ));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text; convert it".to_owned())
}
