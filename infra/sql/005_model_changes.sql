-- Changes of which batch models answer. The log is what holds; here stands who asked, and on which evidence.
CREATE TABLE model_change (
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    id text PRIMARY KEY,
    topic_id text NOT NULL,
    task text NOT NULL,
    action text NOT NULL CHECK (action IN ('shadow', 'promote', 'rollback', 'retire')),
    model text NOT NULL,
    digest text NOT NULL,
    replaced text,
    forced boolean NOT NULL DEFAULT false,
    evidence jsonb,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'void')),
    log_ends jsonb NOT NULL,
    offsets jsonb CHECK (state <> 'done' OR offsets IS NOT NULL),
    at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz
);
CREATE INDEX model_change_task ON model_change (topic_id, task, number);

COMMENT ON TABLE model_change IS 'Changes of which batch models answer: who asked for what, and on which evidence';
COMMENT ON COLUMN model_change.number IS 'in the order in which they were begun';
COMMENT ON COLUMN model_change.id IS 'as in ModelActivated and on ml.models';
COMMENT ON COLUMN model_change.topic_id IS 'the log that the offsets belong to';
COMMENT ON COLUMN model_change.task IS 'whose models they are';
COMMENT ON COLUMN model_change.action IS 'shadow, promote, rollback (of this model, to the one in replaced) or retire';
COMMENT ON COLUMN model_change.model IS 'name@version that was acted on';
COMMENT ON COLUMN model_change.digest IS 'SHA-256 of its artefact, hex';
COMMENT ON COLUMN model_change.replaced IS 'promote: the batch champion before; rollback: the one that is champion again';
COMMENT ON COLUMN model_change.forced IS 'promoted although the gate did not say yes';
COMMENT ON COLUMN model_change.evidence IS 'what the gate saw';
COMMENT ON COLUMN model_change.state IS 'pending: not known yet whether the log has it; done: it has; void: it never will';
COMMENT ON COLUMN model_change.log_ends IS 'by partition, the end of the log before it was written: where to look for it';
COMMENT ON COLUMN model_change.offsets IS 'by partition, the offset from which it holds';
COMMENT ON COLUMN model_change.at IS 'when it was begun';
COMMENT ON COLUMN model_change.settled_at IS 'when it was found to be done or void';

-- What the scoreboard knows of them: which batch model stands where from which offset on.
CREATE TABLE score_in_force (
    task text NOT NULL,
    model text NOT NULL,
    stage text NOT NULL,
    change text,
    partition integer NOT NULL,
    input_offset bigint NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (task, model, partition, input_offset)
);

COMMENT ON TABLE score_in_force IS 'Which batch model stands where from which offset on, as learners told on ml.models';
COMMENT ON COLUMN score_in_force.task IS 'whose model it is';
COMMENT ON COLUMN score_in_force.model IS 'name@version';
COMMENT ON COLUMN score_in_force.stage IS 'shadow, champion or retired';
COMMENT ON COLUMN score_in_force.change IS 'the change that it is part of: see model_change';
COMMENT ON COLUMN score_in_force.partition IS 'of the main input';
COMMENT ON COLUMN score_in_force.input_offset IS 'of the ModelActivated in it';
COMMENT ON COLUMN score_in_force.position IS 'in the order in which it was told';
