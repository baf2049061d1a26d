//! Names of threads, as the system's tools list them.

/// Gives the calling thread the name of its part, so that `top -H` and `perf` tell them apart: those of all arbiters begin alike, and the system
/// shows only so much of a name.
#[cfg(target_os = "linux")]
pub fn name_thread(part: &str) {
    /// What the system keeps of a name.
    const BYTES_MAX: usize = 15;

    let shown = &part[..part.floor_char_boundary(BYTES_MAX)];
    if let Err(error) = std::fs::write("/proc/thread-self/comm", shown) {
        tracing::debug!(%error, part, "a thread keeps its name");
    }
}

/// Does nothing: here threads are named by who starts them.
#[cfg(not(target_os = "linux"))]
pub fn name_thread(_part: &str) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_called_after_its_part_as_far_as_there_is_room() {
        let called = std::thread::spawn(|| {
            name_thread("the engine's host");
            std::fs::read_to_string("/proc/thread-self/comm").expect("it has a name")
        });
        assert_eq!(called.join().expect("the thread ends"), "the engine's ho\n");
    }
}
