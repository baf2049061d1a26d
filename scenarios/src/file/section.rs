//! A table of a scenario file whose keys are all known.

use toml::de::DeTable;

use super::{Field, Source};
use crate::error::ScenarioError;

/// Keys farther apart than this are not taken for a slip of the pen.
const SIMILARITY_MIN: f64 = 0.6;

/// A table, its path from the root, and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Section<'a> {
    source: &'a Source<'a>,
    path: String,
    offset: usize,
    table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    /// A table in which only these keys may stand.
    ///
    /// # Errors
    /// The first key that is unknown, with the nearest known one.
    pub(crate) fn open(
        source: &'a Source<'a>,
        path: &str,
        offset: usize,
        table: &'a DeTable<'a>,
        known: &[&str],
    ) -> Result<Self, ScenarioError> {
        let section = Self::open_any(source, path, offset, table);
        let unknown = table
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        match unknown {
            None => Ok(section),
            Some(key) => {
                let name = key.get_ref();
                let why = format!("unknown key; {}", suggest(name, known.iter().copied(), "one of"));
                Err(source
                    .error_at(key.span().start, why)
                    .about(section.path_of(name)))
            }
        }
    }

    /// A table whose keys are names that the file chooses.
    pub(crate) fn open_any(
        source: &'a Source<'a>,
        path: &str,
        offset: usize,
        table: &'a DeTable<'a>,
    ) -> Self {
        let path = path.to_owned();
        Self {
            source,
            path,
            offset,
            table,
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<Field<'a>> {
        let value = self.table.get(key)?;
        Some(Field::new(self.source, self.path_of(key), value))
    }

    /// The value of a key that must be there.
    ///
    /// # Errors
    /// Where it is not.
    pub(crate) fn require(&self, key: &str) -> Result<Field<'a>, ScenarioError> {
        self.get(key).ok_or_else(|| self.missing(key))
    }

    /// All values, in the order of the file.
    pub(crate) fn fields(&self) -> Vec<(&'a str, Field<'a>)> {
        let mut fields: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| {
                let name: &'a str = key.get_ref();
                (
                    key.span().start,
                    name,
                    Field::new(self.source, self.path_of(name), value),
                )
            })
            .collect();
        fields.sort_by_key(|(start, ..)| *start);
        fields.into_iter().map(|(_, name, field)| (name, field)).collect()
    }

    /// Refuses keys that mean nothing beside the others.
    ///
    /// # Errors
    /// The first of them that is there, with the reason.
    pub(crate) fn refuse_all(&self, keys: &[&str], why: &str) -> Result<(), ScenarioError> {
        keys.iter()
            .find_map(|key| self.get(key))
            .map_or(Ok(()), |field| Err(field.refuse(why)))
    }

    /// The error that a required key is not there.
    pub(crate) fn missing(&self, key: &str) -> ScenarioError {
        self.source
            .error_at(self.offset, "missing; it is required, add it")
            .about(self.path_of(key))
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// What may have been meant: the nearest known name, else all of them.
pub(crate) fn suggest<'k>(
    name: &str,
    known: impl Iterator<Item = &'k str> + Clone,
    else_say: &str,
) -> String {
    let lower = name.to_lowercase();
    let nearest = known
        .clone()
        .map(|key| (strsim::jaro_winkler(&lower, &key.to_lowercase()), key))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((similarity, key)) if similarity >= SIMILARITY_MIN => format!("did you mean `{key}`?"),
        _ => {
            let all: Vec<String> = known.map(|key| format!("`{key}`")).collect();
            format!("{else_say} {}", all.join(", "))
        }
    }
}
