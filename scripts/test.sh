#!/usr/bin/env bash
# Everything that a change has to pass. Needs a Rust toolchain and gcc, and installs the rest where it is missing.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly deny_version=0.20.2 deny_oldest=0.18.0
readonly nextest_version=0.9.143 nextest_oldest=0.9.100
readonly axe_version=4.14.1

export PATH="$PWD/.cache/tools/bin:$PATH"
if [[ -n ${CI:-} || ! -t 1 ]]; then
    export CARGO_TERM_COLOR=never CARGO_TERM_PROGRESS_WHEN=never
fi
if [[ -n ${CI:-} ]]; then
    # The frames of a runtime would bury the message of a failed test.
    export CARGO_INCREMENTAL=0 RUST_BACKTRACE=0
fi

# step HEADING COMMAND…: runs the command between its heading and its duration.
step() {
    heading=$1
    shift
    local began=$SECONDS
    printf '\n== %s\n' "$heading"
    "$@"
    printf '== %s: %d s\n' "$heading" "$((SECONDS - began))"
}
trap 'printf "\n== FAILED: %s\n" "${heading:-start}" >&2' ERR

missing() {
    printf '%s\n' "$*" >&2
    return 1
}

has_axe() {
    grep -qsF "axe v$axe_version" .cache/axe-core/axe.min.js
}

# The accessibility checker of the page tests (MPL-2.0). No build contains it.
axe_core() {
    has_axe && return
    mkdir -p .cache/axe-core
    npm pack --silent --pack-destination .cache/axe-core "axe-core@$axe_version" >/dev/null
    tar -xzf ".cache/axe-core/axe-core-$axe_version.tgz" -C .cache/axe-core --strip-components=1 package/axe.min.js
    has_axe || missing "axe-core $axe_version could not be installed in .cache/axe-core."
}

# The Debian packages of the commands that are missing.
packages_to_install() {
    command -v cc >/dev/null || printf '%s\n' gcc libc6-dev
    command -v chromium >/dev/null || printf '%s\n' chromium
    command -v setpriv >/dev/null || printf '%s\n' util-linux
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || printf '%s\n' postgresql
    command -v chromedriver >/dev/null || printf '%s\n' chromium-driver
    python3 -c 'import ensurepip' 2>/dev/null || printf '%s\n' python3 python3-venv
    command -v npm >/dev/null || has_axe || printf '%s\n' npm
}

install_packages() {
    local packages as_root=()
    mapfile -t packages < <(packages_to_install)
    ((${#packages[@]})) || return 0
    command -v apt-get >/dev/null || missing "Please install with your package manager: ${packages[*]}."
    if ((EUID != 0)); then
        sudo -n true 2>/dev/null || missing "Please install as root: apt-get install ${packages[*]}"
        as_root=(sudo)
    fi
    # Another gate on this machine may be installing the same packages.
    local apt=(apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600)
    "${as_root[@]}" "${apt[@]}" update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${apt[@]}" -y install --no-install-recommends "${packages[@]}"
}

# cargo_tool NAME OLDEST VERSION: builds VERSION into .cache/tools unless OLDEST or a newer one is installed.
# A debug build is fast enough: these tools wait for files and processes.
cargo_tool() {
    local found=''
    if command -v "$1" >/dev/null; then
        found=$("$1" --version | awk 'NR == 1 { print $2 }')
    fi
    if [[ -n $found && $(printf '%s\n' "$2" "$found" | sort -V | head -n 1) == "$2" ]]; then
        return
    fi
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=.cache/build \
        cargo install --quiet --locked --debug --root .cache/tools --version "$3" "$1"
    rm -rf .cache/build
}

install_missing() {
    command -v cargo >/dev/null || missing "Please install Rust: https://rustup.rs"
    if ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
        command -v rustup >/dev/null || missing "Please install rustfmt and clippy for this Rust toolchain."
        rustup component add rustfmt clippy
    fi
    install_packages
    cargo_tool cargo-nextest "$nextest_oldest" "$nextest_version"
    cargo_tool cargo-deny "$deny_oldest" "$deny_version"
    axe_core
    bash scripts/schemathesis.sh
    bash scripts/generated-clients.sh
    cargo fetch --locked --quiet
}

# Two runs in one clone install one after the other.
install_locked() {
    mkdir -p .cache
    (
        ! command -v flock >/dev/null || flock 9
        install_missing
    ) 9>.cache/lock
}

# Compiles nothing as long as every code block of a documentation comment is marked `ignore` or `text`.
documentation_tests() {
    find bins crates tools -name '*.rs' -exec awk '
        FNR == 1 { inside = 0 }
        /^ *\/\/[\/!] *```/ { inside = !inside; if (inside && !/```(ignore|text)/) found = 1 }
        END { exit !found }' {} + || return 0
    cargo test --workspace --doc --locked --quiet
}

target_directory() {
    cargo metadata --no-deps --format-version 1 --offline | sed 's/.*"target_directory":"\([^"]*\)".*/\1/'
}

# The steps that compile select the whole workspace, but for one: a selection with other features would compile
# its dependencies once more.
step 'install what is missing' install_locked
step 'format' cargo fmt --all --check
step 'licences, bans and sources' cargo deny --offline check licenses bans sources
step 'lints' cargo clippy --workspace --all-targets --locked -- -D warnings
step 'lints of the memory store alone' \
    cargo clippy -p keywright-store --no-default-features --features memory --locked -- -D warnings
step 'documentation' env RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
step 'documentation tests' documentation_tests
step 'build the tests' cargo nextest run --workspace --locked --profile ci --no-run

# The last step replaces this process, so that the closing lines of the test runner end the output.
printf '\n== tests, after %d s of other checks\n' "$SECONDS"
exec "$(target_directory)/debug/keywright-throwaway-postgres" \
    cargo nextest run --workspace --locked --profile ci
