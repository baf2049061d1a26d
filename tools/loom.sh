#!/usr/bin/env bash
# What crosses the kernel's threads, in every order that its atomics and locks allow.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

# Flags of their own mean artefacts of their own.
export RUSTFLAGS="--cfg loom ${RUSTFLAGS:-}" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
# Threads that were interrupted more than three times in a window, loom's authors found, hide few mistakes.
export LOOM_MAX_PREEMPTIONS=3
step "threads of a run" cargo test --release --locked --quiet -p skyhaul-engine --lib kernel::windows
