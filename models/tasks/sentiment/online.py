"""The online models of sentiment: two that learn from own answers, each with a twin that learns from stars alone."""

from __future__ import annotations

from typing import Any, Final

from models.online.naive_bayes import NaiveBayes
from models.online.prior import Prior
from models.online.self_training import LabelledOnly, SelfTraining
from models.online.tfidf_regression import TfIdfRegression
from models.tasks.spec import ModelSpec

__all__ = ["MODELS", "TWINS"]

_NAIVE_BAYES: Final[dict[str, Any]] = {"make": NaiveBayes, "parameters": {}, "sureness": 0.1}
_TFIDF: Final[dict[str, Any]] = {"make": TfIdfRegression, "parameters": {"step": 0.5}, "sureness": 1.0}

MODELS: Final = (
    ModelSpec("self-naive-bayes", "online", SelfTraining, _NAIVE_BAYES | {"confidence": 0.95, "weight": 0.3}),
    ModelSpec("self-tf-idf", "online", SelfTraining, _TFIDF | {"confidence": 0.6, "weight": 0.1}),
    ModelSpec("naive-bayes", "online", LabelledOnly, _NAIVE_BAYES),
    ModelSpec("tf-idf", "online", LabelledOnly, _TFIDF),
    ModelSpec("prior", "baseline", Prior, {"memory_labels": 5_000, "start": 0.5}),
)
"""In the order of serving."""
TWINS: Final = (("naive-bayes", "self-naive-bayes"), ("tf-idf", "self-tf-idf"))
"""Learns from stars alone, and from own answers too."""
