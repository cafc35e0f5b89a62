"""Classifiers of texts, one for each language, that learn from labels alone or from their own confident answers too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, log, sqrt
from typing import Any, Final, Protocol

from models.explanation import Explanation
from models.features.words import words_of

__all__ = ["TEXT", "LabelledOnly", "SelfTraining", "WordModel"]

TEXT: Final = "text"
"""Under which the text stands among what a model sees."""
_FEWEST_LABELS: Final = 3  # of each class
_SURENESS_STEP: Final = 0.2
_LARGEST_LOGIT: Final = 30.0


class WordModel(Protocol):
    """Two classes told apart by words."""

    def logit(self, words: Sequence[int]) -> float:
        """Log of the odds of the class 1."""
        ...

    def parts(self, words: Sequence[int]) -> tuple[float, list[float]]:
        """Log of the odds without words, and what each word adds to it."""
        ...

    def learn(self, words: Sequence[int], label: int, weight: float) -> None:
        """Take in a text of class `label`."""
        ...


class _Language:
    """What is known of one language: its model, how many labels came of each class, and how many were believed."""

    def __init__(self, model: WordModel) -> None:
        self.model = model
        self.labels = [0, 0]
        self.believed = [0.0, 0.0]

    def logit(self, words: Sequence[int]) -> float:
        return min(max(self.model.logit(words), -_LARGEST_LOGIT), _LARGEST_LOGIT)


class LabelledOnly:
    """Learn from texts that have a label; the twin that `SelfTraining` is held against.

    One model for each language: with one for both, what tells the languages apart is learnt for what tells the classes
    apart as soon as it learns from its own answers. How sure its answers are is learnt from what it answered to the
    labelled ones before it learnt them.

    Parameters
    ----------
    make : callable
        Makes the model of one language.
    parameters : dict
        Arguments of `make`.
    sureness : float
        Logits are multiplied with this before the first label.

    References
    ----------
    C. Guo et al., "On calibration of modern neural networks", ICML 2017 (temperature scaling).
    """

    def __init__(self, make: Callable[..., WordModel], parameters: dict[str, float], sureness: float) -> None:
        self._make = make
        self._parameters = parameters
        self._languages: dict[str, _Language] = {}
        self._sureness = log(sureness)
        self._squares = 1.0

    def predict_one(self, x: dict[str, Any]) -> float:
        """Probability of the label 1."""
        words = words_of(x[TEXT])
        language = self._languages.get(words.language)
        return 0.5 if language is None else _sigmoid(exp(self._sureness) * language.logit(words.buckets))

    def explain_one(self, x: dict[str, Any]) -> Explanation:
        """What each word adds to the log odds."""
        words = words_of(x[TEXT])
        language = self._languages.get(words.language)
        if language is None:
            return Explanation(0.5)
        start, parts = language.model.parts(words.buckets)
        # Log odds that are too large are cut: then each part is made smaller alike.
        total = start + sum(parts)
        scale = exp(self._sureness) * min(1.0, _LARGEST_LOGIT / max(abs(total), 1.0))
        added: dict[str, float] = {}
        for word, part in zip(words.spelled, parts, strict=True):
            added[word] = added.get(word, 0.0) + scale * part
        return Explanation(scale * start, added, "logistic")

    def learn_one(self, x: dict[str, Any], y: float) -> None:
        """Take in a text with its label."""
        language, words = self._of(x)
        label = int(y > 0.5)
        logit = exp(self._sureness) * language.logit(words)
        gradient = (_sigmoid(logit) - label) * logit
        self._squares += gradient * gradient
        self._sureness -= _SURENESS_STEP * gradient / sqrt(self._squares)
        language.labels[label] += 1
        language.model.learn(words, label, 1.0)

    def _of(self, x: dict[str, Any]) -> tuple[_Language, tuple[int, ...]]:
        words = words_of(x[TEXT])
        language = self._languages.get(words.language)
        if language is None:
            language = self._languages[words.language] = _Language(self._make(**self._parameters))
        return language, words.buckets


class SelfTraining(LabelledOnly):
    """Learn from texts without a label, too: from an own answer that is confident, as if it were the label.

    Answers of a class that is ahead of its share among the labels are not learnt: else one class takes all. A text is
    learnt in two halves, every other word: of a whole text that it is sure of, a regression has nothing to learn, while
    half of it teaches the words that the other half was known by.

    Parameters
    ----------
    make, parameters, sureness
        As for `LabelledOnly`.
    confidence : float
        Least probability of the likelier class.
    weight : float
        Of what is learnt so; that of a label is 1.

    References
    ----------
    D. Yarowsky, "Unsupervised word sense disambiguation rivaling supervised methods", ACL 1995.
    K. Nigam, A. McCallum, S. Thrun and T. Mitchell, "Text classification from labeled and unlabeled documents using
    EM", Machine Learning 2000.
    A. Blum and T. Mitchell, "Combining labeled and unlabeled data with co-training", COLT 1998.
    """

    def __init__(
        self,
        make: Callable[..., WordModel],
        parameters: dict[str, float],
        sureness: float,
        confidence: float,
        weight: float,
    ) -> None:
        super().__init__(make, parameters, sureness)
        self._confidence = confidence
        self._weight = weight

    def learn_unlabelled(self, x: dict[str, Any]) -> None:
        """Take in a text without a label, where the answer to it is confident."""
        language, words = self._of(x)
        if min(language.labels) < _FEWEST_LABELS:
            return
        chance = _sigmoid(language.logit(words))
        label = int(chance > 0.5)
        share = (language.labels[label] + 1.0) / (sum(language.labels) + 2.0)
        if max(chance, 1.0 - chance) < self._confidence:
            return
        if language.believed[label] > share * sum(language.believed) + 2.0:
            return
        language.believed[label] += 1.0
        for half in (words[::2], words[1::2]):
            if half:
                language.model.learn(half, label, self._weight)


def _sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + exp(-logit))
