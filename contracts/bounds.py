"""What may stand in a field of an event or a record: ranges of numbers, lengths and patterns of texts.

Each reader judges by these, whoever wrote the record: a text that no index takes must not reach the database, and a
number out of its range must not reach a mean.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

__all__ = [
    "MOST_ITEMS",
    "MOST_NAMES",
    "PRINTABLE",
    "Amount",
    "Answer",
    "Answers",
    "Chain",
    "Count",
    "Digest",
    "FeatureNames",
    "FeatureSetId",
    "FeatureValues",
    "Id",
    "Label",
    "Losses",
    "KeyId",
    "ModelName",
    "Name",
    "Number",
    "Numbers",
    "Partition",
    "Parts",
    "Price",
    "Quantity",
    "Ranked",
    "RankedItem",
    "Said",
    "Scores",
    "Share",
    "Stage",
    "Stars",
    "Stock",
    "Text",
    "Time",
]

MOST_NAMES: Final = 1_000
"""Models, features or metrics in one record."""

MOST_ITEMS: Final = 100
"""Places of a ranked list."""

PRINTABLE: Final = r"\A[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z"

# Printable ids only: a control character in an id would reach terminals, file names and SQL.
Id: TypeAlias = Annotated[str, Meta(pattern=PRINTABLE.replace("*", "{1,128}"))]
# In records, which have dozens of names each, a pattern a name would double the cost of reading: that they are
# printable is seen to by `contracts.codec`, once a record.
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
# A batch model's is made of two ids and an @.
ModelName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=257)]
Text: TypeAlias = Annotated[str, Meta(max_length=4096)]
Said: TypeAlias = Annotated[str, Meta(max_length=1000)]
Digest: TypeAlias = Annotated[str, Meta(pattern=r"\A(?:[0-9a-f]{64})?\Z")]
KeyId: TypeAlias = Annotated[str, Meta(pattern=r"\A(?:[0-9a-f]{16})?\Z")]
Chain: TypeAlias = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Stage: TypeAlias = Literal["shadow", "champion", "retired"]
# Days are held to the calendar by the parser in `contracts.codec`, all else by the pattern: newer Pythons parse 24:00.
Time: TypeAlias = Annotated[
    str,
    Meta(pattern=r"\A20[0-9]{2}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z\Z"),
]

Price: TypeAlias = Annotated[float, Meta(ge=0.001, le=1_000_000.0)]
Amount: TypeAlias = Annotated[float, Meta(ge=0.001, le=1_000_000_000.0)]
Share: TypeAlias = Annotated[float, Meta(ge=0.0, le=1.0)]
Quantity: TypeAlias = Annotated[int, Meta(ge=1, le=100_000)]
Stock: TypeAlias = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Stars: TypeAlias = Annotated[int, Meta(ge=1, le=5)]
# The numbers of Kafka and of the database.
Partition: TypeAlias = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]

Number: TypeAlias = Annotated[float, Meta(ge=-1_000_000_000.0, le=1_000_000_000.0)]
Numbers: TypeAlias = Annotated[dict[Id, Number], Meta(max_length=MOST_NAMES)]


class RankedItem(Struct, frozen=True, omit_defaults=True):
    """One place of a ranked list.

    Parameters
    ----------
    item : str
        What stands there.
    score : float
        By which it was ranked.
    because : dict of str to float
        What adds up to the score, by name; may be left out.
    """

    item: Id
    score: Number
    because: Numbers = {}


Ranked: TypeAlias = Annotated[list[RankedItem], Meta(max_length=MOST_ITEMS)]
Parts: TypeAlias = Annotated[dict[Name, Number | Name | Numbers], Meta(max_length=MOST_NAMES)]
"""An answer or a label of several parts, such as {cluster, distance} or {arm, propensity, estimates}."""
# What stands where is for the task's kind to say: `models.kinds`.
Answer: TypeAlias = Number | Ranked | Parts
Label: TypeAlias = Number | Name | Parts
Answers: TypeAlias = Annotated[dict[ModelName, Answer | None], Meta(max_length=MOST_NAMES)]
Losses: TypeAlias = Annotated[dict[ModelName, Number | None], Meta(max_length=MOST_NAMES)]
FeatureSetId: TypeAlias = Annotated[int, Meta(ge=0, le=2**32 - 1)]
FeatureValues: TypeAlias = Annotated[list[float], Meta(max_length=MOST_NAMES)]
FeatureNames: TypeAlias = Annotated[tuple[Name, ...], Meta(max_length=MOST_NAMES)]
Scores: TypeAlias = Annotated[dict[Name, float | None], Meta(max_length=MOST_NAMES)]
