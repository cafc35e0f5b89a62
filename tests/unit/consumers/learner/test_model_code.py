"""What counts as a changed model: any syntax that is reached from it, and nothing else."""

from __future__ import annotations

import json
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from consumers.learner.model_code import reached

ROOT = Path(__file__).resolve().parents[4]
Write = Callable[[str, str], Path]

CODE, WORDS = "\n_x = 1\n", '\n# Why.\n"""In words."""\n'
# File, what is written at its end, and whether that is another model.
EDITS = {
    "a model": ("models/online/prior.py", CODE, True),
    "a feature": ("models/features/session.py", CODE, True),
    "a helper of a model": ("models/online/growth.py", CODE, True),
    "a loss": ("models/losses.py", CODE, True),
    "the portfolio": ("models/portfolio.py", CODE, True),
    "what an event is": ("contracts/events.py", CODE, True),
    "words": ("models/online/prior.py", WORDS, False),
    "the settings": ("contracts/settings/declared.py", CODE, False),
    "a metric": ("models/evaluate/metrics.py", CODE, False),
    "a batch model": ("models/batch/train.py", CODE, False),
    "the broker's client": ("infra/kafka/partition_log.py", CODE, False),
}

# One process for all edits: imports take seconds.
TRY = """
import json, sys
from pathlib import Path
from consumers.learner import LearnerFold
from consumers.learner.model_code import code_hash

def fingerprint():
    code_hash.cache_clear()
    return LearnerFold(0).fingerprint

found, before = {}, fingerprint()
for what, (name, more, _) in json.load(sys.stdin).items():
    file = Path(name)
    text = file.read_text()
    file.write_text(text + more)
    found[what] = fingerprint() != before
    file.write_text(text)
assert fingerprint() == before
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """By edit of a copy of the source: whether the learner's fingerprint changed."""
    copy = tmp_path_factory.mktemp("copy")
    for room in ("contracts", "models", "infra", "consumers"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    ran = subprocess.run(
        [sys.executable, "-c", TRY],
        cwd=copy,
        input=json.dumps(EDITS),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


@pytest.mark.parametrize("what", EDITS)
def test_code_that_decides_the_bits_changes_the_fingerprint_and_words_do_not(
    changed: dict[str, bool], what: str
) -> None:
    assert changed[what] is EDITS[what][2]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Write]:
    """Write files from outside, each test under a name of its own."""
    monkeypatch.syspath_prepend(tmp_path)
    top = f"outside_{abs(hash(request.node.name))}"

    def into(name: str, text: str) -> Path:
        file = tmp_path / name.replace("TOP", top)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("TOP", top))
        return file

    into("top", "TOP")
    yield into
    for name in [name for name in sys.modules if name.startswith(top)]:
        del sys.modules[name]


def names(tmp_path: Path, root: str) -> set[str]:
    top = (tmp_path / "top").read_text()
    import_module(root.replace("TOP", top))
    return {name.replace(top, "TOP") for name in reached([root.replace("TOP", top)])}


def test_an_outside_package_is_followed_whole_and_libraries_are_not(tmp_path: Path, write: Write) -> None:
    write("TOP/__init__.py", "")
    write("TOP/model.py", "import json\nimport numpy\nfrom . import near\nfrom .deep import part\n")
    write("TOP/near.py", "def late():\n    from TOP.deep.other import Thing\n")
    write("TOP/deep/part.py", "from ..far import X\n")  # a folder without __init__
    write("TOP/deep/other.py", "class Thing: pass\n")
    write("TOP/far.py", "X = 1\n")
    write("TOP/alone.py", "")
    inside = {"model", "near", "deep.part", "deep.other", "far"}
    assert names(tmp_path, "TOP.model") == {"TOP", *(f"TOP.{name}" for name in inside)}


def test_a_single_file_is_followed_into_the_files_beside_it(tmp_path: Path, write: Write) -> None:
    write("TOP.py", "from TOP_beside import X\ntry:\n    import TOP_none\nexcept ImportError:\n    pass\n")
    write("TOP_beside.py", "X = 1\n")
    assert names(tmp_path, "TOP") == {"TOP", "TOP_beside"}


def test_comments_and_docstrings_of_outside_models_do_not_count(tmp_path: Path, write: Write) -> None:
    root = write("TOP.py", "class M:\n    def f(self):\n        return 1\n").stem
    before = reached([root])
    write("TOP.py", '"""A model."""\n\nclass M:\n    """M."""\n    def f(self):  # why\n        return 1\n')
    assert reached([root]) == before
    write("TOP.py", "class M:\n    def f(self):\n        return 2\n")
    assert reached([root]) != before


def test_a_module_that_is_there_compiled_only_counts_by_its_code(tmp_path: Path, write: Write) -> None:
    found = []
    for text in ("X = 1\n", "X = 1\n", "X = 2\n"):
        source = write("TOP.py", text)
        py_compile.compile(str(source), str(source.with_suffix(".pyc")), doraise=True)
        source.unlink()
        found.append(reached([source.stem]))
    assert found[0] == found[1] != found[2]
    assert len(found[0]) == 1


def test_a_module_that_cannot_be_read_as_python_counts_by_its_bytes(tmp_path: Path, write: Write) -> None:
    root = write("TOP.py", "try:\n    import TOP_old\nexcept SyntaxError:\n    pass\n").stem
    write("TOP_old.py", "print 1\n")
    assert len(reached([root])) == 2
