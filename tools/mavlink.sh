#!/usr/bin/env bash
# An hour of the fleet's MAVLink stream, decoded by pymavlink. Usage: tools/mavlink.sh
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${CARGO_TARGET_DIR:-target}/mavlink
if [[ ! -x $folder/bin/python ]]; then
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check pymavlink==2.4.50
fi
capture=$(realpath "$folder")/hour.mavlink
SKYHAUL_MAVLINK_CAPTURE=$capture cargo test --workspace --locked --quiet --test it -- \
    mavlink::an_hour_of_the_stream_tells_where_each_drone_is
"$folder/bin/python" tools/mavlink.py "$capture"
