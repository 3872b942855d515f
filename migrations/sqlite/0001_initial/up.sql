-- Ids are the 16 bytes of a UUID; instants are milliseconds since 1970-01-01T00:00:00Z; 0 and 1 are false and
-- true. Which texts a state, kind or method may be is checked by the code that reads them, so that a new one
-- needs no new table. No column holds anything that signs in: links, codes and tokens are derived, never kept.

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    -- In lower case.
    email TEXT NOT NULL UNIQUE,
    email_verified INTEGER NOT NULL,
    pending_email TEXT,
    name TEXT,
    avatar_url TEXT,
    locale TEXT,
    time_zone TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_sign_in_at INTEGER,
    disabled_at INTEGER
) STRICT;

-- One row a session, however often it is refreshed. A refresh updates generation, parent, seen, spent_at,
-- made_at, last_used_at and idle_ends_at: no index may cover any of them.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_name TEXT,
    authenticated_at INTEGER NOT NULL,
    authentication_method TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    idle_ends_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT,
    ip TEXT,
    user_agent TEXT,
    generation INTEGER NOT NULL,
    parent INTEGER,
    seen INTEGER NOT NULL,
    spent_at INTEGER NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE device_authorizations (
    id BLOB NOT NULL PRIMARY KEY,
    -- An HMAC of the user code. Unique among all that are still here, expired ones included.
    user_code BLOB NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    client_name TEXT,
    scope_was_narrowed INTEGER NOT NULL,
    requested_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ip TEXT,
    user_agent TEXT,
    state TEXT NOT NULL,
    -- When it came into its state; none while it is pending.
    state_at INTEGER,
    -- No foreign key: an approval outlives the account, so that the device is told that it is denied.
    decided_by BLOB,
    -- How the one who approved had signed in, until the session is handed out.
    authenticated_at INTEGER,
    authentication_method TEXT,
    session_id BLOB
) STRICT;

CREATE TABLE magic_links (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    redirect_to TEXT,
    requested_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ip TEXT,
    user_agent TEXT,
    state TEXT NOT NULL,
    -- When it came into its state; none while it is open.
    state_at INTEGER,
    -- None unless it is open.
    wrong_codes INTEGER
) STRICT;

CREATE TABLE mails (
    id BLOB NOT NULL PRIMARY KEY,
    recipient TEXT NOT NULL,
    template TEXT NOT NULL,
    -- What the template is about: the magic link, for one.
    record_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- None unless it is due.
    due_at INTEGER,
    -- When it came into a state in which it stays; none while it is due.
    settled_at INTEGER
) STRICT;

CREATE INDEX mails_due ON mails (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE activities (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    ip TEXT,
    user_agent TEXT,
    client_id TEXT,
    -- No foreign key: what happened outlives the session that it happened to.
    session_id BLOB,
    -- A JSON object.
    details TEXT NOT NULL
) STRICT;

CREATE INDEX activities_by_user ON activities (user_id, occurred_at, id);

CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    -- JSON.
    public_jwk TEXT NOT NULL,
    sealed_private_key BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- One row for everything that only one server does at a time. SQLite's own lock suffices here; PostgreSQL holds these rows.
CREATE TABLE locks (
    name TEXT NOT NULL PRIMARY KEY
) STRICT;

INSERT INTO locks (name) VALUES ('signing_keys');
