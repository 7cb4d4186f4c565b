-- One text for SQLite and PostgreSQL. Times are microseconds since 1970 in UTC;
-- documents are JSON objects.

-- +goose Up
CREATE TABLE revision (
    -- There is one row.
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
INSERT INTO revision (id, revision) VALUES (1, 1);

CREATE TABLE entities (
    kind     TEXT NOT NULL,
    account  TEXT NOT NULL,
    name     TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (kind, account, name)
);

CREATE TABLE usage_records (
    request_id         TEXT PRIMARY KEY,
    time               BIGINT NOT NULL,
    account            TEXT NOT NULL,
    principal          TEXT NOT NULL,
    operation          TEXT NOT NULL,
    model              TEXT NOT NULL,
    provider           TEXT NOT NULL,
    profile            TEXT NOT NULL,
    tier               TEXT NOT NULL,
    status             BIGINT NOT NULL,
    error              TEXT NOT NULL,
    input_tokens       BIGINT NOT NULL,
    output_tokens      BIGINT NOT NULL,
    cache_read_tokens  BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    images             BIGINT NOT NULL,
    embeddings         BIGINT NOT NULL,
    guardrail_units    BIGINT NOT NULL,
    first_token        BIGINT NOT NULL,
    total              BIGINT NOT NULL,
    cost               BIGINT NOT NULL,
    metadata           JSONB NOT NULL
);
CREATE INDEX usage_by_time ON usage_records (time);
CREATE INDEX usage_by_account ON usage_records (account, time);

CREATE TABLE profiles (
    account  TEXT NOT NULL,
    id       TEXT NOT NULL,
    -- The region, a slash, and the name in it.
    name     TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (account, id),
    UNIQUE (account, name)
);

CREATE TABLE settings (
    name     TEXT PRIMARY KEY,
    document TEXT NOT NULL
);
