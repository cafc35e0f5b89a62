-- What models are trained on; see infra/postgres/training.py.

-- name: is_there
SELECT to_regclass('training_example') IS NOT NULL AND to_regclass('dim_feature_set') IS NOT NULL

-- name: feature_sets
SELECT feature_set, names FROM dim_feature_set WHERE task = %s

-- name: counts
SELECT feature_set, count(*) FROM training_example WHERE task = %s AND label IS NOT NULL GROUP BY feature_set

-- name: rows
SELECT
    partition, "offset", session_id,
    (extract(epoch FROM "time") * 1000)::bigint, (extract(epoch FROM settled_time) * 1000)::bigint,
    label, answers, features
FROM training_example
WHERE task = %(task)s AND feature_set = %(feature_set)s AND label IS NOT NULL
ORDER BY "time" DESC
LIMIT %(most)s
