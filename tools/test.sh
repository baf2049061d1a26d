#!/usr/bin/env bash
# Every check, the quick ones first. The tests of the program from outside (tests/) run against the binary of the
# profile the other tests were built with, so that nothing is compiled twice.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

step "packages" tools/packages.sh chromium fonts-liberation python3-venv
tools/lint.sh
step "dashboard: types" npm --prefix web/dashboard run check
step "dashboard: tests" npm --prefix web/dashboard run test
step "build" cargo test --workspace --locked --quiet --no-run
step "tests" cargo test --workspace --locked --quiet

step "pymavlink" tools/mavlink.sh
step "interface" tools/schemathesis.sh "${CARGO_TARGET_DIR:-target}/debug/skyhaul"

# Two minutes of random worlds: on the commit's hash, so that every commit tries others and a failure can be repeated.
commit=$(git rev-parse HEAD 2>/dev/null || echo 0)
step "random worlds" "${CARGO_TARGET_DIR:-target}/debug/skyhaul" fuzz --seed $((16#${commit:0:15})) --seconds 120
printf '\nAll checks passed in %d s.\n' "$SECONDS"
