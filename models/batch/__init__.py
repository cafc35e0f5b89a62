"""Batch models: trained on what was logged with each prediction, evaluated beside the models that answered then."""

from models.batch.card import model_card
from models.batch.columns import Columns, columns_of
from models.batch.examples import Example, Examples
from models.batch.plots import plots
from models.batch.recipes import Recipe
from models.batch.report import Report, report
from models.batch.search import Progress, Search, Trial, search
from models.batch.splits import Split, check_split, split
from models.batch.target import Target
from models.batch.train import LEAST_LABELS, Trained, train
from models.batch.training import BatchTraining, training_of

__all__ = [
    "LEAST_LABELS",
    "BatchTraining",
    "Columns",
    "Example",
    "Examples",
    "Progress",
    "Recipe",
    "Report",
    "Search",
    "Split",
    "Target",
    "Trained",
    "Trial",
    "check_split",
    "columns_of",
    "model_card",
    "plots",
    "report",
    "search",
    "split",
    "train",
    "training_of",
]
