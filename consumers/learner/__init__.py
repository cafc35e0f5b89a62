"""The learner: predicts every event before it learns from it, one process a partition, exactly once."""

from consumers.learner.fold import LearnerFold
from consumers.learner.worker import GroupOffset, Repairs, work

__all__ = ["GroupOffset", "LearnerFold", "Repairs", "work"]
