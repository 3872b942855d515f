-- The links that an address was sent are counted before another one is.
CREATE INDEX magic_links_by_email ON magic_links (email, requested_at);

-- What is remembered of an address apart from its links. Its row is also what racing requests for links to it
-- wait for.
CREATE TABLE magic_link_addresses (
    email TEXT NOT NULL PRIMARY KEY,
    -- When wrong codes were tried, fewer than ten: a JSON array of instants.
    wrong_codes TEXT NOT NULL,
    -- Until when no code of the address is taken.
    codes_off_until INTEGER
) STRICT;
