"""Reviews: what a text tells of the mood is what the grammar says, exactly."""

from __future__ import annotations

from itertools import product
from math import exp, log, sqrt
from random import Random

import pytest
from pytest import approx

from producers.simulator.catalogue import CATEGORIES
from producers.simulator.reviews import grammar, write_review
from producers.simulator.reviews.words import BAD, ENGLISH, GERMAN, GOOD

LANGUAGES = pytest.mark.parametrize("language", [ENGLISH, GERMAN], ids=["en", "de"])


def same_tone(mood: int, tone: int) -> float:
    return grammar._SAME_TONE if mood == tone else 1.0 - grammar._SAME_TONE


def by_enumeration(parts, joiners) -> float:
    """Log of the ratio, summed over every sequence of tones."""
    likelihood = [0.0, 0.0]
    for mood in (GOOD, BAD):
        for tones in product((GOOD, BAD), repeat=len(parts)):
            chance = 1.0
            for tone, part in zip(tones, parts, strict=True):
                chance *= same_tone(mood, tone) * part.likelihoods[tone]
            for one, two, joiner in zip(tones, tones[1:], joiners, strict=False):
                chance *= grammar._JOINERS[one != two][joiner]
            likelihood[mood] += chance
    return log(likelihood[GOOD] / likelihood[BAD])


@LANGUAGES
@pytest.mark.parametrize("category", CATEGORIES)
def test_a_text_is_made_in_one_way_only_and_all_ways_sum_to_one(language, category):
    clauses = grammar.clauses(language, category)
    assert len({clause.text for clause in clauses}) == len(clauses)
    # The likelihoods leave out subject and intensifier, which depend on neither tone.
    alike = len(grammar._subjects(language, category)) * len(language.intensifiers)
    for tone in (GOOD, BAD):
        phrases = sum(clause.likelihoods[tone] for clause in clauses[-8:])
        statements = sum(clause.likelihoods[tone] for clause in clauses[:-8])
        assert phrases + statements / alike == approx(1.0)


@LANGUAGES
def test_a_typo_makes_no_other_word(language):
    words = {
        word
        for category in CATEGORIES
        for clause in grammar.clauses(language, category)
        for word in clause.text.split()
    } | {word for aside in language.asides for word in aside.split()}
    made: dict[str, str] = {}
    for word in words:
        if len(word) < grammar._LEAST_TYPO:
            continue
        for at in range(1, len(word) - 2):
            typo = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            if typo != word:
                assert typo not in words
                assert made.setdefault(typo, word) == word


def test_the_posterior_is_the_sum_over_all_tones():
    rng = Random(5)
    for _ in range(200):
        language, category = rng.choice((ENGLISH, GERMAN)), rng.choice(CATEGORIES)
        parts = [
            grammar._draw_clause(rng, language, category, rng.randrange(2)) for _ in range(rng.randint(1, 3))
        ]
        joiners = [rng.randrange(3) for _ in parts[1:]]
        assert grammar.log_likelihood_ratio(parts, joiners) == approx(by_enumeration(parts, joiners))


def test_what_it_says_comes_true(monkeypatch):
    monkeypatch.setattr(grammar, "_CLAUSES", (1, 3))  # of long ones it is nearly sure
    rng = Random(11)
    reviews = [
        write_review(rng, rng.gauss(0.3, 0.9), "tools", rng.choice(("NL", "FR"))) for _ in range(20_000)
    ]
    for low in (0.0, 0.25, 0.5, 0.75):
        starred = [r for r in reviews if r.stars is not None and low <= r.happy < low + 0.25]
        assert len(starred) > 100
        came = sum(r.stars is not None and r.stars >= grammar.HAPPY_STARS for r in starred) / len(starred)
        said = sum(r.happy for r in starred) / len(starred)
        assert abs(came - said) < 3.5 * sqrt(said * (1.0 - said) / len(starred))


def test_one_in_ten_has_stars_and_germans_write_german():
    rng = Random(2)
    reviews = [write_review(rng, 0.3, "shoes", "DE") for _ in range(5_000)]
    assert 0.08 < sum(review.stars is not None for review in reviews) / len(reviews) < 0.12
    assert sum(" is " in review.text for review in reviews) == 0
    assert sum(" ist " in review.text for review in reviews) > 4_000


def test_a_kind_user_of_a_good_product_is_happier():
    def share(happiness: float) -> float:
        rng = Random(3)
        return sum(write_review(rng, happiness, "bags", "GB").happy for _ in range(3_000)) / 3_000

    sure = 1.0 / (1.0 + exp(-2.0))
    happy, other = grammar.P_HAPPY_STARS
    assert share(2.0) == approx(sure * happy + (1.0 - sure) * other, abs=0.02)
    assert share(-2.0) < 0.3
