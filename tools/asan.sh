#!/usr/bin/env bash
# The kernel's tests with AddressSanitizer, which sees reads and writes outside what is owned, and what is never given back: less than Miri sees, but at
# full size, across threads, and with the toolchain that is there.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

# The sanitizer's switch is not stable yet, its runtime comes with the stable toolchain. Flags of their own mean artefacts of their own, and a named target
# that build scripts go without them.
host=$(rustc --version --verbose | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address -Cdebug-assertions=on ${RUSTFLAGS:-}" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/asan"
step "the kernel under AddressSanitizer" cargo test --locked --quiet -p skyhaul-engine --lib --tests --target "$host"
