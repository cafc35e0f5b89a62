-- States of workers after committed turns. A cache: deleting rows costs time at the next start, nothing else.
CREATE TABLE snapshot (
    worker_group text NOT NULL,
    partition integer NOT NULL,
    topic_id text NOT NULL,
    generation bigint NOT NULL,
    turn bigint NOT NULL,
    end_offset bigint NOT NULL,
    journal_offset bigint NOT NULL,
    chain text NOT NULL,
    fingerprint text NOT NULL,
    payload bytea NOT NULL,
    mac bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (worker_group, partition, topic_id, generation, turn)
);

-- Pickled floats hardly shrink, and Postgres would try at every save.
ALTER TABLE snapshot ALTER COLUMN payload SET STORAGE EXTERNAL;
