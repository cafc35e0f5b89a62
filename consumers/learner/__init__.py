"""The learner: predicts every event before it learns from it, one process a partition, exactly once."""

from consumers.learner.fold import LearnerFold
from consumers.learner.model_cache import ModelCache, no_registry
from consumers.learner.worker import GroupOffset, work

__all__ = ["GroupOffset", "LearnerFold", "ModelCache", "no_registry", "work"]
