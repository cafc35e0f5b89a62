-- One word for which batch model answers in which stage from which offset on: a deployment.
ALTER TABLE score_in_force RENAME TO score_deployment;
ALTER INDEX score_in_force_pkey RENAME TO score_deployment_pkey;

COMMENT ON TABLE score_deployment IS 'The stage of each batch model from an offset on, as learners reported it on ml.models';
COMMENT ON COLUMN score_deployment.position IS 'the order in which it was reported';
