#!/usr/bin/env bash
# Format, lints, and what may be depended on. Advisories need their database: `make audit`, where it is reachable.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/step.sh

step "format" cargo fmt --all --check
step "format of the peers' bench" cargo fmt --manifest-path benches/peers/Cargo.toml --check
step "lints" cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
step "lints without OTLP" cargo clippy --workspace --all-targets --no-default-features --locked --quiet -- -D warnings
step "licences, bans, sources" tools/cargo-deny.sh --log-level error check licenses bans sources
step "the same for the peers' bench" \
    tools/cargo-deny.sh --manifest-path benches/peers/Cargo.toml --config benches/peers/deny.toml \
    --log-level error check licenses bans sources
