"""A recorded shop from a file to its result."""

from __future__ import annotations

import json
import random
from pathlib import Path

from tests.e2e.running import at_work, freshet

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def recorded_shop(path: Path, orders: int = 150) -> dict[str, int]:
    """Write a shop with some rows that can't be used; returns how many rows of which kind."""
    rng = random.Random(1)
    lines = []
    for order in range(orders):
        when = f"2010-12-{1 + order // 24:02d} {order % 24:02d}:00:00"
        for _ in range(rng.randint(1, 6)):
            product, price = rng.randint(1, 50), rng.randint(100, 2000) / 100
            lines.append(
                f"{500_000 + order},P{product},MUG [bold],{rng.randint(1, 9)},{when},{price},{1000 + order % 20},UK"
            )
    used = len(lines)
    lines.append(f"A{orders},B,Adjust bad debt,1,2010-12-20 10:00,11062.06,,UK")
    lines.append("599999,P1,MUG,3,2010-12-20 11:00,0,1001,UK")
    lines.append("599998,P1,MUG,3,2010-12-20 11:00,2.5,,UK")
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return {"read": len(lines), "used": used}


def test_every_row_is_accounted_for_and_only_the_basket_is_asked(folder, tmp_path):
    rows = recorded_shop(tmp_path / "shop.csv")
    arguments = (str(tmp_path / "shop.csv"), "--rate", "0", "--partitions", "1", "--fresh", "--json")
    done = freshet("replay", *arguments, folder=folder)
    result = json.loads(done.stdout)
    assert list(result)[:4] == ["events", "partitions", "rows", "predictions"]
    examples = result["rows"].pop("examples")
    skipped = {"adjustment": 1, "no-customer": 1, "no-price": 1}
    assert result["rows"] == rows | {"skipped": skipped, "dates": None}
    assert examples["no-price"] == {
        "line": rows["read"],
        "row": "599999,P1,MUG,3,2010-12-20 11:00,0,1001,UK",
    }
    assert (
        f"1 no-price: UnitPrice is below 0.001: samples, gifts, damages. Line {rows['read']}: " in done.stderr
    )
    assert result["events"] == rows["used"] + 150
    assert result["predictions"] == result["outcomes"] == {"basket": rows["used"]}
    assert list(result["tasks"]) == ["basket"]
    assert result["tasks"]["basket"]["labels"] == rows["used"]
    assert "running-total" in result["tasks"]["basket"]["baselines"]
    assert result["drift"] is None
    assert at_work(folder) == []

    # The folder holds that shop now, and no other comes on top of it.
    refused = freshet("demo", "--events", "10", "--json", folder=folder)
    assert refused.returncode == 1
    assert "recorded shop shop.csv" in refused.stderr


def test_time_that_goes_back_is_refused_with_the_line_and_nothing_is_left_behind(folder, tmp_path):
    lines = ["500001,P1,MUG,1,2010-12-09 10:00,2.5,1001,UK", "500002,P1,MUG,1,2010-12-01 10:00,2.5,1001,UK"]
    (tmp_path / "shop.csv").write_text(HEADER + "\n".join(lines) + "\n")
    done = freshet("replay", str(tmp_path / "shop.csv"), "--rate", "0", "--json", folder=folder)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "line 3" in done.stderr
    assert "24 hours" in done.stderr
    assert "Traceback" not in done.stderr
    assert at_work(folder) == []
