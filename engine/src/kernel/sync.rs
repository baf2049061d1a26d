//! What threads share: the standard library's, or Loom's where a model of it is checked (`make loom`).

#[cfg(loom)]
pub(super) use loom::{
    hint::spin_loop,
    sync::{Mutex, MutexGuard, atomic},
    thread::yield_now,
};
#[cfg(not(loom))]
pub(super) use std::{
    hint::spin_loop,
    sync::{Mutex, MutexGuard, atomic},
    thread::yield_now,
};
