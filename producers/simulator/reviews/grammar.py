"""A small generative grammar of reviews: mood, tones, clauses, words, typos; and how likely each mood made a text.

A mood (happy or not) makes the tone of each clause, mostly its own. A tone makes an adjective of its kind, or not one
of the other kind (``not bad``), or a whole phrase; what joins two clauses depends on their tones (``but``). Some
adjectives are praise of one category and blame of another. Typos, asides and subjects depend on neither. So what a text
tells of the mood is a sum over the tones of its clauses, worked out by the forward algorithm.

Reviews are long and their words are many: of two clauses, words of the category told reviews apart better than words of
the mood, and a model that learnt from its own answers was worse than one that did not.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from math import exp, log
from random import Random
from typing import Final, NamedTuple

from producers.simulator.reviews.words import BAD, ENGLISH, GERMAN, GOOD, Language

__all__ = ["HAPPY_STARS", "P_HAPPY_STARS", "Review", "clauses", "write_review"]

_STARRED: Final = 0.1
# By mood: chances of 1 to 5 stars.
_STARS: Final = ((0.0, 0.01, 0.04, 0.3, 0.65), (0.45, 0.35, 0.15, 0.04, 0.01))
HAPPY_STARS: Final = 4
P_HAPPY_STARS: Final = tuple(sum(chances[HAPPY_STARS - 1 :]) for chances in _STARS)
"""Chance of four stars and more, by mood."""
_SAME_TONE: Final = 0.88
_NEGATED: Final = 0.2
_PHRASE: Final = 0.25
_ASIDE: Final = 0.3
_TYPO: Final = 0.03
_LEAST_TYPO: Final = 5  # letters
_CLAUSES: Final = (6, 11)  # the fewest and the most
# Chances of the three joiners between clauses of one tone, and of two.
_JOINERS: Final = ((0.5, 0.48, 0.02), (0.1, 0.2, 0.7))
# Weights of adjectives are 1/4, 1/5, 1/6, ...; that of a word of the category is this.
_FIRST_RANK: Final = 4
_WORD_OF_CATEGORY: Final = 0.1
_IN_GERMAN: Final = ("DE", "NL", "PL")


class Review(NamedTuple):
    """One review.

    Parameters
    ----------
    text : str
        What is posted.
    stars : int or None
        1 to 5, for one in ten.
    happy : float
        Chance of four stars and more, for one who knows the grammar, the user and the product.
    """

    text: str
    stars: int | None
    happy: float


class Clause(NamedTuple):
    """A clause as it may be drawn; `likelihoods` is its chance by tone, given that it is drawn at all."""

    text: str
    likelihoods: tuple[float, float]


@cache
def _adjectives(language: Language, category: str) -> tuple[tuple[tuple[str, ...], tuple[float, ...]], ...]:
    """Words and cumulative chances, by tone."""
    found = []
    for tone in (GOOD, BAD):
        weights = {word: 1.0 / rank for rank, word in enumerate(language.adjectives[tone], _FIRST_RANK)}
        weights |= {
            w: _WORD_OF_CATEGORY for w, where in language.category_words.items() if category in where[tone]
        }
        total = sum(weights.values())
        found.append((tuple(weights), tuple(accumulate(weight / total for weight in weights.values()))))
    return tuple(found)


def _chance(table: tuple[tuple[str, ...], tuple[float, ...]], word: str) -> float:
    words, cumulative = table
    if word not in words:
        return 0.0
    place = words.index(word)
    return cumulative[place] - (cumulative[place - 1] if place else 0.0)


@cache
def _statement_likelihoods(
    language: Language, category: str, is_negated: bool, adjective: str
) -> tuple[float, float]:
    tables = _adjectives(language, category)
    share = (1.0 - _PHRASE) * (_NEGATED if is_negated else 1.0 - _NEGATED)
    of_good, of_bad = (share * _chance(tables[tone ^ is_negated], adjective) for tone in (GOOD, BAD))
    return of_good, of_bad


def _subjects(language: Language, category: str) -> tuple[str, ...]:
    return language.subjects[""] + language.subjects[category]


def _statement(language: Language, subject: str, is_negated: bool, intensifier: str, adjective: str) -> str:
    words = (subject, language.verb, language.negation if is_negated else "", intensifier, adjective)
    return " ".join(word for word in words if word)


def clauses(language: Language, category: str) -> list[Clause]:
    """Every clause that says something of a product of this category."""
    adjectives = {word for words, _ in _adjectives(language, category) for word in words}
    return [
        Clause(
            _statement(language, subject, is_negated, intensifier, adjective),
            _statement_likelihoods(language, category, is_negated, adjective),
        )
        for subject in _subjects(language, category)
        for is_negated in (False, True)
        for intensifier in language.intensifiers
        for adjective in sorted(adjectives)
    ] + [
        Clause(phrase, (_PHRASE / len(phrases), 0.0) if tone == GOOD else (0.0, _PHRASE / len(phrases)))
        for tone, phrases in enumerate(language.phrases)
        for phrase in phrases
    ]


def _draw_clause(rng: Random, language: Language, category: str, tone: int) -> Clause:
    draw = rng.random
    if draw() < _PHRASE:
        phrases = language.phrases[tone]
        likelihood = _PHRASE / len(phrases)
        phrase = phrases[int(draw() * len(phrases))]
        return Clause(phrase, (likelihood, 0.0) if tone == GOOD else (0.0, likelihood))
    is_negated = draw() < _NEGATED
    words, cumulative = _adjectives(language, category)[tone ^ is_negated]
    adjective = words[min(bisect(cumulative, draw()), len(words) - 1)]
    subjects = _subjects(language, category)
    # Half have none.
    places = len(language.intensifiers)
    intensifier = language.intensifiers[max(0, int(draw() * 2 * places) - places)]
    text = _statement(language, subjects[int(draw() * len(subjects))], is_negated, intensifier, adjective)
    return Clause(text, _statement_likelihoods(language, category, is_negated, adjective))


def log_likelihood_ratio(parts: Sequence[Clause], joiners: Sequence[int]) -> float:
    """How much likelier happy people than others write these clauses, joined so: the log of the ratio."""
    likelihood = []
    for mood in (GOOD, BAD):
        forward = [
            (_SAME_TONE if tone == mood else 1.0 - _SAME_TONE) * parts[0].likelihoods[tone]
            for tone in (GOOD, BAD)
        ]
        for part, joiner in zip(parts[1:], joiners, strict=True):
            forward = [
                (_SAME_TONE if tone == mood else 1.0 - _SAME_TONE)
                * part.likelihoods[tone]
                * sum(_JOINERS[tone != before][joiner] * forward[before] for before in (GOOD, BAD))
                for tone in (GOOD, BAD)
            ]
        likelihood.append(sum(forward))
    return log(likelihood[GOOD] / likelihood[BAD])


def _with_typos(rng: Random, text: str) -> str:
    words = text.split(" ")
    for place, word in enumerate(words):
        if len(word) >= _LEAST_TYPO and rng.random() < _TYPO:
            at = 1 + int(rng.random() * (len(word) - 3))
            words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def write_review(rng: Random, happiness: float, category: str, country: str) -> Review:
    """Write a review.

    Parameters
    ----------
    rng : Random
        Drawn from.
    happiness : float
        Logit of the review being a happy one.
    category : str
        Of the product.
    country : str
        Of the user: those from DE, NL and PL see the shop in German, all others in English.
    """
    draw = rng.random
    language = GERMAN if country in _IN_GERMAN else ENGLISH
    mood = GOOD if draw() < 1.0 / (1.0 + exp(-happiness)) else BAD
    fewest, most = _CLAUSES
    many = fewest + int(draw() * (most - fewest + 1))
    tones = [mood if draw() < _SAME_TONE else 1 - mood for _ in range(many)]
    parts = [_draw_clause(rng, language, category, tone) for tone in tones]
    joiners = [
        bisect(tuple(accumulate(_JOINERS[one != two])), draw())
        for one, two in zip(tones, tones[1:], strict=False)
    ]
    text = parts[0].text
    for part, joiner in zip(parts[1:], joiners, strict=True):
        text += language.joiners[joiner] + part.text
    if draw() < _ASIDE:
        text += f". {language.asides[int(draw() * len(language.asides))]}"
    text = _with_typos(rng, text) + "."
    p_happy = 1.0 / (1.0 + exp(-happiness - log_likelihood_ratio(parts, joiners)))
    happy = p_happy * P_HAPPY_STARS[GOOD] + (1.0 - p_happy) * P_HAPPY_STARS[BAD]
    stars = 1 + bisect(tuple(accumulate(_STARS[mood])), draw()) if draw() < _STARRED else None
    return Review(text, None if stars is None else min(stars, 5), happy)
