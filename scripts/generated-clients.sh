#!/usr/bin/env bash
# Installs the tools that check the API description into .cache/generated-clients unless they are there: redocly lints it,
# openapi-python-client and openapi-typescript generate clients from it. Used by tests; part of nothing that is built.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly python_packages=(openapi-python-client==0.29.1 mypy==2.4.1)
readonly node_packages=(@redocly/cli@2.77.0 openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3)
readonly home=.cache/generated-clients
readonly versions="${python_packages[*]} ${node_packages[*]}"

[[ $(cat "$home/versions" 2>/dev/null) == "$versions" ]] && exit
if ! python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    printf 'openapi-python-client needs Python 3.11 or newer with venv (Debian: python3-venv).\n' >&2
    exit 1
fi
if ! node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' 2>/dev/null || ! command -v npm >/dev/null; then
    printf 'redocly needs Node.js 20 or newer with npm (Debian: nodejs npm).\n' >&2
    exit 1
fi
rm -rf "$home"
mkdir -p "$home"
python3 -m venv "$home/python"
"$home/python/bin/pip" install --quiet --disable-pip-version-check "${python_packages[@]}"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix "$home" "${node_packages[@]}"
printf '%s\n' "$versions" >"$home/versions"
