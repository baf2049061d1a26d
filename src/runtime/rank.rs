//! Who goes first where processors are short: whoever answers clients, then whoever works off what was answered.

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
}
