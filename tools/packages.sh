#!/usr/bin/env bash
# Installs Debian packages by name, those that are missing only. Usage: tools/packages.sh NAME…
set -euo pipefail

missing=()
for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
done
((${#missing[@]})) || exit 0

as_root=()
((EUID == 0)) || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
{
    "${as_root[@]}" apt-get update -q &&
        "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"
} || {
    echo "Cannot install ${missing[*]}: install them by hand, then try again." >&2
    exit 1
}
