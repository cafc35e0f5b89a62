"""Identity of a shop: all that decides its bytes."""

from __future__ import annotations

from pathlib import Path

import msgspec

__all__ = ["Shop"]


class Shop(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What decides the bytes of a shop.

    Parameters
    ----------
    partitions : int
        Of the main input.
    seed, traffic, drift
        Of a simulated shop; see `contracts.settings.Settings`.
    events : int, optional
        User events after which it closes.
    file : str, optional
        Of a recorded shop: which file.
    dates : str, optional
        How its dates with slashes are read, where it is not month first.
    """

    partitions: int
    seed: int | None = None
    traffic: float | None = None
    drift: str | None = None
    events: int | None = None
    file: str | None = None
    dates: str | None = None

    def __str__(self) -> str:
        """As shown to people."""
        if self.file is not None:
            return f"recorded shop {Path(self.file).name}" + (f", dates {self.dates}" if self.dates else "")
        more = [f"traffic {self.traffic:g}"] if self.traffic is not None else []
        more += [self.drift] if self.drift else []
        more += [f"{self.events:,} events"] if self.events else []
        return ", ".join([f"simulated shop, seed {self.seed}", *more])
