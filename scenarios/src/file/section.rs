//! A table of a scenario file whose keys are all known.

use std::ops::RangeInclusive;

use skyhaul_engine::time::SimDuration;
use toml::de::DeTable;

use super::{Field, Source};
use crate::error::ScenarioError;

/// Most names listed where none is near: a screenful.
const LISTED_MAX: usize = 40;

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
                let why = format!(
                    "unknown key; {}",
                    suggest(name, known.iter().copied(), "must be one of")
                );
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

    /// A number within limits, else the default.
    ///
    /// # Errors
    /// Where it is another type or out of range.
    pub(crate) fn number_or(
        &self,
        key: &str,
        default: f64,
        range: RangeInclusive<f64>,
    ) -> Result<f64, ScenarioError> {
        self.get(key).map_or(Ok(default), |field| field.number(range))
    }

    /// A number of things within limits, else the default.
    ///
    /// # Errors
    /// Where it is another type or out of range.
    pub(crate) fn count_or(
        &self,
        key: &str,
        default: u32,
        range: RangeInclusive<u32>,
    ) -> Result<u32, ScenarioError> {
        self.get(key).map_or(Ok(default), |field| field.count(range))
    }

    /// A span within limits, if there is one.
    ///
    /// # Errors
    /// Where it is another type or out of range.
    pub(crate) fn duration(
        &self,
        key: &str,
        range: RangeInclusive<SimDuration>,
    ) -> Result<Option<SimDuration>, ScenarioError> {
        self.get(key).map(|field| field.duration(range)).transpose()
    }

    /// A truth, else the default.
    ///
    /// # Errors
    /// Where it is another type.
    pub(crate) fn boolean_or(&self, key: &str, default: bool) -> Result<bool, ScenarioError> {
        self.get(key).map_or(Ok(default), |field| field.boolean())
    }

    /// A sub-table in which only these keys may stand, if there is one.
    ///
    /// # Errors
    /// Where it is another type, or holds an unknown key.
    pub(crate) fn table(&self, key: &str, known: &[&str]) -> Result<Option<Self>, ScenarioError> {
        self.get(key).map(|field| field.table(known)).transpose()
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

/// What may have been meant: the nearest known name, and all of them where it is not near. `listed` introduces them.
pub(crate) fn suggest<'k>(name: &str, known: impl Iterator<Item = &'k str> + Clone, listed: &str) -> String {
    let lower = name.to_lowercase();
    let nearest = known
        .clone()
        .map(|key| (strsim::jaro_winkler(&lower, &key.to_lowercase()), key))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((similarity, key)) if similarity >= SIMILARITY_MIN => format!("did you mean `{key}`?"),
        Some((_, key)) => {
            let all: Vec<String> = known.take(LISTED_MAX).map(|key| format!("`{key}`")).collect();
            format!("the nearest known is `{key}`; {listed} {}", all.join(", "))
        }
        None => "nothing is known here".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(name: &str) -> String {
        suggest(name, ["name", "centre", "radius"].into_iter(), "must be one of")
    }

    #[test]
    fn suggests_the_nearest_name_and_lists_all_where_none_is_near() {
        assert_eq!(nearest("center"), "did you mean `centre`?");
        assert_eq!(nearest("Radious"), "did you mean `radius`?");
        let far = nearest("xyz");
        assert!(far.starts_with("the nearest known is `"), "{far}");
        assert!(
            far.ends_with("must be one of `name`, `centre`, `radius`"),
            "{far}"
        );
    }
}
