-- How `freshet backfill` moves what it computed into the marts; see spark_jobs/backfill.py.

-- name: lock
SELECT pg_try_advisory_lock(hashtextextended('freshet.backfill', 0))

-- name: empty_staging
TRUNCATE stage_backfilled

-- name: feature_set
SELECT task, names FROM dim_feature_set WHERE feature_set = %s

-- name: topic_id
SELECT topic_id FROM etl_backfill WHERE feature_set = %s

-- name: forget
-- The whole history was folded: what is not in staging, this code would not compute.
DELETE FROM fact_backfilled AS b
WHERE b.feature_set = %(feature_set)s AND NOT EXISTS (
    SELECT FROM stage_backfilled AS s
    WHERE s.attempt = %(attempt)s AND s.partition = b.partition AND s."offset" = b."offset"
)

-- name: move
-- Compared as texts, which tell each bit: = takes both zeros for the same.
INSERT INTO fact_backfilled AS b (feature_set, partition, "offset", event_id, features)
SELECT feature_set, partition, "offset", event_id, features FROM stage_backfilled WHERE attempt = %(attempt)s
ON CONFLICT (feature_set, partition, "offset") DO UPDATE SET
    event_id = excluded.event_id, features = excluded.features
WHERE b.event_id <> excluded.event_id OR b.features::text <> excluded.features::text

-- name: note
INSERT INTO etl_backfill AS e (
    feature_set, topic_id, until_offsets, rows_computed, equal, different, not_logged, not_computed, beyond,
    other_features
)
VALUES (
    %(feature_set)s, %(topic_id)s, %(until_offsets)s, %(rows_computed)s, %(equal)s, %(different)s, %(not_logged)s,
    %(not_computed)s, %(beyond)s, %(other_features)s
)
ON CONFLICT (feature_set) DO UPDATE SET
    until_offsets = excluded.until_offsets, rows_computed = excluded.rows_computed, equal = excluded.equal,
    different = excluded.different, not_logged = excluded.not_logged, not_computed = excluded.not_computed,
    beyond = excluded.beyond, other_features = excluded.other_features, changed_at = now()
WHERE %(rows_changed)s > 0 OR ROW(
    e.until_offsets, e.rows_computed, e.equal, e.different, e.not_logged, e.not_computed, e.beyond, e.other_features
) IS DISTINCT FROM ROW(
    excluded.until_offsets, excluded.rows_computed, excluded.equal, excluded.different, excluded.not_logged,
    excluded.not_computed, excluded.beyond, excluded.other_features
)
