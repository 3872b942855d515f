# The daily habits. `just` alone lists them.

_default:
    @just --list --unsorted

# The server with its defaults; arguments are its own: `just run doctor`
run *ARGS:
    cargo run --locked -p keywright-server -- {{ARGS}}

# The tests, or those whose name holds a word: `just test rotation`
test *ARGS:
    cargo nextest run --workspace --locked {{ARGS}}

# Format, lints and advice about sizes, before a commit
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo run --quiet --locked -p keywright-house

# Format everything
fmt:
    cargo fmt --all

# Refreshes a second, as a ratio to what the database commits at most
bench:
    cargo bench --quiet --locked -p keywright-store --bench refreshes

# A shell in the development database
db:
    sqlite3 data/keywright.db

# The documentation of the code, in target/doc
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# The pages as pictures, into docs/screenshots
screenshots:
    KEYWRIGHT_SCREENSHOTS=1 cargo nextest run -p keywright-server --test browser screenshots

# The settings, into keywright.example.toml and docs/configuration.md.
settings:
    UPDATE_DOCS=1 cargo nextest run -p keywright-server --lib config::tests

# The description of the API, into docs/openapi.json
openapi:
    KEYWRIGHT_WRITE_OPENAPI=1 cargo nextest run -p keywright-api openapi

# All that a change has to pass
ci:
    bash scripts/test.sh

# What takes too long for each change: the server killed fifty times, and some ten thousand requests, others each time
nightly EXAMPLES="300" SEED=`date +%s`:
    KEYWRIGHT_KILL_ROUNDS=50 cargo run --quiet --locked -p keywright-throwaway-postgres -- cargo nextest run --profile nightly -p keywright-server --test replicas kill
    bash scripts/schemathesis.sh
    KEYWRIGHT_SCHEMATHESIS_EXAMPLES={{EXAMPLES}} KEYWRIGHT_SCHEMATHESIS_SEED={{SEED}} cargo nextest run --locked --profile nightly -p keywright-server --test schemathesis
