"""Errors: the tree in the module's picture is the tree of the classes, and each says what its handler needs."""

from __future__ import annotations

import re
from inspect import getdoc

import pytest

from contracts import errors
from contracts.errors import (
    BadRecord,
    Diverged,
    EnvironmentProblem,
    Fenced,
    FreshetError,
    InputFileError,
    OffsetsMoved,
    RecoveryError,
    SettingsError,
    ShopMismatch,
    StateLost,
    TopicMismatch,
    Unreachable,
    UsageError,
)

PLAIN = (
    FreshetError,
    UsageError,
    SettingsError,
    InputFileError,
    EnvironmentProblem,
    Unreachable,
    ShopMismatch,
)
AT_AN_OFFSET = (RecoveryError, OffsetsMoved, StateLost, Diverged, Fenced)


def pictured() -> dict[str, str]:
    """Each class in the picture with the one it hangs from."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"( +(?:│ +)*(?:[├└]── )?)([A-Z]\w+)", line)
        if found:
            depth, name = len(found[1]), found[2]
            while above and above[-1][0] >= depth:
                above.pop()
            if above:
                parents[name] = above[-1][1]
            above.append((depth, name))
    return parents


def test_the_picture_shows_every_error_where_it_hangs() -> None:
    classes = [getattr(errors, name) for name in errors.__all__]
    assert pictured() == {c.__name__: c.__base__.__name__ for c in classes if c is not FreshetError}


@pytest.mark.parametrize("kind", PLAIN)
def test_a_message_reads_with_its_hint_behind_it(kind: type[FreshetError]) -> None:
    assert str(kind("`window_s` must be positive. Got -5.")) == "`window_s` must be positive. Got -5."
    assert str(kind("Port 1 is taken.", hint="Choose another.")) == "Port 1 is taken. Choose another."


@pytest.mark.parametrize("kind", AT_AN_OFFSET)
def test_a_recovery_error_carries_topic_partition_and_offset(kind: type[RecoveryError]) -> None:
    error = kind("It must be 7. It was 9.", topic="t", partition=3, offset=9, hint="Mend it.")
    assert (error.topic, error.partition, error.offset, error.retriable) == ("t", 3, 9, False)
    assert str(error) == "It must be 7. It was 9. Mend it."


def test_a_bad_record_says_its_reason_and_then_the_detail() -> None:
    error = BadRecord("not-json", "trailing characters (byte 3)")
    assert (error.reason, error.detail) == ("not-json", "trailing characters (byte 3)")
    assert str(error) == "not-json: trailing characters (byte 3)"


def test_a_topic_mismatch_names_its_topic() -> None:
    error = TopicMismatch("It must have 2 partitions. It has 3.", topic="shop.truth", hint="Use 3.")
    assert (error.topic, str(error)) == ("shop.truth", "It must have 2 partitions. It has 3. Use 3.")


def test_what_the_user_typed_is_exit_code_2_and_all_else_1() -> None:
    codes = {name: getattr(errors, name).exit_code for name in errors.__all__}
    assert {name for name, code in codes.items() if code == 2} == {
        "UsageError",
        "SettingsError",
        "InputFileError",
    }
    assert set(codes.values()) == {1, 2}


def test_only_what_may_pass_by_itself_is_retriable() -> None:
    assert [name for name in errors.__all__ if getattr(errors, name).retriable] == ["Unreachable"]


def test_every_error_says_in_one_line_what_it_is() -> None:
    for name in errors.__all__:
        first = (getdoc(getattr(errors, name)) or "").splitlines()[0]
        assert first.endswith("."), name
