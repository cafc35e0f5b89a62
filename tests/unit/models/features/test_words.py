"""Words of texts: the same buckets everywhere, negation, language, and a bound."""

from __future__ import annotations

from random import Random

from models.features.words import BUCKETS, words_of
from producers.simulator.reviews import write_review


def test_the_hash_is_that_of_the_day_it_was_pinned():
    # Another hash would read old states wrong; Python's own is another in each process.
    assert words_of("The sound is not very good. It is solid").buckets == (900, 8369, 3516)


def test_negation_ends_with_its_clause():
    good, solid = words_of("good solid").buckets
    not_good, solid_again = words_of("it is not good and it is solid").buckets
    assert solid_again == solid
    assert not_good != good


def test_reviews_are_of_the_language_of_their_country():
    rng = Random(1)
    for country, language in (("DE", "de"), ("PL", "de"), ("GB", "en"), ("FR", "en")):
        for _ in range(100):
            assert words_of(write_review(rng, 0.0, "tools", country).text).language == language


def test_odd_texts_have_words_within_the_bounds():
    for text in ("", " . ", "not", "x" * 4096, "a b " * 1024, "\0\n\u202e", "İstanbul ẞ 漢字"):
        buckets = words_of(text).buckets
        assert len(buckets) <= 200
        assert all(0 <= bucket < BUCKETS for bucket in buckets)
