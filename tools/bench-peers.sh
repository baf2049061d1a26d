#!/usr/bin/env bash
# PHOLD on the kernel and on the field's engines, and assignment problems on the field's solvers, each in one run. Usage: tools/bench-peers.sh [--smoke]
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
    step "assignment beside its peers" peers run --bin matching
    problems=$(mktemp -d)
    trap 'rm -rf "$problems"' EXIT
    python3 -m venv "$problems/python"
    "$problems/python/bin/pip" install --quiet numpy scipy lapjv
    cargo run --release --locked --quiet -p skyhaul-benches --bin matching -- --slices 1 --write "$problems" >/dev/null
    step "assignment beside Python's" "$problems/python/bin/python" benches/peers/matching.py "$problems"
fi
