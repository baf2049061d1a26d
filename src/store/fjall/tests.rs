use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;

use proptest::prelude::*;
use skyhaul_web::ports::suite;
use tempfile::TempDir;

use super::*;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// Rows of a batch.
const ROWS: u8 = 20;

fn opened(folder: &Path) -> FjallStore {
    let stores = FjallStores::open(folder, &["tried", "other"]).expect("opens");
    stores.store("tried")
}

#[test]
fn passes_the_suite_of_its_port() {
    let folder = TempDir::new().expect("a temporary folder");
    suite::reopened_key_value_store(&mut || opened(folder.path()));
}

fn commit(store: &FjallStore, batch: u8) {
    let mut rows = Changes::default();
    for number in 0..ROWS {
        rows.put(&[batch, number], &[batch; 100]);
    }
    store.commit(&rows).expect("the device works");
}

/// How many rows of a batch there are.
fn rows(store: &FjallStore, batch: u8) -> u8 {
    let mut count = 0;
    store
        .scan(&[batch], &[batch + 1], false, &mut |_, value| {
            assert_eq!(value, [batch; 100]);
            count += 1;
            true
        })
        .expect("the device works");
    count
}

/// Copies a folder with all that lies below it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from)
        .expect("reads")
        .map(|entry| entry.expect("reads"))
    {
        let target = to.join(entry.file_name());
        if entry.file_type().expect("known").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copies");
        }
    }
}

/// The files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)
        .expect("reads")
        .map(|entry| entry.expect("reads"))
    {
        if entry.file_type().expect("known").is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

/// Puts some sectors of what the files held later into what was synchronised.
fn reach_the_disk(disk: &Path, later: &Path, mut reaches: impl FnMut() -> bool) {
    for path in files(later) {
        let (new, name) = (
            fs::read(&path).expect("reads"),
            path.strip_prefix(later).expect("below"),
        );
        let old = fs::read(disk.join(name)).unwrap_or_default();
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(disk.join(name))
            .expect("opens");
        for (number, sector) in new.chunks(SECTOR).enumerate() {
            let at = number * SECTOR;
            let has_changed = old.get(at..at + sector.len()) != Some(sector);
            if has_changed && reaches() {
                file.write_all_at(sector, at as u64).expect("writes");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_power_loss_costs_whole_batches_since_the_last_flush_and_nothing_before(bits in prop::collection::vec(any::<bool>(), 64)) {
        let folder = TempDir::new().expect("a temporary folder");
        let [work, disk, later] = ["work", "disk", "later"].map(|name| folder.path().join(name));
        let store = opened(&work);
        commit(&store, 1);
        commit(&store, 2);
        store.flush().expect("the device works");
        copy(&work, &disk);
        (3..=6).for_each(|batch| commit(&store, batch));
        copy(&work, &later);
        drop(store);
        let mut fate = bits.iter().copied().cycle();
        reach_the_disk(&disk, &later, || fate.next().unwrap_or_default());
        let store = opened(&disk);
        prop_assert_eq!((rows(&store, 1), rows(&store, 2)), (ROWS, ROWS));
        let left: Vec<u8> = (3..=6).map(|batch| rows(&store, batch)).collect();
        prop_assert!(left.iter().all(|rows| [0, ROWS].contains(rows)), "{:?}", left);
        prop_assert!(left.is_sorted_by(|one, next| one >= next), "{:?}", left);
        commit(&store, 7);
        prop_assert_eq!(rows(&store, 7), ROWS);
    }
}
