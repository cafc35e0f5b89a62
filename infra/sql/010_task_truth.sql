-- Truth of more tasks than one: which task it is of, and what is no chance (a rank, a group).
ALTER TABLE score_label ADD COLUMN truth double precision;
ALTER TABLE score_truth ADD COLUMN truth double precision;
ALTER TABLE score_truth ADD COLUMN task text NOT NULL DEFAULT 'conversion';
ALTER TABLE score_truth ALTER COLUMN task DROP DEFAULT;
ALTER TABLE score_truth ALTER COLUMN clairvoyant DROP NOT NULL;
ALTER TABLE score_truth ALTER COLUMN bayes DROP NOT NULL;
ALTER TABLE score_truth DROP CONSTRAINT score_truth_pkey;
ALTER TABLE score_truth ADD PRIMARY KEY (partition, task, event_id);
