//! Priority: once the world is up, who works through what was accepted gives way to who answers.

use rustix::io;
use rustix::process::{getpriority_process, setpriority_process};

/// How far, in steps of niceness: to a third of the share that an answering thread has while both want the processor. Less, and answers wait behind
/// slices of four milliseconds; ten, and beside neighbours that take all they can get the engine has next to none.
const STEPS: i32 = 5;

/// The highest niceness there is.
const NICENESS_MAX: i32 = 19;

/// The calling thread gives way from here on, from wherever the process stands. It cannot take that back without a privilege, so it does so when what
/// others wait for is done.
pub(super) fn give_way() {
    if let Err(error) = step_back() {
        tracing::debug!(%error, "a thread cannot give way to others; answers may take longer beside it");
    }
}

fn step_back() -> io::Result<()> {
    setpriority_process(None, (getpriority_process(None)? + STEPS).min(NICENESS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_gives_way_is_alone_in_it() {
        let before = getpriority_process(None).expect("a priority");
        let given = std::thread::spawn(|| {
            give_way();
            getpriority_process(None).expect("a priority")
        });
        assert_eq!(given.join().expect("ends"), (before + STEPS).min(NICENESS_MAX));
        assert_eq!(getpriority_process(None).expect("a priority"), before);
    }
}
