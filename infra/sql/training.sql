-- What models are trained on; see infra/postgres/training.py, which says from which view.

-- name: feature_sets
SELECT feature_set, names FROM dim_feature_set WHERE task = %s

-- name: counts
SELECT feature_set, count(*) FROM {examples} WHERE task = %s GROUP BY feature_set

-- name: rows
SELECT
    partition, "offset", session_id,
    (extract(epoch FROM "time") * 1000)::bigint, (extract(epoch FROM settled_time) * 1000)::bigint,
    label, answers, features
FROM {examples}
WHERE task = %(task)s AND feature_set = %(feature_set)s
ORDER BY "time" DESC
LIMIT %(most)s
