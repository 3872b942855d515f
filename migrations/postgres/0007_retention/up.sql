-- What is over is found by these, the longest over first.
DROP INDEX device_authorizations_by_decider;
CREATE INDEX device_authorizations_by_decider ON device_authorizations (decided_by, expires_at);
CREATE INDEX device_authorizations_decided_by_expiry ON device_authorizations (expires_at)
    WHERE decided_by IS NOT NULL;
CREATE INDEX magic_links_by_expiry ON magic_links (expires_at);
CREATE INDEX mails_settled ON mails (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX email_changes_by_time ON email_changes (asked_at);
CREATE INDEX activities_by_time ON activities (occurred_at);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- A session lapses later with every refresh, and no index may cover what a refresh updates. So this is when the
-- session would have lapsed, as far as was known when it was opened or last looked at.
ALTER TABLE sessions ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_by_look ON sessions (look_at);

-- When the row is looked at to see whether it still says anything. A new row is, soon.
ALTER TABLE magic_link_addresses ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX magic_link_addresses_by_look ON magic_link_addresses (look_at);

-- Whoever still has an address or a user agent. A refresh changes neither.
CREATE INDEX sessions_with_origin ON sessions (created_at)
    WHERE ip IS NOT NULL OR user_agent IS NOT NULL;
CREATE INDEX activities_with_origin ON activities (occurred_at)
    WHERE ip IS NOT NULL OR user_agent IS NOT NULL;
CREATE INDEX device_authorizations_with_origin ON device_authorizations (requested_at)
    WHERE ip IS NOT NULL OR user_agent IS NOT NULL;
CREATE INDEX magic_links_with_origin ON magic_links (requested_at)
    WHERE ip IS NOT NULL OR user_agent IS NOT NULL;
CREATE INDEX email_changes_with_origin ON email_changes (asked_at)
    WHERE ip IS NOT NULL OR user_agent IS NOT NULL;

INSERT INTO locks (name) VALUES ('retention');
