-- Features computed over the history by the fold that serves (`freshet backfill`), and whether they are what was logged.

CREATE TABLE etl_backfill (
    feature_set bigint PRIMARY KEY REFERENCES dim_feature_set,
    topic_id text NOT NULL,
    until_offsets jsonb NOT NULL,
    rows_computed bigint NOT NULL,
    equal bigint NOT NULL,
    different bigint NOT NULL,
    not_logged bigint NOT NULL,
    not_computed bigint NOT NULL,
    beyond bigint NOT NULL,
    other_features bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE etl_backfill IS 'The last backfill of each feature set, and how it compared with what was logged, bit for bit.';
COMMENT ON COLUMN etl_backfill.feature_set IS 'Which features, and of which task.';
COMMENT ON COLUMN etl_backfill.topic_id IS 'The broker''s id of the main input that was folded.';
COMMENT ON COLUMN etl_backfill.until_offsets IS 'By partition, the offset after the last that was folded; the first is 0.';
COMMENT ON COLUMN etl_backfill.rows_computed IS 'Decision points that were found.';
COMMENT ON COLUMN etl_backfill.equal IS 'Of these: logged with the same features and the very same bits.';
COMMENT ON COLUMN etl_backfill.different IS 'Of these: logged with the same features and other values.';
COMMENT ON COLUMN etl_backfill.not_logged IS 'Of these: missing on ml.predictions between others that are there.';
COMMENT ON COLUMN etl_backfill.not_computed IS 'Predictions of the task that no computed row belongs to.';
COMMENT ON COLUMN etl_backfill.beyond IS 'Computed rows before or behind all that ml.predictions has: its log was cut, or learners are not there yet.';
COMMENT ON COLUMN etl_backfill.other_features IS 'Computed rows that were logged with other features.';
COMMENT ON COLUMN etl_backfill.changed_at IS 'When a backfill last changed something here.';

CREATE TABLE fact_backfilled (
    feature_set bigint NOT NULL REFERENCES dim_feature_set,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    event_id text NOT NULL,
    features double precision[] NOT NULL,
    PRIMARY KEY (feature_set, partition, "offset")
);
COMMENT ON TABLE fact_backfilled IS 'Features of every decision point of the history, computed by the code that serves; also those that were never served.';
COMMENT ON COLUMN fact_backfilled.feature_set IS 'Which features, and of which task.';
COMMENT ON COLUMN fact_backfilled.partition IS 'Of the event on shop.user-events.';
COMMENT ON COLUMN fact_backfilled."offset" IS 'Of the event on shop.user-events.';
COMMENT ON COLUMN fact_backfilled.event_id IS 'Of the event.';
COMMENT ON COLUMN fact_backfilled.features IS 'In the order of the names of the feature set, bit for bit.';

CREATE UNLOGGED TABLE stage_backfilled (attempt uuid NOT NULL, writer uuid NOT NULL, LIKE fact_backfilled);
COMMENT ON TABLE stage_backfilled IS 'Staging of fact_backfilled.';
COMMENT ON COLUMN stage_backfilled.attempt IS 'The run that wants it moved.';
COMMENT ON COLUMN stage_backfilled.writer IS 'The task that wrote it; a task that Spark runs again is another one.';
COMMENT ON COLUMN stage_backfilled.feature_set IS 'Which features, and of which task.';
COMMENT ON COLUMN stage_backfilled.partition IS 'Of the event on shop.user-events.';
COMMENT ON COLUMN stage_backfilled."offset" IS 'Of the event on shop.user-events.';
COMMENT ON COLUMN stage_backfilled.event_id IS 'Of the event.';
COMMENT ON COLUMN stage_backfilled.features IS 'In the order of the names of the feature set, bit for bit.';

CREATE VIEW backfilled_example AS
SELECT
    o.task, o.partition, o."offset", o.event_id, o.user_id, o.session_id, o.time,
    o.label, o.why, o.settled_offset, o.settled_time, o.answers, o.losses, b.feature_set, b.features
FROM fact_backfilled AS b
JOIN dim_feature_set AS f USING (feature_set)
JOIN fact_outcome AS o ON o.task = f.task AND o.partition = b.partition AND o."offset" = b."offset"
WHERE o.label IS NOT NULL
-- Offsets mean the same on both sides: rows of a topic that was made again are of another log than the labels.
AND EXISTS (
    SELECT FROM etl_backfill AS e JOIN etl_ledger AS l USING (topic_id) WHERE e.feature_set = b.feature_set
);
COMMENT ON VIEW backfilled_example IS 'As training_example, with features as `freshet backfill` computed them.';
COMMENT ON COLUMN backfilled_example.task IS 'The task.';
COMMENT ON COLUMN backfilled_example.partition IS 'Of the event.';
COMMENT ON COLUMN backfilled_example."offset" IS 'Of the event.';
COMMENT ON COLUMN backfilled_example.event_id IS 'Of the event.';
COMMENT ON COLUMN backfilled_example.user_id IS 'Who did it.';
COMMENT ON COLUMN backfilled_example.session_id IS 'The visit.';
COMMENT ON COLUMN backfilled_example.time IS 'Event time of the decision point.';
COMMENT ON COLUMN backfilled_example.label IS 'The label.';
COMMENT ON COLUMN backfilled_example.why IS 'What settled it.';
COMMENT ON COLUMN backfilled_example.settled_offset IS 'Offset of the record that settled it.';
COMMENT ON COLUMN backfilled_example.settled_time IS 'When it settled: nothing trained before may know the label.';
COMMENT ON COLUMN backfilled_example.answers IS 'What each model answered then, from the features as they were served.';
COMMENT ON COLUMN backfilled_example.losses IS 'Each model''s loss.';
COMMENT ON COLUMN backfilled_example.feature_set IS 'Names of the features.';
COMMENT ON COLUMN backfilled_example.features IS 'As they were computed.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'freshet_reader') THEN
        GRANT SELECT ON etl_backfill, fact_backfilled, backfilled_example TO freshet_reader;
    END IF;
END
$$;
