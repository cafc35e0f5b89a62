"""The words of reviews, in two languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

__all__ = ["BAD", "ENGLISH", "GERMAN", "GOOD", "Language", "Words"]

Words: TypeAlias = tuple[str, ...]
GOOD: Final = 0
BAD: Final = 1


@dataclass(frozen=True, eq=False)
class Language:
    """All that reviews of one language are made of.

    Parameters
    ----------
    verb, negation : str
        Of ``the sound is not good``.
    joiners : tuple of str
        Between clauses: one that goes on, one that ends, one that turns.
    intensifiers : tuple of str
        Before an adjective; the empty one is the most frequent.
    subjects : dict of str to tuple of str
        By category; those under the empty one stand for every category.
    adjectives : tuple of tuple of str
        Good ones and bad ones of every category, the frequent ones first.
    category_words : dict of str to (tuple of str, tuple of str)
        An adjective, the categories where it is praise, and those where it is blame.
    phrases : tuple of tuple of str
        Whole clauses: good, bad.
    asides : tuple of str
        Clauses that say nothing of the product.
    """

    verb: str
    negation: str
    joiners: tuple[str, str, str]
    intensifiers: Words
    subjects: dict[str, Words]
    adjectives: tuple[Words, Words]
    category_words: dict[str, tuple[Words, Words]]
    phrases: tuple[Words, Words]
    asides: Words


def _split(words: str) -> Words:
    return tuple(words.split())


ENGLISH: Final = Language(
    verb="is",
    negation="not",
    joiners=(" and ", ". ", " but "),
    intensifiers=("", "very", "really", "quite", "so"),
    subjects={
        "": ("it", "the quality", "the finish", "this thing"),
        "audio": ("the sound", "the cable", "the headband"),
        "bags": ("the strap", "the lining", "the bag"),
        "books": ("the story", "the paper", "the ending"),
        "games": ("the board", "the game", "the rulebook"),
        "garden": ("the hose", "the mower", "the handle"),
        "kitchen": ("the pan", "the lid", "the blender"),
        "lighting": ("the lamp", "the bulb", "the shade"),
        "outdoor": ("the tent", "the stove", "the mattress"),
        "shoes": ("the sole", "the fit", "the leather"),
        "sports": ("the racket", "the ball", "the grip"),
        "tools": ("the drill", "the blade", "the motor"),
        "toys": ("the puppet", "the train", "the puzzle"),
    },
    adjectives=(
        _split(
            "good great lovely solid perfect fine beautiful superb handy sturdy "
            "clever neat charming reliable excellent delightful smart brilliant comfy precise"
        ),
        _split(
            "bad poor flimsy awful broken ugly useless terrible cheap crooked "
            "dull clumsy faulty shabby dreadful annoying wobbly boring leaky rough"
        ),
    ),
    category_words={
        "heavy": (("kitchen", "tools"), ("bags", "shoes", "outdoor")),
        "light": (("bags", "shoes", "outdoor", "sports"), ("tools",)),
        "loud": (("audio",), ("kitchen", "garden", "tools")),
        "quiet": (("kitchen", "garden", "tools"), ("audio",)),
        "bright": (("lighting", "toys"), ()),
        "soft": (("bags", "shoes", "toys"), ("sports", "tools")),
        "long": (("games", "garden"), ("books",)),
        "small": (("audio", "outdoor"), ("bags", "games")),
        "simple": (("tools", "garden", "kitchen"), ("games", "books")),
        "hot": (("kitchen", "outdoor"), ("audio", "lighting")),
    },
    phrases=(
        ("I would buy it again", "my friends want one too", "worth every penny", "exactly what I hoped for"),
        ("I sent it back", "it fell apart within a week", "save your money", "nobody answers my mails"),
    ),
    asides=("I bought it as a present", "it came in a big box", "it is my second one", "I saw it in a film"),
)

GERMAN: Final = Language(
    verb="ist",
    negation="nicht",
    joiners=(" und ", ". ", " aber "),
    intensifiers=("", "sehr", "wirklich", "ganz", "so"),
    subjects={
        "": ("das Teil", "die Qualität", "die Verarbeitung", "alles"),
        "audio": ("der Klang", "das Kabel", "der Bügel"),
        "bags": ("der Gurt", "das Futter", "die Tasche"),
        "books": ("die Geschichte", "das Papier", "der Schluss"),
        "games": ("das Brett", "das Spiel", "die Anleitung"),
        "garden": ("der Schlauch", "der Mäher", "der Griff"),
        "kitchen": ("die Pfanne", "der Deckel", "der Mixer"),
        "lighting": ("die Lampe", "die Birne", "der Schirm"),
        "outdoor": ("das Zelt", "der Kocher", "die Matte"),
        "shoes": ("die Sohle", "die Passform", "das Leder"),
        "sports": ("der Schläger", "der Ball", "das Griffband"),
        "tools": ("der Bohrer", "die Klinge", "der Motor"),
        "toys": ("die Puppe", "der Zug", "das Puzzle"),
    },
    adjectives=(
        _split(
            "gut toll schön stabil perfekt prima hübsch klasse praktisch robust "
            "schlau fein reizend verlässlich hervorragend herrlich edel genial bequem genau"
        ),
        _split(
            "schlecht mies wackelig furchtbar kaputt hässlich nutzlos grauenhaft billig krumm "
            "öde plump fehlerhaft schäbig scheußlich lästig brüchig langweilig undicht rau"
        ),
    ),
    category_words={
        "schwer": (("kitchen", "tools"), ("bags", "shoes", "outdoor")),
        "leicht": (("bags", "shoes", "outdoor", "sports"), ("tools",)),
        "laut": (("audio",), ("kitchen", "garden", "tools")),
        "leise": (("kitchen", "garden", "tools"), ("audio",)),
        "hell": (("lighting", "toys"), ()),
        "weich": (("bags", "shoes", "toys"), ("sports", "tools")),
        "lang": (("games", "garden"), ("books",)),
        "klein": (("audio", "outdoor"), ("bags", "games")),
        "einfach": (("tools", "garden", "kitchen"), ("games", "books")),
        "heiß": (("kitchen", "outdoor"), ("audio", "lighting")),
    },
    phrases=(
        (
            "ich würde es wieder kaufen",
            "jeden Cent wert",
            "meine Freunde wollen auch eins",
            "genau wie erhofft",
        ),
        (
            "ich habe es zurückgeschickt",
            "nach einer Woche war es hin",
            "spart euch das Geld",
            "keiner antwortet mir",
        ),
    ),
    asides=(
        "es war ein Geschenk",
        "der Karton war groß",
        "ich habe schon eins",
        "das kenne ich aus einem Film",
    ),
)
