#!/usr/bin/env bash
# Every operation of the OpenAPI document, called with what the document allows and with what it forbids, on a service that runs.
# Schemathesis is installed below the target folder from its PyPI package. Usage: tools/schemathesis.sh BINARY
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.32.5
tools=$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools/schemathesis-$version
service_binary=$(realpath "$1")
if [[ ! -x $tools/bin/schemathesis ]]; then
    tools/packages.sh python3-venv
    {
        python3 -m venv "$tools" &&
            "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
    } || {
        echo "Cannot install schemathesis $version from PyPI: look at the network, then try again." >&2
        exit 1
    }
fi

folder=$(mktemp -d)
"$service_binary" serve --bind 127.0.0.1:0 --telemetry-bind 127.0.0.1:0 --no-demand --data "$folder/data" >"$folder/said" 2>"$folder/log" &
service=$!
trap 'kill $service 2>/dev/null || true; wait $service 2>/dev/null || true; rm -rf "$folder"' EXIT

address=
for _ in {1..600}; do
    address=$(grep -o -m1 'http://[0-9.:]*' "$folder/said" || true)
    [[ -n $address ]] && python3 - "$address/readyz" 2>/dev/null <<'READY' && break
import sys, urllib.request
urllib.request.urlopen(sys.argv[1])
READY
    kill -0 $service 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done

# Always the same calls, so that a change fails for what it changed. Chains of calls are the contract tests' part. What it keeps of a run is not for
# the repository.
config=$PWD/tools/schemathesis.toml
cd "$folder"
"$tools/bin/schemathesis" --config-file "$config" run "$address/openapi.json" --checks all \
    --phases examples,coverage,fuzzing --max-examples 8 --generation-deterministic \
    --continue-on-failure --warnings off --no-color
kill -0 $service || { echo "The service ended under it:" >&2; tail -n 20 "$folder/log" >&2; exit 1; }
