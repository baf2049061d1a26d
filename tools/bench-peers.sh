#!/usr/bin/env bash
# PHOLD on the kernel and on the field's engines, in one run. Usage: tools/bench-peers.sh [--smoke]
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

# What a plotting library needs that one of the engines depends on.
tools/packages.sh pkg-config libfontconfig-dev libfreetype-dev

# Not --locked: what the program itself depends on may have changed since its lock file was written.
peers() {
    cargo "$1" --release --quiet --manifest-path benches/peers/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}" "${@:2}"
}

if [[ ${1:-} == --smoke ]]; then
    step "peers agree on what they compute" peers test
    step "every peer runs" peers run -- --actors 1000 --events 10000 --slices 2
else
    step "kernel beside its peers" peers run -- "$@"
fi
