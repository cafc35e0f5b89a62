"""Every setting, declared once: name, range, default and meaning. `freshet config` and the errors derive from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from contracts.drift_words import read_drift
from contracts.settings.masking import shown

__all__ = ["Settings", "absolute", "default_data_dir"]


def default_data_dir() -> Path:
    """Where data live unless told otherwise: the user's data folder, as the XDG base directories name it."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "freshet"


def absolute(path: Path) -> Path:
    """Return `path` with ``~`` and relative parts resolved, links left as they are."""
    return Path(os.path.abspath(path.expanduser()))


_File = Annotated[Path, AfterValidator(absolute)]

# The word by which a nearer source takes back what a farther one says: an empty value counts as not given.
_NONE: Final = "none"
_OrNone = BeforeValidator(lambda value: None if value == _NONE else value)


class Settings(BaseSettings):
    """All settings, frozen. The constructor reads nothing: `contracts.settings.load` reads environment and files.

    Raises
    ------
    contracts.errors.SettingsError
        From `load`, for what is unknown, malformed or out of range.
    """

    model_config = SettingsConfigDict(
        env_prefix="FRESHET_", env_ignore_empty=True, frozen=True, extra="forbid", allow_inf_nan=False
    )

    data_dir: _File = Field(
        default_factory=default_data_dir,
        validate_default=True,
        description="Folder of broker, database and secrets.",
    )
    bootstrap: str = Field(
        default="127.0.0.1:9092",
        pattern=r"^[^\s:,]+:[0-9]{1,5}(,[^\s:,]+:[0-9]{1,5})*$",
        description="Address of the broker, host:port; several with commas between.",
    )
    database_url: str = Field(
        default="postgresql://freshet@127.0.0.1:5432/freshet",
        min_length=1,
        description="The database, as URL or as libpq's key=value; its password belongs into a file.",
    )
    database_password_file: _File | None = Field(
        default=None, description="File that holds the database's password and nothing else."
    )
    secret_file: _File = Field(
        default_factory=lambda so_far: so_far.get("data_dir", default_data_dir()) / "secret.key",
        description="32 random bytes, mode 0600, which sign snapshots, models and their changes; made where missing.",
    )
    partitions: int = Field(
        default=2, ge=1, le=256, description="Partitions of the main input: one learner each."
    )
    group: str = Field(
        default="learner", pattern=r"^[A-Za-z0-9._-]{1,100}$", description="Consumer group of the learners."
    )
    namespace: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._-]{0,100}$",
        description="Put before the names of all topics, so that several shops can share a broker.",
    )
    seed: int = Field(default=7, ge=0, le=2**63 - 1, description="Seed of the simulated shop.")
    rate: float = Field(
        default=500.0,
        ge=0,
        le=1e7,
        description="User events sent in a second of the clock; 0: as fast as it goes.",
    )
    speed: float | None = Field(
        default=None,
        gt=0,
        le=1e9,
        description="Instead of a rate: seconds of event time in a second of the clock.",
    )
    traffic: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000_000,
        description="Sessions begun in an hour of event time; not set: the scenario's own.",
    )
    drift: str | None = Field(
        default=None,
        description="NAME@N: the shop changes after N user events. Names: docs/drift.md.",
    )
    snapshot_every_s: float = Field(
        default=60.0, gt=0, le=86_400, description="Seconds between snapshots, at most."
    )
    snapshot_every_events: int = Field(
        default=50_000, ge=1, le=1_000_000_000, description="Events between snapshots, at most."
    )
    snapshots_kept: int = Field(
        default=3, ge=1, le=1_000, description="Newest snapshots kept of each partition."
    )
    transaction_timeout_ms: int = Field(
        default=60_000,
        ge=1_000,
        le=900_000,
        description="A turn that takes longer is given up (brokers allow 15 min).",
    )
    delivery_timeout_ms: int = Field(
        default_factory=lambda so_far: so_far.get("transaction_timeout_ms", 60_000) * 3 // 4,
        ge=500,
        description="A record is given up after this: below the transaction timeout, or a loss could commit.",
    )
    max_poll_records: int = Field(default=2_000, ge=1, le=100_000, description="Records in a turn, at most.")

    http_port: Annotated[int | None, _OrNone] = Field(
        default=None,
        ge=0,
        le=65_535,
        description="Port for health and metrics of a long-running command; 0: any free one; none: no server.",
    )
    http_host: str = Field(
        default="127.0.0.1",
        pattern=r"^[^\s/\[\]]+$",
        description="Address at which health and metrics are served: no password guards them.",
    )

    debug: bool = Field(default=False, description="Show tracebacks of mistakes that have a message, too.")

    _origin: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def origin(self) -> dict[str, str]:
        """Where each value came from, by field."""
        by_hand = dict.fromkeys(self.model_fields_set, "argument")
        return dict.fromkeys(type(self).model_fields, "default") | by_hand | self._origin

    def with_origin(self, origin: Mapping[str, str]) -> Self:
        """Remember where the values came from; returns itself."""
        self._origin.update(origin)
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.drift is not None:
            read_drift(self.drift)
        if self.delivery_timeout_ms >= self.transaction_timeout_ms:
            msg = (
                f"delivery_timeout_ms must be below transaction_timeout_ms ({self.transaction_timeout_ms}). "
                f"Got {self.delivery_timeout_ms}."
            )
            raise ValueError(msg)
        ports = [int(address.rpartition(":")[2]) for address in self.bootstrap.split(",")]
        if not all(0 < port < 65_536 for port in ports):
            msg = f"A broker's port must be from 1 to 65535. Got {self.bootstrap!r}."
            raise ValueError(msg)
        if self.speed is not None and "rate" in self.model_fields_set:
            msg = f"Pace by rate or by speed, not by both. Got rate {self.rate:g} and speed {self.speed:g}."
            raise ValueError(msg)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from arguments only, so that a test or a child gets exactly what it was given."""
        return (init_settings,)

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Hide passwords in logs and tracebacks."""
        return list(shown(self).items())
