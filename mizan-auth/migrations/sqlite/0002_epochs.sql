-- Sessions and tokens of an earlier epoch than their account's are worthless.
ALTER TABLE mizan_accounts ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mizan_sessions ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mizan_tokens ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;

-- The hash of the cookie of the browser that a ticket was given to.
ALTER TABLE mizan_tokens ADD COLUMN browser BLOB;

-- For the accounts whose address was never verified, which are purged.
CREATE INDEX mizan_accounts_unverified ON mizan_accounts (created_at) WHERE NOT email_verified;
