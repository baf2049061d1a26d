//! Priority: once the world is up, who works through what was accepted gives way to who answers.

/// How far: a third of the share that an answering thread has while both want the processor. Less, and answers wait behind slices of four
/// milliseconds; ten, and beside neighbours that take all they can get the engine has next to none.
const NICENESS: i32 = 5;

/// The calling thread gives way from here on. It cannot take that back without a privilege, so it does so when what others wait for is done.
pub(super) fn give_way() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "a thread cannot give way to others; answers may take longer beside it");
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn a_thread_that_gives_way_is_alone_in_it() {
        let before = getpriority_process(None).expect("a priority");
        let given = std::thread::spawn(|| {
            give_way();
            getpriority_process(None).expect("a priority")
        });
        assert_eq!(given.join().expect("ends"), NICENESS.max(before));
        assert_eq!(getpriority_process(None).expect("a priority"), before);
    }
}
