//! Threads of the parts: who goes first where processors are short, whoever answers clients, then whoever works off what was answered; and
//! how they are called where the system lists them.

/// A part's place when threads compete for a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// A client waits for it: as the threads that serve HTTP.
    Answering,
    /// It works off what is durable already, and may lag: in a spike requests are answered first, and the engine, the stores and the notices catch up
    /// afterwards. How far they lag is bounded and shown.
    WorkingOff,
}

impl Rank {
    /// Gives the calling thread this place.
    #[cfg(target_os = "linux")]
    pub fn take(self) {
        use rustix::process::{Pid, getpriority_process, setpriority_process};

        /// A tenth of the processor time of a thread that serves HTTP, where both want all of it.
        const NICENESS: i32 = 10;

        if self == Self::WorkingOff {
            // On Linux "this process" is the calling thread. Where it is refused all are equal, as they would be without.
            let this_thread: Option<Pid> = None;
            let placed = getpriority_process(this_thread)
                .and_then(|own| setpriority_process(this_thread, own.max(NICENESS)));
            if let Err(error) = placed {
                tracing::debug!(%error, "a thread keeps its priority");
            }
        }
    }

    /// Does nothing: here priorities are those of whole processes.
    #[cfg(not(target_os = "linux"))]
    pub fn take(self) {}
}

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
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn is_the_calling_threads_own() {
        let of_a_thread = |rank: Rank| {
            let asked = std::thread::spawn(move || {
                rank.take();
                getpriority_process(None)
            });
            asked
                .join()
                .expect("the thread ends")
                .expect("priorities are known")
        };
        let own = getpriority_process(None).expect("priorities are known");
        assert_eq!(of_a_thread(Rank::WorkingOff), own.max(10));
        assert_eq!(of_a_thread(Rank::Answering), own);
        assert_eq!(getpriority_process(None), Ok(own));
    }

    #[test]
    fn a_thread_is_called_after_its_part_as_far_as_there_is_room() {
        let called = std::thread::spawn(|| {
            name_thread("the engine's host");
            std::fs::read_to_string("/proc/thread-self/comm").expect("it has a name")
        });
        assert_eq!(called.join().expect("the thread ends"), "the engine's ho\n");
    }
}
