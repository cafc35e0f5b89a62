-- What boards read of the scoreboard's tables; see consumers/scoreboard/reading.py.

-- name: totals
SELECT kind, task, sum(records)::bigint FROM score_total GROUP BY kind, task

-- name: newest_labels
SELECT label, session_id, decided_ms, clairvoyant, bayes, bayes_blind, truth, answers::text
FROM (
    SELECT *
    FROM score_label
    WHERE task = %s
    ORDER BY settled_ms DESC, partition DESC, position DESC
    LIMIT %s
) AS newest
ORDER BY settled_ms, partition, position

-- name: window_labels
SELECT task, partition, position, settled_ms, decided_ms, event_id, session_id, label, answers::text,
    clairvoyant, bayes, bayes_blind, truth
FROM score_label
WHERE task = %s
ORDER BY settled_ms DESC, partition DESC, position DESC
LIMIT %s

-- name: latest_drift
SELECT drift, event_number, min(began_ms)
FROM score_drift
GROUP BY drift, event_number
ORDER BY event_number DESC
LIMIT 1

-- name: drifts
SELECT DISTINCT drift, event_number FROM score_drift ORDER BY event_number, drift

-- name: labels_after
-- The first %(limit)s of each partition that were decided after the drift; cut where the first partition ends that has
-- more, so that none is missing in between.
WITH ranked AS (
    SELECT *, row_number() OVER (PARTITION BY partition ORDER BY position) AS rank
    FROM score_label
    WHERE task = %(task)s AND decided_ms >= %(began_ms)s
),
until AS (
    SELECT min(settled_ms) AS settled_ms FROM ranked WHERE rank = %(limit)s
)
SELECT label, session_id, decided_ms, clairvoyant, bayes, bayes_blind, truth, answers::text
FROM ranked
WHERE rank <= %(limit)s AND settled_ms <= coalesce((SELECT settled_ms FROM until), 9223372036854775807)
ORDER BY settled_ms, partition, position

-- name: windows
SELECT metrics::text FROM score_window WHERE task = %s ORDER BY labels DESC LIMIT %s

-- name: newest_windows
SELECT DISTINCT ON (task) metrics::text FROM score_window ORDER BY task, labels DESC

-- name: served
SELECT task, partition, model FROM score_served ORDER BY task, partition

-- name: quarantined
SELECT task, model, partition, input_offset, reason FROM score_quarantine ORDER BY task, model, partition, input_offset

-- name: deployments
SELECT task, model, stage, change, partition, input_offset FROM score_deployment ORDER BY partition, input_offset, position

-- name: offsets
SELECT topic, partition, next_offset FROM score_offset
