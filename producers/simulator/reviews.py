"""What users write about products: happy or not by a latent mood, with stars for one in ten."""

from __future__ import annotations

from math import exp
from random import Random
from typing import Final

__all__ = ["write_review"]

_STARRED: Final = 0.1
_OPEN: Final = (
    (
        "Really pleased with it.",
        "Exactly what I hoped for.",
        "Lovely thing.",
        "Would buy again.",
        "Great value.",
    ),
    ("Not what I expected.", "Sent it back in my mind already.", "A let-down.", "Broke soon.", "Poor value."),
)
_DETAIL: Final = (
    ("It works well and feels solid", "It looks even better than in the pictures", "Easy to use from day one",
     "My family fights over it", "The finish is fine and it does its job"),
    ("It feels flimsy and looks cheap", "The colour is off and a part was missing", "It stopped working at once",
     "The fit is bad and it smells", "The finish is rough and it barely does its job"),
)  # fmt: skip
_CLOSE: Final = (
    ("delivery was quick.", "five minutes to set up.", "thank you.", "my friends want one too."),
    ("delivery took for ever.", "nobody answers my mails.", "never again.", "save your money."),
)
# Words of either mood, so that no single word tells all.
_ASIDE: Final = ("The box was big.", "Bought as a present.", "Second one I own.", "It was on sale.", "")


def write_review(rng: Random, happiness: float) -> tuple[str, int | None]:
    """Text and, for one in ten, stars.

    Parameters
    ----------
    rng : Random
        Drawn from.
    happiness : float
        Logit of the review being a happy one.

    Returns
    -------
    text : str
        Three to four short sentences.
    stars : int or None
        1 to 5; happy reviews have 4 or 5, the others mostly 1 to 3.
    """
    draw = rng.random
    mood = 0 if draw() < 1.0 / (1.0 + exp(-happiness)) else 1

    def pick(texts: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
        # One sentence in eight is of the other mood: people are like that.
        side = mood if draw() < 0.875 else 1 - mood
        return texts[side][int(draw() * len(texts[side]))]

    words = (pick(_OPEN), pick(_DETAIL) + ",", pick(_CLOSE), _ASIDE[int(draw() * len(_ASIDE))])
    text = " ".join(word for word in words if word)
    if draw() >= _STARRED:
        return text, None
    stars = (5 if draw() < 0.6 else 4) if mood == 0 else 1 + int(draw() * 3)
    return text, stars
