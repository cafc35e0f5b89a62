-- Trained models; see infra/postgres/registry.py.

-- name: lock
SELECT pg_advisory_xact_lock(hashtext('model_version'), hashtext(%s))

-- name: next
SELECT coalesce(max(version), 0) + 1 FROM model_version WHERE task = %s AND name = %s

-- name: twin
SELECT id FROM model_version WHERE digest = %s

-- name: add
INSERT INTO model_version (
    id, task, name, version, metrics, data_window, code_version, libraries, signature, parameters, artefact, digest,
    mac, signed, source, card, imported
) VALUES (
    %(id)s, %(task)s, %(name)s, %(version)s, %(metrics)s, %(data_window)s, %(code_version)s, %(libraries)s,
    %(signature)s, %(parameters)s, %(artefact)b, %(digest)s, %(mac)b, %(signed)s, %(source)s, %(card)s, %(imported)s
)
RETURNING stage, registered_at

-- name: get
SELECT task, name, version, stage, registered_at, metrics, data_window, code_version, libraries, signature, parameters,
    digest, signed, source, imported
FROM model_version
WHERE id = %s

-- name: list
SELECT task, name, version, stage, registered_at, metrics, data_window, code_version, libraries, signature, parameters,
    digest, signed, source, imported
FROM model_version
WHERE %(task)s::text IS NULL OR task = %(task)s
ORDER BY task, registered_at, id

-- name: stages
SELECT id, stage FROM model_version ORDER BY id

-- name: artefact
SELECT artefact, mac, id FROM model_version WHERE digest = %s

-- name: card
SELECT card FROM model_version WHERE id = %s

-- name: names
SELECT task, name || '@' || version FROM model_version
