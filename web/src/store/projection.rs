//! Projections: folds of events into rows, with the number of the next event committed beside the rows.

use std::sync::Arc;

use skyhaul_actors::event::Event;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use tokio::sync::watch;

use super::key::Key;
use super::rows::Rows;
use super::table::Table;
use crate::ports::{KeyValueStore, Projection, StoreError};

/// The table that holds the number of the next event.
const PROGRESS: u8 = 0;

/// A fold of events into the rows of one service. It keeps nothing besides but what it saves with them, and takes an event twice without harm: a
/// batch that fails is folded again.
pub(crate) trait Fold: Send {
    /// The service's name.
    const NAME: &'static str;

    /// Its tables whose rows are looked up by their keys, and not listed while events are folded.
    const LOOKED_UP: &'static [u8] = &[];

    /// Folds one event.
    fn fold(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError>;

    /// Ends a batch, before it is committed.
    fn finish(&self, _rows: &mut Rows<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    /// Writes what it has in memory, where that is not written yet: the store is about to be given the rows of all events before.
    fn save(&self, _rows: &mut Rows<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    /// Lets go of some of what hangs on deliveries that ended before an instant; the changes are a bounded number, and none where nothing is left.
    fn forget(&self, _before: SimTime, _rows: &mut Rows<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    /// The batch is committed.
    fn committed(&self, _events: &[Numbered<Event>]) {}
}

/// Tells when a projection has moved on.
#[derive(Clone)]
pub(crate) struct Progress(watch::Receiver<u64>);

impl Progress {
    /// Waits until rows satisfy `look`, looking again whenever the projection has moved on. Callers set their own time limit.
    pub(crate) async fn until<T>(
        &self,
        mut look: impl FnMut() -> Result<Option<T>, StoreError>,
    ) -> Result<T, StoreError> {
        let mut moved = self.0.clone();
        loop {
            moved.borrow_and_update();
            if let Some(found) = look()? {
                return Ok(found);
            }
            if moved.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// A fold with its store.
pub(crate) struct StoredProjection<F> {
    fold: F,
    table: Table,
    next_event: u64,
    /// When the last event happened; `None` before the first since the start.
    latest: Option<SimTime>,
    moved: watch::Sender<u64>,
}

impl<F: Fold> StoredProjection<F> {
    /// Goes on where the store's rows stand.
    pub(crate) fn open(store: Arc<dyn KeyValueStore>, fold: F) -> Result<Self, StoreError> {
        let table = Table::looked_up(F::NAME, store, F::LOOKED_UP);
        let next_event = table.get(&Key::of(PROGRESS))?.unwrap_or(0);
        Ok(Self {
            fold,
            table,
            next_event,
            latest: None,
            moved: watch::Sender::new(next_event),
        })
    }

    /// Its rows.
    pub(crate) fn table(&self) -> Table {
        self.table.clone()
    }

    /// When it moves on.
    pub(crate) fn progress(&self) -> Progress {
        Progress(self.moved.subscribe())
    }

    /// Adds what the fold has in memory to its rows, so that the store gets both together.
    fn save(&self) -> Result<(), StoreError> {
        let mut rows = self.table.rows();
        self.fold.save(&mut rows)?;
        rows.commit();
        Ok(())
    }
}

impl<F: Fold> Projection for StoredProjection<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn next_event(&self) -> u64 {
        self.next_event
    }

    fn apply(&mut self, events: &[Numbered<Event>]) -> Result<(), StoreError> {
        let known = events.partition_point(|event| event.number < self.next_event);
        let new = &events[known..];
        let Some(last) = new.last() else {
            return Ok(());
        };
        self.table.make_room(|| self.save())?;
        let next_event = last.number + 1;
        let mut rows = self.table.rows();
        for event in new {
            self.fold.fold(event, &mut rows)?;
        }
        self.fold.finish(&mut rows)?;
        rows.put(Key::of(PROGRESS), &next_event)?;
        rows.commit();
        self.next_event = next_event;
        self.latest = Some(last.at);
        self.fold.committed(new);
        self.moved.send_replace(next_event);
        Ok(())
    }

    fn forget(&mut self, kept: SimDuration) -> Result<bool, StoreError> {
        let Some(latest) = self.latest else {
            return Ok(false);
        };
        let mut rows = self.table.rows();
        self.fold.forget(latest - kept, &mut rows)?;
        if rows.is_empty() {
            return Ok(false);
        }
        rows.commit();
        Ok(true)
    }

    fn flush(&mut self, breathe: &mut dyn FnMut()) -> Result<(), StoreError> {
        self.save()?;
        self.table.flush_gently(breathe)
    }
}
