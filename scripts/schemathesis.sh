#!/usr/bin/env bash
# Installs schemathesis (MIT) into .cache/schemathesis if it is missing. Used by a test, not part of any build.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly version=4.32.5
readonly home=.cache/schemathesis

[[ -x $home/bin/schemathesis && $(<"$home/version") == "$version" ]] 2>/dev/null && exit
if ! python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    printf 'schemathesis needs Python 3.10 or newer with venv (Debian: python3-venv).\n' >&2
    exit 1
fi
rm -rf "$home"
python3 -m venv "$home"
"$home/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
printf '%s\n' "$version" >"$home/version"
