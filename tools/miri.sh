#!/usr/bin/env bash
# The kernel's tests under Miri, which sees undefined behaviour: all of its unsafe code is below engine/src/kernel. Small sizes:
# Miri takes a thousand times as long, so tests of ten thousand entries and more are left out.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

cargo +nightly miri --version >/dev/null 2>&1 || rustup component add --toolchain nightly miri rust-src || {
    echo "Cannot install Miri: rustup toolchain install nightly --component miri,rust-src, then try again." >&2
    exit 1
}
# Property tests keep their failures in files, which Miri's isolation forbids.
export MIRIFLAGS="-Zmiri-disable-isolation" PROPTEST_CASES=2 PROPTEST_MAX_SHRINK_ITERS=0
step "the kernel's parts" cargo +nightly miri test --locked --quiet -p skyhaul-engine --lib kernel:: -- \
    --skip grows_past_huge_pages --skip sorts_ --skip gives_what_an_ordered_set
