"""The runner that gives a failed test a second try: only luck is forgiven, and nothing is hidden."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.again import MOST_FAILURES, ROOT, worth_another_try
from tests.waiting import until

COMMAND = [sys.executable, "-m", "tests.again"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
FAILS_ONCE = """
import pathlib, pytest

def fails_once(name):
    seen = pathlib.Path(__file__).with_name(name)
    if not seen.exists():
        seen.touch()
        raise AssertionError(name)

"""


def group(folder: Path, name: str, text: str) -> list[str]:
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / name).write_text(text)
    return ["--", "-p", "no:cacheprovider", name]


def run(folder: Path, *groups: list[str]) -> subprocess.CompletedProcess[str]:
    whole = [*COMMAND, *(argument for one in groups for argument in one)]
    return subprocess.run(whole, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)


def test_a_test_that_passes_alone_leaves_the_run_green_and_is_named(tmp_path):
    text = "@pytest.fixture\ndef thing():\n    fails_once('a')\n\ndef test_unlucky(thing):\n    pass\n"
    flaky = group(tmp_path, "test_a.py", FAILS_ONCE + text)
    fine = group(tmp_path, "test_b.py", "def test_fine():\n    pass\n")
    result = run(tmp_path, fine, flaky)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "FLAKY: test_a.py::test_unlucky" in result.stdout.splitlines()
    assert result.stdout.index("1 passed") < result.stdout.index("1 error"), "what was held back follows"


@pytest.mark.parametrize("then", ["assert 1 == 2", "pytest.skip('no')"])
def test_a_test_that_does_not_pass_alone_stays_a_failure(tmp_path, then):
    text = f"def test_wrong():\n    fails_once('a')\n    {then}\n"
    result = run(tmp_path, group(tmp_path, "test_a.py", FAILS_ONCE + text))
    assert "Once more, alone" in result.stdout
    assert result.returncode == 1
    assert "FLAKY" not in result.stdout


def test_no_more_run_at_once_than_may_and_each_has_its_own_environment_also_alone(tmp_path):
    text = (
        FAILS_ONCE
        + """
import os

def test_a():
    others = [path for path in pathlib.Path().glob("runs-*")]
    mine = pathlib.Path("runs-" + os.environ["MINE"])
    mine.touch()
    try:
        assert others == []
        if os.environ["MINE"] == "b":
            fails_once("b")
    finally:
        mine.unlink()
"""
    )
    one = group(tmp_path, "test_a.py", text)
    groups = [["--", f"MINE={name}", *one[1:]] for name in "abc"]
    result = run(tmp_path, ["--most", "1"], *groups)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "FLAKY: test_a.py::test_a" in result.stdout.splitlines()


def test_what_was_left_out_as_long_is_counted_over_all_runs(tmp_path):
    text = "import pytest\n\n@pytest.mark.long\ndef test_long():\n    assert False\n\ndef test_short():\n    pass\n"
    groups = [group(tmp_path, f"test_{name}.py", text) for name in "ab"]
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = long\n")
    result = run(tmp_path, *(["--", "-m", "not long", *one[1:]] for one in groups))
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1].startswith("2 long tests were left out: `make test-all`")


def test_a_run_that_could_not_tell_of_its_tests_fails(tmp_path):
    dying = group(tmp_path, "test_a.py", "import os\ndef test_a():\n    os._exit(1)\n")
    fine = group(tmp_path, "test_b.py", "def test_fine():\n    pass\n")
    assert run(tmp_path, dying, fine).returncode == 1


def record(*failed: str, cut_short: bool = False) -> dict:
    return {"failed": list(failed), "passed": [], "cut_short": cut_short}


def test_a_run_that_was_cut_short_is_not_mended_by_what_failed_in_it(tmp_path):
    assert worth_another_try([(1, record("a", cut_short=True))]) == []
    text = FAILS_ONCE + "def test_a():\n    fails_once('a')\n\ndef test_b():\n    assert False\n"
    assert run(tmp_path, [*group(tmp_path, "test_a.py", text), "-x"]).returncode == 1


def test_more_failures_than_chance_explains_are_not_tried_again():
    names = [str(number) for number in range(MOST_FAILURES + 1)]
    assert worth_another_try([(1, record(*names[:3])), (1, record(*names[3:-1]))]) == names[:-1]
    assert worth_another_try([(1, record(*names[:3])), (1, record(*names[3:]))]) == []


def test_one_run_that_ended_otherwise_is_enough_to_fail():
    for code, said in ((2, record("a")), (5, record()), (-9, {}), (1, record())):
        assert worth_another_try([(1, record("b")), (code, said)]) == []


def test_what_is_not_split_by_dashes_is_refused(tmp_path):
    assert run(tmp_path, ["tests"]).returncode == 2
    assert run(tmp_path, ["--most", "0"], ["--", "tests"]).returncode == 2


def test_a_runner_that_is_told_to_end_ends_its_pytests_with_their_cleaning_up(tmp_path):
    text = """
import os, pathlib, signal, pytest

@pytest.fixture
def server():
    yield
    pathlib.Path("cleaned").touch()

def test_a(server):
    pathlib.Path("begun").write_text(f"{os.getpid()} ")
    signal.pause()
"""
    whole = [*COMMAND, *group(tmp_path, "test_a.py", text)]
    runner = subprocess.Popen(whole, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    try:
        begun = tmp_path / "begun"
        until(lambda: begun.exists() and begun.read_text().endswith(" "), "the test has begun")
        runner.send_signal(signal.SIGTERM)
        assert runner.wait(timeout=120) == int(pytest.ExitCode.INTERRUPTED)
    finally:
        runner.kill()
    assert (tmp_path / "cleaned").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)
