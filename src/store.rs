//! The services' stores, on the engine that the operator chose or the data folder has.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use skyhaul_web::ports::{KeyValueStore, StoreError};
use thiserror::Error;

use self::fjall::FjallStores;
use self::sled::SledStore;

pub mod fjall;
pub mod sled;

/// The folder of fjall's database among those of the stores; no service is called so.
const FJALL: &str = "fjall";

/// A file that every database of sled has.
const SLED_FILE: &str = "conf";

/// What keeps the services' rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A log-structured tree: one database, a keyspace a service.
    Fjall,
    /// A tree of pages: one database a service.
    Sled,
}

impl Engine {
    /// What a new data folder gets.
    pub const DEFAULT: Self = Self::Fjall;

    const fn name(self) -> &'static str {
        match self {
            Self::Fjall => "fjall",
            Self::Sled => "sled",
        }
    }

    /// The engine that the stores below `folder` were written by, where there are any.
    fn that_wrote(folder: &Path, services: &[&str]) -> Option<Self> {
        let has_sled = |name: &&str| folder.join(name).join(SLED_FILE).exists();
        if folder.join(FJALL).exists() {
            Some(Self::Fjall)
        } else if services.iter().any(has_sled) {
            Some(Self::Sled)
        } else {
            None
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which engine is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The one that the data folder has, or the default.
    #[default]
    Auto,
    /// This one.
    This(Engine),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "fjall" => Ok(Self::This(Engine::Fjall)),
            "sled" => Ok(Self::This(Engine::Sled)),
            other => Err(format!("`{other}` is none of `auto`, `fjall` and `sled`")),
        }
    }
}

/// Why stores cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// They were written by another engine than is wanted.
    #[error(
        "the stores of this data folder are kept by {kept}, not by {wanted}; set store.engine to `{kept}` or `auto`, or choose another folder with --data"
    )]
    Other {
        /// The engine that wrote them.
        kept: Engine,
        /// The engine that is wanted.
        wanted: Engine,
    },
    /// The device fails, or what is on it is damaged.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// Opens the stores of services below `folder`, in the order of `services`; they are made where they are missing.
///
/// # Errors
/// [`OpenError`].
pub fn open<const N: usize>(
    folder: &Path,
    choice: Choice,
    services: [&'static str; N],
) -> Result<[Arc<dyn KeyValueStore>; N], OpenError> {
    let kept = Engine::that_wrote(folder, &services);
    let engine = match (choice, kept) {
        (Choice::This(wanted), Some(kept)) if wanted != kept => {
            return Err(OpenError::Other { kept, wanted });
        }
        (Choice::This(wanted), _) => wanted,
        (Choice::Auto, kept) => kept.unwrap_or(Engine::DEFAULT),
    };
    match engine {
        Engine::Fjall => {
            let stores = FjallStores::open(&folder.join(FJALL), &services)?;
            Ok(services.map(|name| Arc::new(stores.store(name)) as _))
        }
        Engine::Sled => {
            let mut opened = Vec::with_capacity(N);
            for name in services {
                opened.push(Arc::new(SledStore::open(name, &folder.join(name))?) as Arc<dyn KeyValueStore>);
            }
            Ok(opened
                .try_into()
                .unwrap_or_else(|_| unreachable!("one was opened for each")))
        }
    }
}

/// What a store's users are told of an engine's error.
fn failed(store: &'static str, error: &dyn fmt::Display) -> StoreError {
    StoreError {
        store,
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_web::ports::changes::Changes;
    use tempfile::TempDir;

    use super::*;

    const SERVICES: [&str; 2] = ["one", "two"];

    fn put(store: &dyn KeyValueStore, key: &[u8]) {
        let mut change = Changes::default();
        change.put(key, &[1]);
        store.commit(&change).expect("the device works");
        store.flush().expect("the device works");
    }

    #[test]
    fn a_folder_keeps_the_engine_it_was_begun_with() {
        for engine in [Engine::Fjall, Engine::Sled] {
            let folder = TempDir::new().expect("a temporary folder");
            let [one, _two] = open(folder.path(), Choice::This(engine), SERVICES).expect("opens");
            put(&*one, b"a");
            drop((one, _two));
            assert_eq!(Engine::that_wrote(folder.path(), &SERVICES), Some(engine));
            let [one, two] = open(folder.path(), Choice::Auto, SERVICES).expect("opens");
            assert_eq!(one.get(b"a").expect("the device works"), Some(vec![1]));
            assert_eq!(
                two.get(b"a").expect("the device works"),
                None,
                "a store is its service's alone"
            );
        }
    }

    #[test]
    fn stores_of_the_other_engine_are_refused_and_left_alone() {
        let folder = TempDir::new().expect("a temporary folder");
        drop(open(folder.path(), Choice::This(Engine::Sled), SERVICES).expect("opens"));
        let refused = open(folder.path(), Choice::This(Engine::Fjall), SERVICES).map(drop);
        let reason = refused.expect_err("sled wrote it").to_string();
        assert!(reason.contains("kept by sled, not by fjall"), "{reason}");
        assert!(!folder.path().join(FJALL).exists());
    }

    #[test]
    fn a_new_folder_gets_the_default() {
        let folder = TempDir::new().expect("a temporary folder");
        drop(open(folder.path(), Choice::Auto, SERVICES).expect("opens"));
        assert_eq!(
            Engine::that_wrote(folder.path(), &SERVICES),
            Some(Engine::DEFAULT)
        );
    }
}
