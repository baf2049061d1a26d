#!/usr/bin/env bash
# What takes too long for every change: the library scenarios on several numbers of threads, byte for byte, and many more random
# worlds, and many more crashes. Usage: tools/test-long.sh BINARY
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

skyhaul=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

repeats() {
    local name=$1 run
    for run in 1 2 3 8; do
        "$skyhaul" run "scenarios/library/$name.toml" --threads "$run" --out "$out/$name-$run" --quiet || return
        grep -Eq '"invariant_violations": *0\b' "$out/$name-$run/summary.json" || {
            echo "$name: an invariant broke, see the summary:" >&2
            cat "$out/$name-$run/summary.json" >&2
            return 1
        }
        cmp "$out/$name-1/events.ndjson" "$out/$name-$run/events.ndjson" || return
    done
}

for name in florence seattle smoke m100; do
    step "$name on 1, 2, 3 and 8 threads" repeats "$name"
done
step "fifty crashes under load" env CRASH_ROUNDS=50 cargo test --release --locked --quiet --test it survives_kill_9
step "ten million inputs for each reader" env PROPTEST_CASES=10000000 cargo test --release --locked --quiet --workspace -- \
    no_text_makes_the_reader no_bytes_make_the_reader
step "random worlds" env PROPTEST_CASES=2000 cargo test --release --locked --quiet --workspace
tools/bench-peers.sh --smoke
