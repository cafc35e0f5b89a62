"""From the marts to a registered model, exported, opened elsewhere and imported: with the commands that do it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from contracts.errors import ArtefactRefused, UsageError
from freshet.cli.app import app
from infra.postgres import RegistryStore, TrainingRows, is_genuine_model, migrate
from infra.signing import load_key
from models.registry import open_model
from models.tasks import TASKS
from tests.batch.filled_marts import fill_marts, simulated_rows
from tests.integration.conftest import FreshDatabase
from tests.unit.models.registry.made import bomb, version_of, with_first_class

ROOT = Path(__file__).resolve().parents[2]
TASK = TASKS["conversion"]
NAMES = [feature.name for feature in TASK.features().declared]


@pytest.fixture(scope="module")
def rows():
    return list(simulated_rows(TASK, 8_000, 1))


class Installation:
    """A database with a registry and a key, and the commands that use them."""

    def __init__(self, database: FreshDatabase, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.key_file = folder / "secret.key"
        migrate(database.url, database.password)
        self.store = RegistryStore(database.open())

    def typed(self, *arguments: str):
        env = {
            "FRESHET_DATA_DIR": str(self.folder),
            "FRESHET_DATABASE_URL": self.database.url,
            "FRESHET_DATABASE_PASSWORD_FILE": str(self.database.password_file),
            "COLUMNS": "200",
        }
        return CliRunner().invoke(app, arguments, prog_name="freshet", env=env)

    def execute(self, sql: str) -> None:
        with self.database.open() as database, database.transaction() as connection:
            connection.execute(sql)

    def registered(self, kind: str = "trees") -> str:
        version, payload = version_of(kind)
        return self.store.register(version, payload, lambda one: one.id, load_key(self.key_file)).id

    def opened(self, model: str):
        payload, mac, version = self.store.artefact(self.store.get(model).digest)
        key = load_key(self.key_file)
        return open_model(version, payload, lambda: is_genuine_model(key, version, payload, mac))


@pytest.fixture
def here(fresh_database: FreshDatabase, tmp_path: Path):
    made = Installation(fresh_database, tmp_path)
    yield made
    made.store.close()


def test_without_labels_or_with_few_it_is_said_what_to_run(here: Installation, rows):
    result = here.typed("train", "conversion")
    assert result.exit_code == 1
    assert "There are 0." in result.stderr and "freshet etl" in result.stderr
    result = here.typed("train", "conversion", "--backfilled")
    assert result.exit_code == 1 and "freshet backfill conversion" in result.stderr
    other = [(*row[:-2], 2, row[-1]) for row in rows[50:120]]
    with here.database.open() as database:
        fill_marts(
            database, rows[:50] + other, {1: ("conversion", NAMES), 2: ("conversion", [*NAMES[1:], "x"])}
        )
    result = here.typed("train", "conversion")
    assert result.exit_code == 1
    assert "at least 2,000 labels of conversion" in result.stderr
    assert "There are 50, and 70 with other features." in result.stderr and "freshet etl" in result.stderr


def test_features_that_were_logged_in_another_order_are_put_into_the_one_asked_for(here: Installation, rows):
    turned = [(*row[:2], row[2] + 1_000_000, *row[3:-2], 2, row[-1][::-1]) for row in rows[:5]]
    with here.database.open() as database:
        fill_marts(database, rows[:5] + turned, {1: ("conversion", NAMES), 2: ("conversion", NAMES[::-1])})
        read = list(TrainingRows(database, "conversion", NAMES).read(100))
    assert len(read) == 10
    assert [list(one.features) for one in read[:5]] == [list(one.features) for one in read[5:]]


def test_a_model_is_trained_registered_shown_and_its_card_written(here: Installation, rows):
    with here.database.open() as database:
        fill_marts(database, rows, {1: ("conversion", NAMES)})
    card = here.folder / "card"
    result = here.typed("train", "conversion", "--budget", "1s", "--card", str(card), "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    name = said["name"]
    assert said["id"] == f"conversion/{name}@1"
    assert set(said["metrics"]["models"]) == {name, *(model.name for model in TASK.models)}
    assert said["id"] in (card / "card.html").read_text()
    assert (card / "calibration.png").read_bytes().startswith(b"\x89PNG")
    model = here.opened(said["id"])
    asked = np.array(said["signature"]["example_rows"])
    assert np.allclose(model.answer(asked), said["signature"]["example_answers"])
    assert list(model.features) == NAMES

    again = here.typed("train", "conversion", "--model", name, "--budget", "0s")
    assert again.exit_code == 0, again.stderr
    assert f"conversion/{name}@2" in again.stdout
    assert "second-order" in again.stdout and "prior" in again.stdout
    listed = here.typed("models", "list", "--task", "conversion")
    assert f"conversion/{name}@1" in listed.stdout and f"conversion/{name}@2" in listed.stdout
    shown = here.typed("models", "show", said["id"])
    assert "digest" in shown.stdout and "second-order" in shown.stdout
    differ = here.typed("models", "diff", said["id"], f"conversion/{name}@2", "--json")
    assert differ.exit_code == 0
    assert "digest" not in json.loads(differ.stdout)


def test_versions_count_by_task_and_name_and_the_same_artefact_is_not_registered_twice(here: Installation):
    assert [here.registered("trees"), here.registered("logistic")] == [
        "conversion/trees@1",
        "conversion/logistic@1",
    ]
    assert here.registered("trees") == "conversion/trees@2"
    payload, _, version = here.store.artefact(here.store.get("conversion/trees@1").digest)
    with pytest.raises(ArtefactRefused, match="already, as conversion/trees@1") as caught:
        here.store.register(version, payload, lambda one: "", load_key(here.key_file))
    assert caught.value.reason == "known"
    with pytest.raises(UsageError, match="no model 'conversion/trees@9'"):
        here.store.get("conversion/trees@9")


@pytest.mark.parametrize(
    "change",
    [
        "metrics = '{}'",
        "libraries = '{}'",
        "signed = false",
        "data_window = '{\"0\": [0, 301]}'",
        "mac = sha256('')",
        "name = 'other', id = 'conversion/other@1'",
        "artefact = artefact || '\\x00', digest = encode(sha256(artefact || '\\x00'), 'hex')",
    ],
)
def test_whatever_is_changed_in_the_database_is_not_opened(here: Installation, change: str):
    model = here.registered()
    assert here.opened(model)
    here.execute(f"UPDATE model_version SET {change}")
    with pytest.raises(ArtefactRefused) as caught:
        here.opened("conversion/other@1" if "other" in change else model)
    assert caught.value.reason == "not-genuine"


def test_a_pickle_in_the_database_is_not_run(here: Installation):
    model = here.registered()
    target = here.folder / "made by a pickle"
    here.execute(
        f"UPDATE model_version SET artefact = '\\x{bomb(target).hex()}', "
        f"digest = encode(sha256('\\x{bomb(target).hex()}'), 'hex')"
    )
    with pytest.raises(ArtefactRefused):
        here.opened(model)
    assert not target.exists()


@pytest.mark.parametrize("kind", ["trees", "logistic", "amount"])
def test_an_export_is_opened_by_scikit_learn_and_skops_without_freshet(here: Installation, kind: str):
    model = here.registered(kind)
    folder = here.folder / "exported"
    assert here.typed("models", "export", model, str(folder)).exit_code == 0
    # -I sees no PYTHONPATH and no current folder; the editable install is taken off the path by hand.
    script = (
        "import sys, runpy\n"
        f"sys.path = [one for one in sys.path if one != {str(ROOT)!r}]\n"
        "try: import freshet, models\n"
        "except ImportError: pass\n"
        "else: sys.exit('freshet can be imported')\n"
        f"runpy.run_path({str(folder / 'example.py')!r}, run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False, cwd=here.folder
    )
    assert done.returncode == 0, done.stderr
    assert "the same as when it was made" in done.stdout
    refused = here.typed("models", "export", model, str(folder))
    assert refused.exit_code == 2 and "new or empty" in refused.stderr


def exported(here: Installation) -> Path:
    folder = here.folder / "exported"
    assert here.typed("models", "export", here.registered(), str(folder)).exit_code == 0
    return folder


def test_what_this_key_signed_comes_back_under_its_own_id(here: Installation):
    folder = exported(here)
    known = here.typed("models", "import", str(folder))
    assert known.exit_code == 1 and "registered already, as conversion/trees@1" in known.stderr
    here.execute("DELETE FROM model_version")
    result = here.typed("models", "import", str(folder))
    assert result.exit_code == 0, result.stderr
    assert "registered conversion/trees@1" in result.stdout
    assert here.opened("conversion/trees@1")
    assert here.store.card("conversion/trees@1") == "conversion/trees@1"
    version = here.store.get("conversion/trees@1")
    assert (version.imported, version.signed, version.source) == (True, True, "trained")


def test_a_card_that_was_changed_is_refused_and_the_model_taken_without_it(here: Installation):
    folder = exported(here)
    here.execute("DELETE FROM model_version")
    (folder / "card.html").write_text("the best of all")
    refused = here.typed("models", "import", str(folder))
    assert refused.exit_code == 1 and "card.html was not signed" in refused.stderr
    (folder / "card.html").unlink()
    assert here.typed("models", "import", str(folder)).exit_code == 0
    assert here.store.card("conversion/trees@1") == ""


def test_what_another_key_signed_is_refused_and_taken_unsigned_only_which_stays_visible(here: Installation):
    folder = exported(here)
    here.execute("DELETE FROM model_version")
    here.key_file.unlink()
    refused = here.typed("models", "import", str(folder))
    assert refused.exit_code == 1 and "not signed by this installation" in refused.stderr
    taken = here.typed("models", "import", str(folder), "--unsigned")
    assert taken.exit_code == 0, taken.stderr
    version = here.store.get("conversion/trees@1")
    assert (version.signed, version.imported, version.source) == (False, True, str(folder))
    assert version.metrics == {}, "a stranger's word"
    assert "imported unsigned" in here.typed("models", "list").stdout
    assert here.opened(version.id), "from then on it is sealed by this key"


def tampered(folder: Path, how: str, target: Path) -> None:
    """What may be wrong with a folder that somebody sends."""
    artefact, about = folder / "model.skops", json.loads((folder / "model.json").read_text())
    if how == "changed artefact":
        artefact.write_bytes(artefact.read_bytes() + b"\0")
    elif how == "pickle":
        artefact.write_bytes(bomb(target))
    elif how == "pickle with its digest":
        artefact.write_bytes(bomb(target))
        about["model"]["digest"] = hashlib.sha256(bomb(target)).hexdigest()
    elif how == "unknown type":
        artefact.write_bytes(with_first_class(artefact.read_bytes(), "os", "system"))
        about["model"]["digest"] = hashlib.sha256(artefact.read_bytes()).hexdigest()
    elif how == "wrong version":
        about["model"]["libraries"]["scikit-learn"] = "0.24"
    elif how == "unknown task":
        about["model"]["task"] = "fortune"
    elif how == "another task":
        about["model"]["task"] = "basket"
    elif how == "unknown features":
        about["model"]["signature"]["features"][1:] = ["moods", "weather"]
    elif how == "no description":
        about = {"model": 1}
    elif how == "no artefact":
        artefact.unlink()
    (folder / "model.json").write_text(json.dumps(about))


@pytest.mark.parametrize("flags", [(), ("--unsigned",)])
@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("changed artefact", 1, "not the artefact that model.json describes"),
        ("pickle", 1, "not the artefact that model.json describes"),
        ("pickle with its digest", 1, "a pickle is never read"),
        ("unknown type", 1, "Got os.system"),
        ("wrong version", 1, "scikit-learn 0.24 (here: "),
        ("unknown task", 1, "fortune/trees@1 must be of one of the tasks conversion, basket"),
        (
            "another task",
            1,
            "basket/trees@1 must answer with amount, as basket asks. It answers with probability",
        ),
        ("unknown features", 1, "must take features that conversion has. It wants moods, weather, too."),
        ("no description", 2, "does not describe a model"),
        ("no artefact", 2, "must hold model.skops"),
    ],
)
def test_a_tampered_export_is_refused_clearly_and_nothing_of_it_runs(
    here: Installation, flags: tuple[str, ...], how: str, code: int, said: str
):
    folder = exported(here)
    here.execute("DELETE FROM model_version")
    target = here.folder / "made by a pickle"
    tampered(folder, how, target)
    result = here.typed("models", "import", str(folder), *flags)
    assert result.exit_code == code, result.stdout
    if not flags and how not in ("changed artefact", "pickle", "no description", "no artefact"):
        said = "not signed by this installation's key"
    assert said in result.stderr and "Traceback" not in result.stderr
    assert not target.exists()
    assert here.typed("models", "list", "--json").stdout == ""


def test_every_column_of_the_registry_says_what_it_is(here: Installation):
    with here.database.open() as database, database.transaction() as connection:
        silent = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'model_version'::regclass AND attnum > 0 "
            "AND col_description(attrelid, attnum) IS NULL"
        ).fetchall()
    assert silent == []
