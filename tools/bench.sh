#!/usr/bin/env bash
# The benchmarks at their canonical sizes; each prints what belongs into benches/runs/. Usage: tools/bench.sh BINARY
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

bench() {
    cargo run --release --locked --quiet -p skyhaul-benches --bin "$@"
}

step "kernel beside actix" bench phold
step "kernel on two threads" bench threads
step "queues side by side" bench queues
step "snapshots" bench snapshot
step "dispatch under load" bench dispatch
step "assignment problems" bench matching
step "whole scenarios" bench city -- scenarios/library/seattle.toml scenarios/library/florence.toml
step "a panic in a thousand messages" bench city -- --panics 0.001 scenarios/library/seattle.toml scenarios/library/florence.toml
npm --prefix benches/fanout install --no-package-lock --no-audit --no-fund --silent
tools/packages.sh nats-server || echo "The NATS peer is left out."
step "telemetry beside bare TCP, ws and NATS" bench fanout -- --npm benches/fanout
tools/packages.sh chromium fonts-liberation
step "20,000 drones on the operations page" node benches/dashboard/many.mjs "$1"
tools/packages.sh wrk || echo "wrk is left out."
step "durable requests beside the raw disk" bench durable_posts -- --binary "$1"
