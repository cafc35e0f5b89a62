"""Trained models in Postgres: registered once, numbered under a lock, signed by the installation's key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from contracts.errors import ArtefactRefused, UsageError
from contracts.model_version import ModelVersion
from infra.postgres.database import Connection
from infra.postgres.opened import Store
from infra.postgres.queries import queries
from infra.signing import sign, verify

__all__ = ["RegistryStore", "is_genuine_model", "seal_model"]

KIND: Final = "model"
_JSON: Final = ("metrics", "data_window", "libraries", "signature", "parameters")
_COLUMNS: Final = (
    "task", "name", "version", "stage", "registered_at", "metrics", "data_window", "code_version", "libraries",
    "signature", "parameters", "digest", "signed", "source", "imported",
)  # fmt: skip


def seal_model(key: bytes, version: ModelVersion, artefact: bytes) -> bytes:
    """HMAC over `artefact` and all that does not change of `version`."""
    return sign(key, kind=KIND, name=version.id, versions=[version.sealed()], log="", payload=artefact)


def is_genuine_model(key: bytes, version: ModelVersion, artefact: bytes, mac: bytes) -> bool:
    """Tell whether `version` and `artefact` were sealed with `key` and are unchanged since."""
    return verify(key, mac, kind=KIND, name=version.id, versions=[version.sealed()], log="", payload=artefact)


class RegistryStore(Store):
    """All trained models in one database.

    Nothing is verified here: an artefact is opened by `models.registry.open_model`.
    """

    _sql = queries("registry")

    def register(
        self, draft: ModelVersion, artefact: bytes, card: Callable[[ModelVersion], str], key: bytes
    ) -> ModelVersion:
        """Keep a model under the next number of its task and name, sealed with `key`.

        Parameters
        ----------
        draft : ModelVersion
            Its `version` and `digest` are given here, whatever they say.
        artefact : bytes
            From `models.registry.dump`.
        card : callable
            Of the version with its number: HTML.
        key : bytes
            Of `infra.signing.load_key`.

        Raises
        ------
        ArtefactRefused
            ``known``, where the very same artefact is registered already.
        """
        digest = hashlib.sha256(artefact).hexdigest()
        with self._database.transaction() as connection:
            self._lock_out_twins(connection, draft, digest)
            row = connection.execute(self._sql["next"], (draft.task, draft.name)).fetchone()
            number = row[0] if row else 1
            numbered = replace(draft, version=number, digest=digest)
            mac = seal_model(key, numbered, artefact)
            return self._add(connection, numbered, artefact, card(numbered), mac)

    def restore(self, version: ModelVersion, artefact: bytes, card: str, mac: bytes) -> ModelVersion:
        """Keep a genuine model under the very number it had: one that was exported from a registry of the same key.

        Raises
        ------
        ArtefactRefused
            ``known``, where the artefact is registered already, or another one has its id.
        """
        with self._database.transaction() as connection:
            self._lock_out_twins(connection, version, version.digest)
            if connection.execute(self._sql["get"], (version.id,)).fetchone():
                msg = f"{version.id} is another model here."
                raise ArtefactRefused("known", msg, hint="--unsigned takes it under the next number.")
            return self._add(connection, replace(version, imported=True), artefact, card, mac)

    def _lock_out_twins(self, connection: Connection, version: ModelVersion, digest: str) -> None:
        connection.execute(self._sql["lock"], (f"{version.task}/{version.name}",))
        if twin := connection.execute(self._sql["twin"], (digest,)).fetchone():
            msg = f"This very artefact is registered already, as {twin[0]}."
            raise ArtefactRefused("known", msg)

    def _add(
        self, connection: Connection, version: ModelVersion, artefact: bytes, card: str, mac: bytes
    ) -> ModelVersion:
        values: dict[str, Any] = {name: getattr(version, name) for name in _COLUMNS}
        values |= {name: msgspec.json.encode(values[name]).decode() for name in _JSON}
        values |= {"id": version.id, "artefact": artefact, "mac": mac, "card": card}
        row = connection.execute(self._sql["add"], values).fetchone()
        return version if row is None else replace(version, stage=row[0], registered_at=row[1])

    def get(self, model: str) -> ModelVersion:
        """What is known of the model with this id.

        Raises
        ------
        UsageError
            If there is none.
        """
        with self._database.transaction() as connection:
            row = connection.execute(self._sql["get"], (model,)).fetchone()
        if row is None:
            msg = f"There is no model {model!r}."
            raise UsageError(msg, hint="`freshet models list` has the ids.")
        return _version(row)

    def list(self, task: str | None = None) -> list[ModelVersion]:
        """All models of a task, or of all tasks, oldest first."""
        with self._database.transaction() as connection:
            rows = connection.execute(self._sql["list"], {"task": task}).fetchall()
        return [_version(row) for row in rows]

    def artefact(self, digest: str) -> tuple[bytes, bytes, ModelVersion]:
        """Artefact, its HMAC and what is known of it: not to be opened but by `models.registry.open_model`.

        Raises
        ------
        UsageError
            If there is none with this digest.
        """
        with self._database.transaction() as connection, connection.cursor(binary=True) as cursor:
            row = cursor.execute(self._sql["artefact"], (digest,)).fetchone()
        if row is None:
            msg = f"There is no artefact with digest {digest!r}."
            raise UsageError(msg, hint="`freshet models list --json` has the digests.")
        payload, mac, model = row
        return payload, mac, self.get(model)

    def card(self, model: str) -> str:
        """The model's card, HTML; empty where there is no such model."""
        with self._database.transaction() as connection:
            row = connection.execute(self._sql["card"], (model,)).fetchone()
        return row[0] if row else ""


def _version(row: tuple[Any, ...]) -> ModelVersion:
    return msgspec.convert(dict(zip(_COLUMNS, row, strict=True)), ModelVersion)
