"""Spark's view of `contracts`: types and ranges, derived from the declarations.

A struct becomes a `StructType`, and what may stand in it a condition of built-in functions. Where the types of a value
are several, as of answers and labels, it becomes a variant, which keeps numbers and texts apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import and_, or_
from typing import Any

import msgspec
from msgspec import inspect
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DoubleType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    VariantType,
)

from contracts.bounds import PRINTABLE

__all__ = [
    "declared_only",
    "fields_of",
    "is_nothing",
    "is_number",
    "is_one_of",
    "is_valid",
    "number_of",
    "schema_of",
    "tags_of",
]


def schema_of(*structs: type[msgspec.Struct]) -> StructType:
    """One `StructType` with the fields of all `structs`, and their tag's.

    Examples
    --------
    >>> from contracts.records import DriftBegan
    >>> schema_of(DriftBegan).simpleString()
    'struct<type:string,drift:string,event_number:bigint,event_id:string,time:string,control:bigint>'

    Raises
    ------
    TypeError
        If two declare the same name with different types, or a type has no counterpart.
    """
    found: dict[str, DataType] = {}
    for struct in structs:
        for name, field in fields_of(struct).items():
            data_type = _data_type(field.type)
            if found.setdefault(name, data_type) != data_type:
                msg = f"{name} must have one type in all of {structs}. Got {found[name]} and {data_type}."
                raise TypeError(msg)
    return StructType([StructField(name, data_type) for name, data_type in found.items()])


def fields_of(struct: type[msgspec.Struct]) -> dict[str, inspect.Field]:
    """Declared fields by name, the tag first as a required text."""
    info = inspect.type_info(struct)
    if not isinstance(info, inspect.StructType):
        msg = f"Must be a struct. Got {struct}."
        raise TypeError(msg)
    fields = {field.encode_name: field for field in info.fields}
    if info.tag_field is None:
        return fields
    tag = inspect.Field(name=info.tag_field, encode_name=info.tag_field, type=inspect.StrType())
    return {info.tag_field: tag} | fields


def tags_of(structs: Iterable[type[msgspec.Struct]]) -> dict[str, type[msgspec.Struct]]:
    """Each tagged struct under its tag."""
    return {str(struct.__struct_config__.tag): struct for struct in structs}


def declared_only(structs: Iterable[type[msgspec.Struct]], at: Column) -> Column:
    """`at`, parsed with `schema_of`, without what its type does not declare.

    Such fields are let pass, as those of unknown names are; nobody has looked at what is in them.
    """
    tags = tags_of(structs)
    having: dict[str, list[str]] = {}
    for tag, struct in tags.items():
        for name in fields_of(struct):
            having.setdefault(name, []).append(tag)
    return F.struct(
        *(
            (at[name] if len(those) == len(tags) else F.when(at["type"].isin(those), at[name])).alias(name)
            for name, those in having.items()
        )
    )


def is_valid(struct: type[msgspec.Struct], at: Column) -> Column:
    """Whether `at`, parsed with `schema_of`, may be a `struct`: required fields are there, all is in its range."""
    return reduce(
        and_, (_fits(field.type, at[name], field.required) for name, field in fields_of(struct).items())
    )


def is_one_of(structs: Iterable[type[msgspec.Struct]], at: Column) -> Column:
    """Whether `at` may be the struct that its tag names; null or false where it is no such tag.

    What several structs declare alike becomes one condition. For events of users that is a quarter of them, and of the
    time that Spark takes to plan.
    """
    tags = tags_of(structs)
    declared: dict[str, tuple[str, inspect.Field, list[str]]] = {}
    for tag, struct in tags.items():
        for name, field in fields_of(struct).items():
            key = f"{name} {field.type} {field.required}"
            declared.setdefault(key, (name, field, []))[2].append(tag)
    return reduce(
        and_,
        (
            ~at["type"].isin(having) | _fits(field.type, at[name], field.required)
            for name, field, having in declared.values()
        ),
        at["type"].isin(list(tags)),
    )


def _without_none(kind: inspect.Type) -> tuple[inspect.Type, bool]:
    if isinstance(kind, inspect.UnionType):
        some = tuple(one for one in kind.types if not isinstance(one, inspect.NoneType))
        return (some[0] if len(some) == 1 else inspect.UnionType(some)), len(some) < len(kind.types)
    return kind, False


def _data_type(kind: inspect.Type) -> DataType:
    kind, _ = _without_none(kind)
    match kind:
        case inspect.StrType():
            return StringType()
        case inspect.LiteralType() if all(isinstance(value, str) for value in kind.values):
            return StringType()
        case inspect.FloatType():
            return DoubleType()
        case inspect.IntType():
            return LongType()
        case inspect.BoolType():
            return BooleanType()
        case inspect.ListType():
            return ArrayType(_data_type(kind.item_type))
        case inspect.DictType():
            return MapType(_data_type(kind.key_type), _data_type(kind.value_type))
        case inspect.StructType():
            return schema_of(kind.cls)
        case inspect.UnionType():
            return VariantType()
    msg = f"{kind} has no counterpart in Spark."
    raise TypeError(msg)


def _fits(kind: inspect.Type, at: Column, required: bool) -> Column:
    kind, may_be_null = _without_none(kind)
    if isinstance(kind, inspect.UnionType):
        return _is_of_some(kind, at) | (is_nothing(at) if may_be_null or not required else F.lit(False))
    inside = _in_range(kind, at)
    # A field with a default may be left out; Spark does not tell that from null, which only an optional one may be.
    if may_be_null or not required:
        return at.isNull() | inside
    return at.isNotNull() & inside


def _in_range(kind: inspect.Type, at: Column) -> Column:
    conditions: list[Column] = []
    if isinstance(kind, inspect.StrType):
        if kind.pattern is not None:
            conditions.append(at.rlike(_in_java(kind.pattern)))
        if kind.max_length is not None:
            conditions.append(F.char_length(at) <= kind.max_length)
        if kind.min_length is not None:  # a name, which the codec holds to be printable
            conditions.append((F.char_length(at) >= kind.min_length) & at.rlike(_in_java(PRINTABLE)))
    elif isinstance(kind, inspect.LiteralType):
        conditions.append(at.isin(*kind.values))
    elif isinstance(kind, inspect.IntType | inspect.FloatType):
        bounds: Any = (kind.ge, kind.le)
        if bounds[0] is not None:
            conditions.append(at >= F.lit(bounds[0]))
        if bounds[1] is not None:
            conditions.append(at <= F.lit(bounds[1]))
        if isinstance(kind, inspect.FloatType):
            conditions.append(~F.isnan(at) & (F.abs(at) < F.lit(float("inf"))))
    elif isinstance(kind, inspect.StructType):
        conditions.append(is_valid(kind.cls, at))
    elif isinstance(kind, inspect.ListType):
        if kind.max_length is not None:
            conditions.append(F.size(at) <= kind.max_length)
        conditions.append(F.forall(at, lambda value: _fits(kind.item_type, value, True)))
    elif isinstance(kind, inspect.DictType):
        if kind.max_length is not None:
            conditions.append(F.size(at) <= kind.max_length)
        conditions.append(F.forall(F.map_keys(at), lambda name: _in_range(kind.key_type, name)))
        conditions.append(F.forall(F.map_values(at), lambda value: _fits(kind.value_type, value, True)))
    return reduce(and_, conditions, F.lit(True))


def is_nothing(variant: Column) -> Column:
    """Whether it is null, on the topic or here."""
    return variant.isNull() | F.is_variant_null(variant)


def is_number(variant: Column) -> Column:
    """Whether it was a number in JSON."""
    return F.schema_of_variant(variant).rlike("^(BIGINT|DECIMAL|DOUBLE)")


def number_of(variant: Column) -> Column:
    """The number that it was in JSON; null where it was none."""
    return F.when(is_number(variant), F.try_variant_get(variant, "$", "double"))


def _is_of_some(kind: inspect.Type, at: Column) -> Column:
    """Whether a variant is of one of several types."""
    match kind:
        case inspect.UnionType():
            return reduce(or_, (_is_of_some(one, at) for one in kind.types))
        case inspect.FloatType():
            return is_number(at) & _in_range(kind, number_of(at))
        case inspect.StrType():
            return (F.schema_of_variant(at) == "STRING") & _in_range(
                kind, F.try_variant_get(at, "$", "string")
            )
        case inspect.ListType():
            those = F.try_variant_get(at, "$", "array<variant>")
            fit = F.forall(those, lambda one: _is_of_some(kind.item_type, one))
            return F.schema_of_variant(at).startswith("ARRAY") & _is_short(kind, those) & fit
        case inspect.DictType():
            pairs = F.try_variant_get(at, "$", "map<string,variant>")
            names = F.forall(F.map_keys(pairs), lambda name: _in_range(kind.key_type, name))
            fit = F.forall(F.map_values(pairs), lambda one: _is_of_some(kind.value_type, one))
            return _is_object(at) & _is_short(kind, pairs) & names & fit
        case inspect.StructType():
            fields = (
                (field, F.try_variant_get(at, f"$.{field.encode_name}", "variant")) for field in kind.fields
            )
            return reduce(
                and_,
                (
                    _is_of_some(field.type, one) | (F.lit(not field.required) & one.isNull())
                    for field, one in fields
                ),
                _is_object(at),
            )
    msg = f"{kind} has no counterpart in a variant."
    raise TypeError(msg)


def _is_short(kind: inspect.ListType | inspect.DictType, at: Column) -> Column:
    return F.lit(True) if kind.max_length is None else F.size(at) <= kind.max_length


def _is_object(variant: Column) -> Column:
    return F.schema_of_variant(variant).startswith("OBJECT")


def _in_java(pattern: str) -> str:
    r"""A pattern of ours, as Java has it: its ``\\Z`` would pass over a line break at the end."""
    return pattern.replace(r"\Z", r"\z")
