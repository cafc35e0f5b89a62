-- What the scoreboard writes; see consumers/scoreboard/store.py. What is read for boards: boards.sql.

-- name: offsets
SELECT topic, partition, topic_id, next_offset FROM score_offset

-- name: begin_offset
INSERT INTO score_offset (topic, partition, topic_id, next_offset) VALUES (%s, %s, %s, %s)

-- name: move_offset
UPDATE score_offset SET next_offset = %s WHERE topic = %s AND partition = %s AND next_offset = %s

-- name: clocks
SELECT partition, settled_ms, truth_ms FROM score_clock

-- name: save_clock
INSERT INTO score_clock (partition, settled_ms, truth_ms) VALUES (%s, %s, %s)
ON CONFLICT (partition) DO UPDATE SET settled_ms = excluded.settled_ms, truth_ms = excluded.truth_ms

-- name: totals
SELECT kind, task, partition, records FROM score_total

-- name: save_total
INSERT INTO score_total (kind, task, partition, records) VALUES (%s, %s, %s, %s)
ON CONFLICT (kind, task, partition) DO UPDATE SET records = excluded.records

-- name: copy_labels
COPY score_label (
    task, partition, position, settled_ms, decided_ms, event_id, session_id, label, answers,
    clairvoyant, bayes, bayes_blind, truth
) FROM STDIN

-- name: complete_labels
UPDATE score_label AS l
SET clairvoyant = t.clairvoyant, bayes = t.bayes, bayes_blind = t.bayes_blind, truth = t.truth
FROM unnest(
    %s::text[], %s::integer[], %s::bigint[],
    %s::double precision[], %s::double precision[], %s::double precision[], %s::double precision[]
) AS t (task, partition, position, clairvoyant, bayes, bayes_blind, truth)
WHERE l.task = t.task AND l.partition = t.partition AND l.position = t.position

-- name: waiting_labels
SELECT task, partition, position, settled_ms, decided_ms, event_id, session_id, label, answers::text
FROM score_label AS l
WHERE task = %s AND bayes IS NULL AND truth IS NULL
AND decided_ms >= coalesce((SELECT truth_ms FROM score_clock AS c WHERE c.partition = l.partition), 0) - %s
ORDER BY settled_ms, partition, position

-- name: truths
SELECT partition, task, event_id, decided_ms, clairvoyant, bayes, bayes_blind, truth FROM score_truth ORDER BY decided_ms

-- name: copy_truths
COPY score_truth (partition, task, event_id, decided_ms, clairvoyant, bayes, bayes_blind, truth) FROM STDIN

-- name: drop_truths
DELETE FROM score_truth AS t
USING unnest(%s::integer[], %s::text[], %s::text[]) AS gone (partition, task, event_id)
WHERE t.partition = gone.partition AND t.task = gone.task AND t.event_id = gone.event_id

-- name: save_drift
INSERT INTO score_drift (partition, event_number, drift, event_id, began_ms) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING

-- name: save_deployment
INSERT INTO score_deployment (task, model, stage, change, partition, input_offset) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING

-- name: save_quarantine
INSERT INTO score_quarantine (task, model, partition, input_offset, reason) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING

-- name: drop_quarantine
DELETE FROM score_quarantine WHERE task = %s AND model = %s AND partition = %s AND input_offset < %s

-- name: save_served
INSERT INTO score_served (task, partition, model) VALUES (%s, %s, %s)
ON CONFLICT (task, partition) DO UPDATE SET model = excluded.model

-- name: save_window
INSERT INTO score_window (task, labels, metrics) VALUES (%s, %s, %s::json)

-- name: unsent_windows
SELECT task, labels, metrics::text FROM score_window WHERE NOT is_sent ORDER BY labels, task

-- name: windows_are_sent
UPDATE score_window AS w SET is_sent = true
FROM unnest(%s::text[], %s::bigint[]) AS s (task, labels)
WHERE w.task = s.task AND w.labels = s.labels

-- name: trim_labels
-- The newest %(keep)s of a partition stay, and for the recovery the first %(keep_after_drift)s that were decided after
-- the latest drift.
DELETE FROM score_label
WHERE task = %(task)s AND partition = %(partition)s
AND position <= (
    SELECT position FROM score_label
    WHERE task = %(task)s AND partition = %(partition)s
    ORDER BY position DESC OFFSET %(keep)s LIMIT 1
)
AND NOT (
    decided_ms >= coalesce(
        (SELECT began_ms FROM score_drift WHERE partition = %(partition)s ORDER BY event_number DESC LIMIT 1),
        9223372036854775807
    )
    AND position < coalesce(
        (
            SELECT position FROM score_label
            WHERE task = %(task)s AND partition = %(partition)s
            AND decided_ms >= (
                SELECT began_ms FROM score_drift WHERE partition = %(partition)s ORDER BY event_number DESC LIMIT 1
            )
            ORDER BY position OFFSET %(keep_after_drift)s LIMIT 1
        ),
        9223372036854775807
    )
)

-- name: forget
TRUNCATE score_offset, score_clock, score_total, score_label, score_truth, score_drift, score_quarantine,
    score_deployment, score_served, score_window
