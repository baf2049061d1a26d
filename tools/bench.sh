#!/usr/bin/env bash
# The benchmarks at their canonical sizes; each prints what belongs into benches/runs/. Usage: tools/bench.sh BINARY
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

step "kernel beside its peers" cargo run --release --locked --quiet -p skyhaul-benches --bin phold
