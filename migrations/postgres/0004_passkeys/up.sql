CREATE TABLE passkeys (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Unique among all accounts.
    credential_id BYTEA NOT NULL UNIQUE,
    -- The public key and what belongs to it, as the WebAuthn adapter writes it.
    data TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    counter BIGINT NOT NULL,
    backup_eligible BOOLEAN NOT NULL,
    backed_up BOOLEAN NOT NULL,
    -- Words with a space between them.
    transports TEXT NOT NULL,
    aaguid UUID NOT NULL
);

CREATE INDEX passkeys_by_user ON passkeys (user_id);

CREATE TABLE ceremonies (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- Who registers a passkey; none for a sign-in.
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    -- What the answer is verified by, as the WebAuthn adapter writes it.
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX ceremonies_by_end ON ceremonies (expires_at);
CREATE INDEX ceremonies_by_user ON ceremonies (user_id) WHERE user_id IS NOT NULL;
