"""Models in folders: what an export holds, and what an import believes.

``model.skops`` is the artefact, ``model.json`` what the registry knows of it with the signature of this installation's
key, ``card.html`` its card, and ``example.py`` opens and asks it with scikit-learn and skops alone.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from contracts.errors import ArtefactRefused, InputFileError
from contracts.model_version import ModelVersion

if TYPE_CHECKING:
    from infra.postgres import RegistryStore

__all__ = ["EXAMPLE", "export_model", "import_model"]

_MOST_ABOUT_IT: Final = 4 * 2**20
_MOST_OF_A_CARD: Final = 32 * 2**20

EXAMPLE: Final = '''"""Opens this model with scikit-learn and skops alone, and asks it again what it was asked once.

    pip install {requirements}
    python example.py
"""

import json
from pathlib import Path

import numpy as np
import skops.io

here = Path(__file__).resolve().parent
about = json.loads((here / "model.json").read_text())["model"]
signature = about["signature"]

# Nothing but these types, and what skops itself trusts, is built from the file.
TRUSTED = {trusted}
estimator = skops.io.load(here / "model.skops", trusted=TRUSTED)

# A row is one decision point; its columns are these features, in this order.
print(len(signature["features"]), "features:", ", ".join(signature["features"][:5]), "...")
rows = np.array(signature["example_rows"])

if signature["answer"] == "probability":
    answers = np.clip(estimator.predict_proba(rows)[:, 1], 1e-4, 1 - 1e-4)
elif signature["base"] is None:
    answers = np.clip(estimator.predict(rows), 0, 1e9)
else:  # it says how much a cart still grows, on a log scale
    base = rows[:, signature["features"].index(signature["base"])]
    growth = (1 + base) * np.expm1(np.maximum(estimator.predict(rows), 0))
    answers = np.clip(base + np.minimum(growth, signature["most"]), 0, 1e9)

print("answers:", answers)
assert np.allclose(answers, signature["example_answers"], rtol=1e-6, atol=1e-6), signature["example_answers"]
print("the same as when it was made")
'''


class _About(msgspec.Struct):
    model: ModelVersion
    mac: str
    card_mac: str = ""


def export_model(store: RegistryStore, model: str, folder: Path, key: bytes) -> ModelVersion:
    """Write a registered model into `folder`, which is made where missing; its card is signed with `key`.

    Raises
    ------
    UsageError
        If there is no such model.
    """
    from models.registry import ALLOWED_TYPES

    version = store.get(model)
    payload, mac, _ = store.artefact(version.digest)
    folder.mkdir(parents=True, exist_ok=True)
    card = store.card(version.id).encode()
    about = _About(version, mac.hex(), _sealed_card(key, version, card).hex())
    names = ("numpy", "scikit-learn", "skops")
    example = EXAMPLE.format(
        requirements=" ".join(f"{name}=={version.libraries[name]}" for name in names),
        trusted=list(ALLOWED_TYPES),
    )
    (folder / "model.skops").write_bytes(payload)
    (folder / "model.json").write_bytes(msgspec.json.format(msgspec.json.encode(about)))
    (folder / "card.html").write_bytes(card)
    (folder / "example.py").write_text(example, encoding="utf-8")
    return version


def import_model(store: RegistryStore, folder: Path, key: bytes, *, unsigned: bool) -> ModelVersion:
    """Register the model in `folder`: under its own id where `key` signed it, else under the next number.

    An unsigned one is held to the same list of types, versions and examples, and is marked for good: ``signed`` is
    false and ``source`` names the folder, in what is sealed from then on. Both must answer a task that there is, from
    features that are logged.

    Raises
    ------
    InputFileError
        If the folder is no export.
    ArtefactRefused
        If the key did not sign it and `unsigned` is false, or its task or features are not those that are declared, or
        it can't be opened, or is there already.
    """
    from msgspec.structs import replace

    from infra.postgres import is_genuine_model
    from models.registry import open_model
    from models.registry.artefact import MOST_BYTES

    about = _about(folder)
    version = about.model
    payload = _bytes(folder / "model.skops", MOST_BYTES)
    if hashlib.sha256(payload).hexdigest() != version.digest:
        message = f"{folder / 'model.skops'} is not the artefact that model.json describes."
        raise ArtefactRefused("not-genuine", message)
    if not unsigned:
        if not is_genuine_model(key, version, payload, bytes.fromhex(about.mac)):
            message = (
                f"The model in {folder} was not signed by this installation's key, or was changed since."
            )
            raise ArtefactRefused(
                "not-genuine", message, hint="--unsigned takes it nevertheless, and the registry says so."
            )
        card = _card(folder, about, key)
        _must_fit(version)
        open_model(version, payload, lambda: True)
        return store.restore(version, payload, card, bytes.fromhex(about.mac))
    _must_fit(version)
    # The card of a stranger is a page of a stranger, and its metrics are a stranger's word: neither is kept.
    marked = replace(
        version,
        signed=False,
        source=str(folder),
        imported=True,
        metrics={},
        stage="registered",
        registered_at=None,
    )
    open_model(marked, payload, lambda: True)
    return store.register(marked, payload, lambda numbered: "", key)


def _must_fit(version: ModelVersion) -> None:
    """A model of another shop's features would be in quarantine at its first question."""
    from models.tasks import TASKS

    if version.task not in TASKS:
        message = f"{version.id} must be of one of the tasks {', '.join(TASKS)}."
        raise ArtefactRefused("other-task", message)
    task, signature = TASKS[version.task], version.signature
    answer = task.kind.batch_answer
    if answer is None:
        kind = task.kind.name
        message = (
            f"{version.id} must be of a task that has batch models. {task.name} is a {kind}: it has none."
        )
        raise ArtefactRefused("other-task", message)
    if signature.answer != answer:
        message = f"{version.id} must answer with {answer}, as {task.name} asks. It answers with {signature.answer}."
        raise ArtefactRefused("other-task", message)
    unknown = sorted({*signature.features} - {feature.name for feature in task.features().declared})
    if unknown:
        message = f"{version.id} must take features that {task.name} has. It wants {', '.join(unknown)}, too."
        raise ArtefactRefused("other-features", message, hint="It was made for another version of Freshet.")


def _about(folder: Path) -> _About:
    try:
        about = msgspec.json.decode(_bytes(folder / "model.json", _MOST_ABOUT_IT), type=_About)
        bytes.fromhex(about.mac + about.card_mac)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        message = f"{folder / 'model.json'} does not describe a model: {error}"
        raise InputFileError(message) from error
    return about


def _sealed_card(key: bytes, version: ModelVersion, card: bytes) -> bytes:
    from infra.signing import sign

    return sign(key, kind="card", name=version.id, versions=[version.digest], log="", payload=card)


def _card(folder: Path, about: _About, key: bytes) -> str:
    """The card that was exported with a genuine model; none where there is none any more."""
    path = folder / "card.html"
    if not path.is_file():
        return ""
    card = _bytes(path, _MOST_OF_A_CARD)
    if not hmac.compare_digest(bytes.fromhex(about.card_mac), _sealed_card(key, about.model, card)):
        message = f"{path} was not signed by this installation's key, or was changed since."
        raise ArtefactRefused(
            "not-genuine", message, hint="Without that file the model is taken, with no card."
        )
    return card.decode()


def _bytes(path: Path, most: int) -> bytes:
    if not path.is_file():
        message = f"An export must hold {path.name}. There is no {path}."
        raise InputFileError(message)
    if (size := path.stat().st_size) > most:
        message = f"{path} must be within {most:,} bytes. Got {size:,}."
        raise InputFileError(message)
    return path.read_bytes()
