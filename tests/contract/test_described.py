"""Pages that derive from the declarations of topics and records say what those say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from contracts.codec import decode
from contracts.topics import TOPICS
from tests.described.asyncapi import document
from tests.described.page import page
from tests.described.samples import samples

ROOT = Path(__file__).resolve().parents[2]
PARSER = ROOT / "tests" / "asyncapi"
HINT = "run: make docs"


def test_the_page_on_topics_is_what_the_declarations_say() -> None:
    assert (ROOT / "docs" / "topics.md").read_text(encoding="utf-8") == page(), HINT


def test_the_asyncapi_document_is_what_the_declarations_say() -> None:
    assert json.loads((ROOT / "docs" / "asyncapi.json").read_text(encoding="utf-8")) == document(), HINT


def test_the_records_that_are_shown_are_records_and_those_of_one_event_belong_together() -> None:
    shown = {
        topic.name: decode(topic, sample.value.encode())
        for topic, sample in samples().items()
        if topic.record
    }
    assert set(shown) == {topic.name for topic in TOPICS if topic.record is not None}
    event, predicted, settled = (
        shown[name] for name in ("shop.user-events", "ml.predictions", "ml.outcomes")
    )
    assert event.id == predicted.event_id == settled.event_id == shown["shop.truth"].event_id
    seen, declared = shown["ml.features"], shown["ml.models"]
    assert (seen.task, seen.offset, seen.feature_set) == (
        predicted.task,
        predicted.offset,
        declared.feature_set,
    )
    assert len(seen.values) == len(declared.names)


@pytest.fixture(scope="module")
def parser() -> Path:
    """The official one, from npm, by its lock; kept for the next time."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm: the official AsyncAPI parser can't be had")
    folder = ROOT / ".make" / "asyncapi"
    lock, done = PARSER / "package-lock.json", folder / "done"
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PARSER / name, folder)
        # What a package would run when it is installed is not run.
        argv = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        got = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        if got.returncode:
            pytest.skip(f"npm can't get the official AsyncAPI parser: {got.stderr[-300:]}")
        shutil.copy(lock, done)
    return folder


def judged(parser: Path, path: Path) -> subprocess.CompletedProcess[str]:
    argv = ["node", str(PARSER / "validate.mjs"), str(parser), str(path)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False, env=os.environ)


def test_the_official_parser_finds_nothing_wrong_with_the_asyncapi_document(parser: Path) -> None:
    said = judged(parser, ROOT / "docs" / "asyncapi.json")
    assert (said.returncode, said.stdout) == (0, f"3.0.0: {len(TOPICS)} channels\n"), (
        said.stdout + said.stderr
    )
