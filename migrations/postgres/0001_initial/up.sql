-- Instants are milliseconds since 1970-01-01T00:00:00Z, as on every backend. Which texts a state, kind or method may be is checked by the code that reads them, so that a new one
-- needs no new table. No column holds anything that signs in: links, codes and tokens are derived, never kept.

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    -- In lower case.
    email TEXT NOT NULL UNIQUE,
    email_verified BOOLEAN NOT NULL,
    pending_email TEXT,
    name TEXT,
    avatar_url TEXT,
    locale TEXT,
    time_zone TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_sign_in_at BIGINT,
    disabled_at BIGINT
);

-- One row a session, however often it is refreshed. A refresh updates generation, parent, seen, spent_at,
-- made_at, last_used_at and idle_ends_at: no index may cover any of them, so that the update is HOT. Room is left
-- on each page for the next version of its rows.
CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_name TEXT,
    authenticated_at BIGINT NOT NULL,
    authentication_method TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    idle_ends_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    ip TEXT,
    user_agent TEXT,
    generation BIGINT NOT NULL,
    parent BIGINT,
    seen BIGINT NOT NULL,
    spent_at BIGINT NOT NULL,
    made_at BIGINT NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE device_authorizations (
    id UUID NOT NULL PRIMARY KEY,
    -- An HMAC of the user code. Unique among all that are still here, expired ones included.
    user_code BYTEA NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    client_name TEXT,
    scope_was_narrowed BOOLEAN NOT NULL,
    requested_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ip TEXT,
    user_agent TEXT,
    state TEXT NOT NULL,
    -- When it came into its state; none while it is pending.
    state_at BIGINT,
    -- No foreign key: an approval outlives the account, so that the device is told that it is denied.
    decided_by UUID,
    -- How the one who approved had signed in, until the session is handed out.
    authenticated_at BIGINT,
    authentication_method TEXT,
    session_id UUID
);

CREATE TABLE magic_links (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    redirect_to TEXT,
    requested_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ip TEXT,
    user_agent TEXT,
    state TEXT NOT NULL,
    -- When it came into its state; none while it is open.
    state_at BIGINT,
    -- None unless it is open.
    wrong_codes BIGINT
);

CREATE TABLE mails (
    id UUID NOT NULL PRIMARY KEY,
    recipient TEXT NOT NULL,
    template TEXT NOT NULL,
    -- What the template is about: the magic link, for one.
    record_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    state TEXT NOT NULL,
    -- None unless it is due.
    due_at BIGINT,
    -- When it came into a state in which it stays; none while it is due.
    settled_at BIGINT
);

CREATE INDEX mails_due ON mails (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE activities (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    ip TEXT,
    user_agent TEXT,
    client_id TEXT,
    -- No foreign key: what happened outlives the session that it happened to.
    session_id UUID,
    -- A JSON object.
    details TEXT NOT NULL
);

CREATE INDEX activities_by_user ON activities (user_id, occurred_at, id);

CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    -- JSON.
    public_jwk TEXT NOT NULL,
    sealed_private_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- One row for everything that only one server does at a time. Who does it holds the row.
CREATE TABLE locks (
    name TEXT NOT NULL PRIMARY KEY
);

INSERT INTO locks (name) VALUES ('signing_keys');
