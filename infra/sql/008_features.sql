-- What models saw stands on a topic of its own, ml.features, and so in a mart of its own; feature sets are numbered by
-- contracts/features.py, no longer by Spark.

DROP VIEW training_example;

CREATE TABLE fact_features (
    task text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    feature_set bigint NOT NULL,
    features double precision[] NOT NULL,
    PRIMARY KEY (task, partition, "offset")
);
INSERT INTO fact_features (task, partition, "offset", feature_set, features)
SELECT task, partition, "offset", feature_set, features FROM fact_prediction;
ALTER TABLE fact_prediction DROP COLUMN feature_set, DROP COLUMN features;
ALTER TABLE fact_prediction RENAME COLUMN served TO model;
COMMENT ON TABLE fact_features IS 'What the models of a task saw of an event. Without a foreign key to the names: both come from topics, and not at once.';
COMMENT ON COLUMN fact_features.task IS 'The task.';
COMMENT ON COLUMN fact_features.partition IS 'Of the event on shop.user-events.';
COMMENT ON COLUMN fact_features."offset" IS 'Of the event on shop.user-events.';
COMMENT ON COLUMN fact_features.feature_set IS 'Which features: see dim_feature_set.';
COMMENT ON COLUMN fact_features.features IS 'In the order of the names, bit for bit.';

-- The same lists under their new numbers.
CREATE TEMPORARY TABLE renumbered ON COMMIT DROP AS
SELECT
    feature_set AS was, task, names,
    ('x' || encode(substr(sha256(convert_to(array_to_string(task || names, E'\n'), 'UTF8')), 1, 4), 'hex'))
        ::bit(32)::bigint AS is_now
FROM dim_feature_set;
ALTER TABLE fact_backfilled DROP CONSTRAINT fact_backfilled_feature_set_fkey;
ALTER TABLE etl_backfill DROP CONSTRAINT etl_backfill_feature_set_fkey;
DELETE FROM dim_feature_set;
INSERT INTO dim_feature_set (feature_set, task, names) SELECT is_now, task, names FROM renumbered;
UPDATE fact_features AS f SET feature_set = r.is_now FROM renumbered AS r WHERE f.feature_set = r.was;
UPDATE fact_backfilled AS f SET feature_set = r.is_now FROM renumbered AS r WHERE f.feature_set = r.was;
UPDATE etl_backfill AS f SET feature_set = r.is_now FROM renumbered AS r WHERE f.feature_set = r.was;
ALTER TABLE fact_backfilled ADD FOREIGN KEY (feature_set) REFERENCES dim_feature_set;
ALTER TABLE etl_backfill ADD FOREIGN KEY (feature_set) REFERENCES dim_feature_set;
COMMENT ON TABLE dim_feature_set IS 'Names of features, once for each list: as learners declared it, or as a backfill computed it.';
COMMENT ON COLUMN dim_feature_set.feature_set IS 'The first 32 bits of SHA-256 over task and names: the same list has the same number everywhere.';
COMMENT ON COLUMN dim_feature_set.names IS 'Names in the order of the values.';
COMMENT ON COLUMN etl_backfill.not_logged IS 'Of these: missing on ml.features between others that are there.';
COMMENT ON COLUMN etl_backfill.not_computed IS 'Logged for the task where no computed row is.';
COMMENT ON COLUMN etl_backfill.beyond IS 'Computed rows before or behind all that ml.features has: its log was cut, or learners are not there yet.';

DROP TABLE stage_feature_set, stage_prediction;
CREATE UNLOGGED TABLE stage_prediction (
    attempt uuid NOT NULL, writer uuid NOT NULL, log_offset bigint NOT NULL, LIKE fact_prediction
);
CREATE UNLOGGED TABLE stage_features (
    attempt uuid NOT NULL, writer uuid NOT NULL, log_offset bigint NOT NULL, LIKE fact_features
);
DO $$
DECLARE
    pair record;
BEGIN
    FOR pair IN
        SELECT s.relname, a.attname, m.relname AS mart,
            CASE a.attname
                WHEN 'attempt' THEN 'The run that wants it moved.'
                WHEN 'writer' THEN 'The task that wrote it; a task that Spark runs again is another one.'
                WHEN 'log_offset' THEN 'Of the record itself, on its own topic.'
                ELSE col_description(m.oid, ma.attnum)
            END AS said
        FROM pg_class AS s
        JOIN pg_class AS m ON m.relname = replace(s.relname, 'stage_', 'fact_') AND m.relnamespace = s.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = s.oid AND a.attnum > 0
        LEFT JOIN pg_attribute AS ma ON ma.attrelid = m.oid AND ma.attname = a.attname
        WHERE s.relname IN ('stage_prediction', 'stage_features')
        AND s.relnamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('COMMENT ON TABLE %I IS %L', pair.relname, 'Staging of ' || pair.mart || '.');
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', pair.relname, pair.attname, pair.said);
    END LOOP;
END
$$;

CREATE VIEW training_example AS
SELECT
    o.task, o.partition, o."offset", o.event_id, o.user_id, o.session_id, o.time,
    o.label, o.why, o.settled_offset, o.settled_time, o.answers, o.losses, f.feature_set, f.features
FROM fact_outcome AS o
JOIN fact_features AS f USING (task, partition, "offset")
JOIN dim_feature_set AS s ON s.feature_set = f.feature_set AND cardinality(s.names) = cardinality(f.features)
WHERE o.label IS NOT NULL;
COMMENT ON VIEW training_example IS 'One row a prediction whose label is known: features as they were served, and the label.';
COMMENT ON COLUMN training_example.task IS 'The task.';
COMMENT ON COLUMN training_example.partition IS 'Of the event.';
COMMENT ON COLUMN training_example."offset" IS 'Of the event.';
COMMENT ON COLUMN training_example.event_id IS 'Of the event.';
COMMENT ON COLUMN training_example.user_id IS 'Who did it.';
COMMENT ON COLUMN training_example.session_id IS 'The visit.';
COMMENT ON COLUMN training_example.time IS 'Event time of the prediction.';
COMMENT ON COLUMN training_example.label IS 'The label.';
COMMENT ON COLUMN training_example.why IS 'What settled it.';
COMMENT ON COLUMN training_example.settled_offset IS 'Offset of the record that settled it.';
COMMENT ON COLUMN training_example.settled_time IS 'When it settled: nothing trained before may know the label.';
COMMENT ON COLUMN training_example.answers IS 'Each model''s answer.';
COMMENT ON COLUMN training_example.losses IS 'Each model''s loss.';
COMMENT ON COLUMN training_example.feature_set IS 'Names of the features.';
COMMENT ON COLUMN training_example.features IS 'What the models saw.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'freshet_reader') THEN
        GRANT SELECT ON fact_features, training_example TO freshet_reader;
    END IF;
END
$$;
