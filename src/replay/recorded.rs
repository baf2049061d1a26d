//! What a data folder holds, opened without changing a byte of it.

use std::path::Path;
use std::sync::Arc;

use skyhaul_actors::environment::Environment;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::{RecordNumber, SnapshotMark, SnapshotStore as _};
use skyhaul_engine::time::SimTime;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};

use crate::data_dir::DataDir;
use crate::exit::Failure;
use crate::journal::{Cut, FileJournal};
use crate::record::Identity;
use crate::runtime::recovery::{self, JournalSummary};
use crate::snapshot::FileSnapshotStore;

/// A recorded run.
pub(super) struct Recorded {
    pub(super) journal: FileJournal,
    pub(super) snapshots: FileSnapshotStore,
    pub(super) summary: JournalSummary,
    pub(super) identity: Identity,
    pub(super) environment: Arc<Environment>,
    /// A torn tail, which is left out.
    pub(super) cut: Option<Cut>,
    _data: DataDir,
}

/// Where a replay begins.
pub(super) struct Start {
    pub(super) world: World,
    /// The first record that the world has not taken in.
    pub(super) from: RecordNumber,
    pub(super) snapshot: Option<SnapshotMark>,
    /// Newer snapshots, and why they cannot be used.
    pub(super) unusable: Vec<String>,
}

impl Recorded {
    /// Opens the data folder.
    pub(super) fn open(folder: &Path) -> Result<Self, Failure> {
        let data = DataDir::lock_to_read(folder)?;
        let (journal, report) = FileJournal::open_to_read(&data.journal()).map_err(Failure::broken)?;
        let mut summary = recovery::summarise(&journal).map_err(Failure::broken)?;
        let identity = summary
            .identity
            .take()
            .ok_or_else(|| Failure::usage(format!("{}: nothing was recorded here yet", folder.display())))?;
        let scenario = Scenario::parse(&identity.scenario).map_err(Failure::usage)?;
        let environment = Arc::new(scenario.environment(options(&identity)));
        Ok(Self {
            snapshots: FileSnapshotStore::open_to_read(&data.snapshots()),
            journal,
            summary,
            identity,
            environment,
            cut: report.cut,
            _data: data,
        })
    }

    /// Whether the journal still reaches back to the founding.
    pub(super) fn is_whole(&self) -> bool {
        self.journal.kept_from() <= RecordNumber(1)
    }

    /// The world as it was founded.
    pub(super) fn founding(&self) -> Result<Start, Failure> {
        if !self.is_whole() {
            return Err(Failure::usage(format!(
                "the journal's records before {} were let go of: a replay can begin at a snapshot only",
                self.journal.kept_from().0
            )));
        }
        Ok(Start {
            world: World::found(&self.environment),
            from: RecordNumber(1),
            snapshot: None,
            unusable: Vec::new(),
        })
    }

    /// The newest snapshot no later than `until`, else the founding.
    pub(super) fn newest(&self, until: SimTime) -> Result<Start, Failure> {
        let mut unusable = Vec::new();
        for mark in self.marks(until)?.into_iter().rev() {
            match self.load(mark) {
                Ok(world) => {
                    return Ok(Start {
                        world,
                        from: mark.next_record,
                        snapshot: Some(mark),
                        unusable,
                    });
                }
                Err(error) => unusable.push(format!("the snapshot at {} s: {error}", mark.at)),
            }
        }
        let founding = self.founding()?;
        Ok(Start { unusable, ..founding })
    }

    /// The snapshots from which the journal goes on, no later than `until`, oldest first.
    pub(super) fn marks(&self, until: SimTime) -> Result<Vec<SnapshotMark>, Failure> {
        let kept = self.snapshots.kept().map_err(Failure::broken)?;
        let marks = kept.into_iter().map(|kept| kept.mark);
        let goes_on = |mark: &SnapshotMark| mark.at <= until && mark.next_record >= self.journal.kept_from();
        Ok(marks.filter(goes_on).collect())
    }

    /// The world of a snapshot.
    pub(super) fn load(&self, mark: SnapshotMark) -> Result<World, String> {
        let bytes = self.snapshots.load(mark).map_err(|error| error.to_string())?;
        let (world, _) = recovery::unpack(&bytes)?;
        World::load(Arc::clone(&self.environment), world).map_err(|error| error.to_string())
    }
}

/// How the recorded world was built from its scenario.
pub(super) fn options(identity: &Identity) -> BuildOptions {
    BuildOptions {
        seed: identity.seed,
        epoch_unix_micros: Some(identity.epoch_unix_micros),
        demand: identity.demand,
    }
}
