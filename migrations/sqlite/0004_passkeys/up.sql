CREATE TABLE passkeys (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Unique among all accounts.
    credential_id BLOB NOT NULL UNIQUE,
    -- The public key and what belongs to it, as the WebAuthn adapter writes it.
    data TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    counter INTEGER NOT NULL,
    backup_eligible INTEGER NOT NULL,
    backed_up INTEGER NOT NULL,
    -- Words with a space between them.
    transports TEXT NOT NULL,
    aaguid BLOB NOT NULL
) STRICT;

CREATE INDEX passkeys_by_user ON passkeys (user_id);

CREATE TABLE ceremonies (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- Who registers a passkey; none for a sign-in.
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    -- What the answer is verified by, as the WebAuthn adapter writes it.
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX ceremonies_by_end ON ceremonies (expires_at);
CREATE INDEX ceremonies_by_user ON ceremonies (user_id) WHERE user_id IS NOT NULL;
