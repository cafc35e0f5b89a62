-- The ledger of applied migrations; see infra/postgres/migrations.py.

-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('freshet.schema_migration', 0))

-- name: ledger
CREATE TABLE IF NOT EXISTS schema_migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)

-- name: applied
SELECT number, name, checksum FROM schema_migration

-- name: record
INSERT INTO schema_migration (number, name, checksum) VALUES (%s, %s, %s)
