"""The learner, exactly once, beside a naive loop of the same model."""
