#!/usr/bin/env bash
# What takes too long for every change: the large library scenarios twice each, byte for byte, and many more random
# worlds. Usage: tools/test-long.sh BINARY
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

skyhaul=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

repeats() {
    local name=$1 run
    for run in first second; do
        "$skyhaul" run "scenarios/library/$name.toml" --out "$out/$name-$run" --quiet || return
        grep -Eq '"invariant_violations": *0\b' "$out/$name-$run/summary.json" || {
            echo "$name: an invariant broke, see the summary:" >&2
            cat "$out/$name-$run/summary.json" >&2
            return 1
        }
    done
    cmp "$out/$name-first/events.ndjson" "$out/$name-second/events.ndjson"
}

for name in florence seattle; do
    step "$name twice" repeats "$name"
done
step "random worlds" env PROPTEST_CASES=2000 cargo test --release --locked --quiet --workspace
tools/bench-peers.sh --smoke
