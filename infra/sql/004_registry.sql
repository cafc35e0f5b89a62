-- Trained models. A version is written once and never changed, but for its stage.
-- json, not jsonb: the signature covers the very text, and jsonb writes numbers its own way.
CREATE TABLE model_version (
    id text PRIMARY KEY CHECK (id = task || '/' || name || '@' || version),
    task text NOT NULL,
    name text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    stage text NOT NULL DEFAULT 'registered',
    registered_at timestamptz NOT NULL DEFAULT now(),
    metrics json NOT NULL,
    data_window json NOT NULL,
    code_version text NOT NULL,
    libraries json NOT NULL,
    signature json NOT NULL,
    parameters json NOT NULL,
    artefact bytea NOT NULL,
    digest text NOT NULL UNIQUE CHECK (digest = encode(sha256(artefact), 'hex')),
    mac bytea NOT NULL CHECK (octet_length(mac) = 32),
    signed boolean NOT NULL,
    source text NOT NULL,
    card text NOT NULL,
    UNIQUE (task, name, version)
);

-- Packed already.
ALTER TABLE model_version ALTER COLUMN artefact SET STORAGE EXTERNAL;

COMMENT ON TABLE model_version IS 'Trained models: one row a version, written once';
COMMENT ON COLUMN model_version.id IS 'task/name@version';
COMMENT ON COLUMN model_version.task IS 'the task it answers';
COMMENT ON COLUMN model_version.name IS 'the recipe it was trained by';
COMMENT ON COLUMN model_version.version IS 'counts from 1 by task and name';
COMMENT ON COLUMN model_version.stage IS 'where it is in its life: registered, shadow, champion, retired';
COMMENT ON COLUMN model_version.registered_at IS 'when it came in, by the clock of the database';
COMMENT ON COLUMN model_version.metrics IS 'how it did on the newest slice, beside the other models on the same rows';
COMMENT ON COLUMN model_version.data_window IS 'by partition, the offsets [from, to) of the decision points it was trained on';
COMMENT ON COLUMN model_version.code_version IS 'version of Freshet that made it';
COMMENT ON COLUMN model_version.libraries IS 'versions it was made with, and without which it is not opened';
COMMENT ON COLUMN model_version.signature IS 'names of its features in order, what its answer is, and examples';
COMMENT ON COLUMN model_version.parameters IS 'with which it was trained';
COMMENT ON COLUMN model_version.artefact IS 'the estimator, a skops archive';
COMMENT ON COLUMN model_version.digest IS 'SHA-256 of the artefact, hex';
COMMENT ON COLUMN model_version.mac IS 'HMAC-SHA-256 over the artefact and all else but stage, registered_at and card';
COMMENT ON COLUMN model_version.signed IS 'false: imported without the signature of this installation''s key';
COMMENT ON COLUMN model_version.source IS 'trained, or the folder it was imported from';
COMMENT ON COLUMN model_version.card IS 'its model card, one page of HTML';
