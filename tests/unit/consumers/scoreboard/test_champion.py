"""Who is served and why: a batch champion since an offset, or the online model that has taken its place."""

from __future__ import annotations

from consumers.scoreboard import role_of
from consumers.scoreboard.fold import Fold, State
from consumers.scoreboard.reading import _champion
from contracts.codec import encode
from contracts.records import ModelChanged, ModelInForce, ModelQuarantined
from models.belief import Known, any_batch


def test_a_batch_champion_is_served_since_its_offsets() -> None:
    found = _champion("conversion", {0: "a@1", 1: "a@1"}, {}, {0: ("a@1", 900), 1: ("a@1", 1_880)})
    assert (found.model, found.why) == ("a@1", "champion since offset 0:900, 1:1,880")


def test_where_it_broke_in_one_partition_that_is_said() -> None:
    out = {"a@1": "a@1 is out since offset 950 of partition 1: answered nan"}
    found = _champion("conversion", {0: "a@1", 1: "second-order"}, out, {0: ("a@1", 900), 1: ("a@1", 880)})
    assert found.model == "a@1"
    assert "partition 1 serves second-order" in found.why
    assert "answered nan" in found.why


def test_where_it_broke_everywhere_or_is_not_to_be_had_an_online_model_is_served_and_the_reason_said() -> (
    None
):
    out = {"a@1": "a@1 is out since offset 950 of partition 0: answered nan"}
    found = _champion("conversion", {0: "second-order"}, out, {0: ("a@1", 900)})
    assert (found.model, found.why) == ("second-order", f"first in the order of serving; {out['a@1']}")
    found = _champion("conversion", {0: "second-order"}, {}, {0: ("a@1", 900)})
    assert found.why.endswith("a@1 is champion and has not answered")


def test_without_a_batch_champion_nothing_has_changed() -> None:
    found = _champion("conversion", {0: "logistic"}, {"second-order": "second-order is out"}, {})
    assert (found.model, found.why) == ("logistic", "next in the order of serving; second-order is out")


def test_the_scoreboard_takes_in_what_is_in_force_and_passes_other_news_over() -> None:
    told = ModelInForce(
        task="conversion", model="a@1", stage="shadow", digest="", change="c", partition=1, offset=7,
        time="2026-01-05T08:00:00.000Z",
    )  # fmt: skip
    out = ModelQuarantined(task="conversion", model="a@1", partition=1, offset=9, reason="r")
    changed = ModelChanged(change="c", task="conversion", action="shadow", model="a@1")
    fold = Fold(State(), Known(any_batch))
    fold.take([("models", 0, n, encode(news)) for n, news in enumerate((told, out, changed))])
    fold.take([("models", 0, 3, b"{")])
    changes = fold.taken_changes()
    assert (changes.deployments, changes.quarantines) == ([told], [out])


def test_a_name_with_a_version_is_a_batch_model() -> None:
    assert role_of("conversion", "a@1") == "batch"
    assert role_of("conversion", "second-order") == "online"
