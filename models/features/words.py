"""The words of a text, hashed into a fixed number of buckets, and the language they are of."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple
from zlib import crc32

__all__ = ["BUCKETS", "LONGEST", "Words", "words_of"]

BUCKETS: Final = 2**14
"""Another word more is another number below this: state is bounded whatever people write."""
_WORD: Final = re.compile(r"\w+|[.!?;]")
_NEGATIONS: Final = frozenset(("not", "no", "never", "nicht", "kein", "keine", "nie"))
_CLAUSE_ENDS: Final = frozenset((".", "!", "?", ";", "and", "but", "or", "und", "aber", "oder"))
# Words that tell a language, and nothing else. Of two languages with the same number the first is taken.
_STOP_WORDS: Final = {
    "en": frozenset(
        "the it is a an and but or this that i my to of in on so very quite really was were".split()
    ),
    "de": frozenset(
        "das der die es ist ein eine und aber oder ich zu in auf so sehr ganz wirklich war".split()
    ),
}
LONGEST: Final = 200
"""Words of a text that are read."""


class Words(NamedTuple):
    """What models see of a text: its language, and the bucket of each word; for people, how each is spelled."""

    language: str
    buckets: tuple[int, ...]
    spelled: tuple[str, ...]


@lru_cache(maxsize=64)
def words_of(text: str) -> Words:
    """Take a text apart: words in order, without those that tell only the language, at most 200.

    What follows ``not`` in a clause is another word than without it (Das and Chen 2001). The hash is the same in every
    process, which that of Python is not.

    Examples
    --------
    >>> words_of("It is not good, and very solid.") == words_of("not good solid")
    False
    >>> words_of("It is very solid and good.") == words_of("SOLID. Good!")
    True
    >>> words_of("It is not good.").spelled
    ('not good',)
    >>> words_of("das ist gut").language
    'de'

    References
    ----------
    S. Das and M. Chen, "Yahoo! for Amazon: extracting market sentiment from stock message boards", APFA 2001.
    K. Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
    """
    found = [match.group() for match in _WORD.finditer(text.lower())][: 2 * LONGEST]
    language = max(_STOP_WORDS, key=lambda name: sum(word in _STOP_WORDS[name] for word in found))
    spelled: list[str] = []
    is_negated = False
    for word in found:
        if word in _CLAUSE_ENDS:
            is_negated = False
        elif word in _NEGATIONS:
            is_negated = True
        elif word not in _STOP_WORDS[language]:
            spelled.append(f"not {word}" if is_negated else word)
    del spelled[LONGEST:]
    return Words(language, tuple(crc32(word.encode()) % BUCKETS for word in spelled), tuple(spelled))
