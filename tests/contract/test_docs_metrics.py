"""The page on monitoring names every metric that is served, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    "learner": [ROOT / "consumers/learner/metrics.py", ROOT / "consumers/supervisor/monitor.py"],
    "scoreboard": [ROOT / "consumers/scoreboard/monitor.py"],
    "etl": [ROOT / "spark_jobs/monitor.py"],
    "trainer": [ROOT / "consumers/trainer/monitor.py"],
    "producer": [ROOT / "producers/publish/monitor.py"],
}
KIND = r"counter|gauge|histogram"
DECLARED = re.compile(rf"(?:{KIND})\(\s*\"([a-z_]+)\"|Final = \"(freshet_[a-z_]+)\"|\": \(\"([a-z_]+)\", \"")


def declared() -> set[str]:
    found = set()
    for role, files in SOURCES.items():
        for file in files:
            for names in DECLARED.findall(file.read_text(encoding="utf-8")):
                name = next(filter(None, names)).removeprefix(f"freshet_{role}_")
                found.add(f"freshet_{role}_{name}")
    return found


def test_the_page_on_monitoring_names_every_metric():
    text = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `(freshet_[a-z_]+)` \|", text, re.MULTILINE))
    assert len(rows) > 30
    assert {name.removesuffix("_total") for name in rows} == declared()
