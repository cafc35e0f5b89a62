"""The learner: predicts every event before it learns from it, one process a partition, exactly once."""

from consumers.learner.fold import LearnerFold
from consumers.learner.shelf import Artefacts, NoArtefacts, Shelf
from consumers.learner.worker import GroupOffset, Repairs, work

__all__ = ["Artefacts", "GroupOffset", "LearnerFold", "NoArtefacts", "Repairs", "Shelf", "work"]
