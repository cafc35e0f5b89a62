-- Snapshots of workers; see infra/postgres/snapshots.py.

-- name: save
INSERT INTO snapshot (
    worker_group, partition, topic_id, generation, turn, end_offset, journal_offset, chain, fingerprint, payload, mac
) VALUES (
    %(group)s, %(partition)s, %(topic_id)s, %(generation)s, %(turn)s, %(end_offset)s, %(journal_offset)s,
    %(chain)s, %(fingerprint)s, %(payload)b, %(mac)b
)
ON CONFLICT (worker_group, partition, topic_id, generation, turn) DO UPDATE SET
    end_offset = excluded.end_offset,
    journal_offset = excluded.journal_offset,
    chain = excluded.chain,
    fingerprint = excluded.fingerprint,
    payload = excluded.payload,
    mac = excluded.mac,
    created_at = now()

-- name: keys
SELECT generation, turn
FROM snapshot
WHERE worker_group = %s AND partition = %s AND topic_id = %s
ORDER BY generation DESC, turn DESC

-- name: load
SELECT generation, turn, end_offset, journal_offset, chain, fingerprint, payload, mac, created_at
FROM snapshot
WHERE worker_group = %s AND partition = %s AND topic_id = %s AND generation = %s AND turn = %s

-- name: prune
DELETE FROM snapshot
WHERE (worker_group, partition, topic_id, generation, turn) IN (
    SELECT worker_group, partition, topic_id, generation, turn
    FROM (
        SELECT *, row_number() OVER (PARTITION BY topic_id ORDER BY generation DESC, turn DESC) AS rank
        FROM snapshot
        WHERE worker_group = %(group)s AND partition = %(partition)s
    ) AS ranked
    WHERE rank > %(keep)s
)

-- name: delete_all
DELETE FROM snapshot WHERE worker_group = %s
