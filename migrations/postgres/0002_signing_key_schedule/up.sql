-- A key has a place among the others: which key it follows, and when it begins to sign.

CREATE TABLE placed_signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    -- JSON.
    public_jwk TEXT NOT NULL,
    sealed_private_key BYTEA NOT NULL,
    -- The kid of the key before it, or nothing. Unique, so that of servers that make the next key at once one does.
    -- No foreign key: the key before it goes first.
    follows TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    -- The longest life of a token that it signs, in milliseconds.
    token_lifetime BIGINT NOT NULL
);

-- There was one key at most. Whatever lifetime its tokens were given, a server that starts with a longer one says so.
INSERT INTO placed_signing_keys
SELECT kid, algorithm, public_jwk, sealed_private_key, '', created_at, created_at, 14400000 FROM signing_keys
ON CONFLICT DO NOTHING;

DROP TABLE signing_keys;

ALTER TABLE placed_signing_keys RENAME TO signing_keys;
