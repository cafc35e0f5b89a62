"""Which shop a data folder holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import ShopMismatch
from contracts.settings import Settings
from contracts.shop import Shop
from freshet.run.remembered_shop import going_on, recall, remember


def typed(**values: object) -> Settings:
    return Settings(**values).with_origin(dict.fromkeys(values, "flag"))


def test_an_empty_folder_takes_what_was_typed(tmp_path):
    settings, shop = going_on(typed(data_dir=tmp_path, seed=3, drift="abrupt@5"), recall(tmp_path), events=9)
    assert shop == Shop(partitions=2, seed=3, drift="abrupt@5", events=9)
    assert settings.seed == 3


def test_what_was_not_typed_is_as_it_was(tmp_path):
    there = Shop(partitions=4, seed=3, traffic=60.0, drift="abrupt@5", events=9)
    remember(tmp_path, there)
    settings, shop = going_on(typed(data_dir=tmp_path), recall(tmp_path))
    assert shop == there
    assert (settings.partitions, settings.seed, settings.traffic, settings.drift) == (4, 3, 60.0, "abrupt@5")


def test_the_same_typed_again_goes_on(tmp_path):
    there = Shop(partitions=2, seed=3, events=9)
    assert going_on(typed(seed=3, partitions=2), there, events=9)[1] == there


@pytest.mark.parametrize("other", [{"seed": 4}, {"partitions": 3}, {"drift": "abrupt@7"}, {"traffic": 10.0}])
def test_another_shop_is_refused(other):
    with pytest.raises(ShopMismatch):
        going_on(typed(**other), Shop(partitions=2, seed=3))


def test_a_shop_that_closes_later_is_another_shop():
    with pytest.raises(ShopMismatch):
        going_on(typed(), Shop(partitions=2, seed=7, events=9), events=10)


def test_a_recorded_shop_and_a_simulated_one_are_two():
    recorded = Shop(partitions=2, file="/data/shop.csv")
    assert going_on(typed(), recorded, file=Path("/data/shop.csv"))[1] == recorded
    with pytest.raises(ShopMismatch):
        going_on(typed(), recorded)
    with pytest.raises(ShopMismatch):
        going_on(typed(), Shop(partitions=2, seed=7), file=Path("/data/shop.csv"))


def test_a_file_whose_dates_are_read_otherwise_is_another_shop():
    recorded = Shop(partitions=2, file="/data/shop.csv", dates="dmy")
    assert going_on(typed(), recorded, file=Path("/data/shop.csv"), dates="dmy")[1] == recorded
    with pytest.raises(ShopMismatch, match="dates dmy"):
        going_on(typed(), recorded, file=Path("/data/shop.csv"))


def test_a_damaged_memory_is_none(tmp_path):
    (tmp_path / "shop.json").write_text("{")
    assert recall(tmp_path) is None
