//! The ports in memory: for tests, and for runs that keep nothing.

use crate::ports::{
    Journal, JournalError, JournalRecord, KeptSnapshot, RecordNumber, SnapshotMark, SnapshotStore,
    SnapshotStoreError,
};
use crate::time::SimTime;

/// A journal that forgets everything when it is dropped.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    records: Vec<JournalRecord>,
    flushed: usize,
    kept_from: RecordNumber,
}

impl Journal for MemoryJournal {
    fn append(&mut self, stamp: SimTime, payload: &[u8]) -> Result<RecordNumber, JournalError> {
        let number = self.next_number();
        self.records.push(JournalRecord {
            number,
            stamp,
            payload: payload.to_vec(),
        });
        Ok(number)
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        self.flushed = self.records.len();
        Ok(())
    }

    fn next_number(&self) -> RecordNumber {
        RecordNumber(self.records.len() as u64)
    }

    fn read(
        &self,
        from: RecordNumber,
        visit: &mut dyn FnMut(JournalRecord) -> bool,
    ) -> Result<(), JournalError> {
        if from < self.kept_from && from != RecordNumber(0) {
            return Err(JournalError::Gone(from));
        }
        let wanted = self.records[..self.flushed]
            .iter()
            .filter(|record| record.number >= from)
            .filter(|record| record.number >= self.kept_from || record.number == RecordNumber(0));
        for record in wanted {
            if !visit(record.clone()) {
                break;
            }
        }
        Ok(())
    }

    fn release_before(&mut self, number: RecordNumber) -> Result<(), JournalError> {
        self.kept_from = self.kept_from.max(number);
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.bytes_from(self.kept_from)
    }

    fn bytes_from(&self, number: RecordNumber) -> u64 {
        let kept = self
            .records
            .iter()
            .filter(|record| record.number == RecordNumber(0) || record.number >= number);
        kept.map(|record| record.payload.len() as u64).sum()
    }
}

/// A store of snapshots that forgets everything when it is dropped.
#[derive(Clone, Debug, Default)]
pub struct MemorySnapshotStore {
    snapshots: Vec<(SnapshotMark, Vec<u8>)>,
}

impl SnapshotStore for MemorySnapshotStore {
    fn save(&mut self, mark: SnapshotMark, bytes: &[u8]) -> Result<(), SnapshotStoreError> {
        self.snapshots.retain(|(known, _)| *known != mark);
        self.snapshots.push((mark, bytes.to_vec()));
        self.snapshots.sort_by_key(|(known, _)| known.next_event);
        Ok(())
    }

    fn kept(&self) -> Result<Vec<KeptSnapshot>, SnapshotStoreError> {
        let kept = self.snapshots.iter().map(|(mark, bytes)| KeptSnapshot {
            mark: *mark,
            bytes: bytes.len() as u64,
        });
        Ok(kept.collect())
    }

    fn load(&self, mark: SnapshotMark) -> Result<Vec<u8>, SnapshotStoreError> {
        self.snapshots
            .iter()
            .find(|(known, _)| *known == mark)
            .map(|(_, bytes)| bytes.clone())
            .ok_or_else(|| SnapshotStoreError::Device(std::io::ErrorKind::NotFound.into()))
    }

    fn remove(&mut self, mark: SnapshotMark) -> Result<(), SnapshotStoreError> {
        self.snapshots.retain(|(known, _)| *known != mark);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::suite;

    #[test]
    fn the_memory_journal_passes_the_suite() {
        suite::journal(&mut MemoryJournal::default(), &mut |journal| journal);
    }

    #[test]
    fn the_memory_snapshot_store_passes_the_suite() {
        suite::snapshot_store(&mut MemorySnapshotStore::default());
    }
}
