"""How batch models of the toy's tasks are trained; not imported by a learner."""

from models.batch import BatchTraining
from models.batch.recipes import Recipe, logistic

DEAR_BATCH = BatchTraining((Recipe("line", "logistic regression", logistic, {"C": 1.0}, {"C": (0.1, 1.0)}),))
