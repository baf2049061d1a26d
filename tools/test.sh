#!/usr/bin/env bash
# Every check, the quick ones first. The tests of the program from outside (tests/) run against the binary of the
# profile the other tests were built with, so that nothing is compiled twice.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

step "packages" tools/packages.sh chromium fonts-liberation
tools/lint.sh
step "dashboard: types" npm --prefix web/dashboard run check
step "dashboard: tests" npm --prefix web/dashboard run test
step "build" cargo test --workspace --locked --quiet --no-run
step "tests" cargo test --workspace --locked --quiet
printf '\nAll checks passed in %d s.\n' "$SECONDS"
