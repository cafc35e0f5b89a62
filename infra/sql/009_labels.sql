-- Labels that are no number: the item that came next, or an arm with its reward.
ALTER TABLE fact_outcome ADD COLUMN other_label jsonb;
ALTER TABLE stage_outcome ADD COLUMN other_label jsonb;
COMMENT ON COLUMN fact_outcome.label IS 'The label where it is a number; null where it is none, or there will never be one.';
COMMENT ON COLUMN fact_outcome.other_label IS 'The label where it is no number: a text, or an object with its parts.';
COMMENT ON COLUMN stage_outcome.other_label IS 'The label where it is no number: a text, or an object with its parts.';
COMMENT ON COLUMN fact_outcome.why IS 'What settled it: order, ended, silence, at-once or next.';
COMMENT ON COLUMN fact_outcome.losses IS 'Each model''s loss, as the task''s kind has it.';
