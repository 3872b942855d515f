CREATE TABLE email_changes (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    old_email TEXT NOT NULL,
    new_email TEXT NOT NULL,
    -- No foreign key: the session that asked may be gone before the change is settled.
    session_id UUID NOT NULL,
    asked_at BIGINT NOT NULL,
    ip TEXT,
    user_agent TEXT,
    state TEXT NOT NULL,
    -- When it came into its state; none while it is only asked for.
    state_at BIGINT
);

CREATE INDEX email_changes_by_user ON email_changes (user_id, asked_at);

-- The mails to an address go with the account that had it.
CREATE INDEX mails_by_recipient ON mails (recipient);
