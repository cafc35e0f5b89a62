-- Changes of which batch models answer; see infra/postgres/model_changes.py.

-- name: registered
SELECT task, name, version::text, digest FROM model_version WHERE id = %s

-- name: begin
INSERT INTO model_change (id, topic_id, task, action, model, digest, replaced, forced, evidence, log_ends)
VALUES (
    %(id)s, %(topic_id)s, %(task)s, %(action)s, %(model)s, %(digest)s, %(replaced)s, %(forced)s, %(evidence)s,
    %(log_ends)s
)

-- name: done
UPDATE model_change SET state = 'done', offsets = %s, settled_at = now() WHERE id = %s AND state <> 'done'

-- name: void
UPDATE model_change SET state = 'void', settled_at = now() WHERE id = %s AND state = 'pending'

-- name: stage
UPDATE model_version SET stage = %s WHERE id = %s AND stage <> %s

-- name: of_log
SELECT id, task, action, model, digest, replaced, forced, evidence, state, log_ends, offsets, at
FROM model_change
WHERE topic_id = %s
ORDER BY number
