"""Which shop a data folder holds: remembered there, so that a second start goes on without being told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from contracts.errors import ShopMismatch
from contracts.shop import Shop

if TYPE_CHECKING:
    from contracts.settings import Settings

__all__ = ["going_on", "recall", "remember"]

_FILE: Final = "shop.json"
_SIMULATED: Final = ("partitions", "seed", "traffic", "drift")


def _in(shop: Shop) -> str:
    return f"{shop} in {shop.partitions} partition{'s' if shop.partitions != 1 else ''}"


def remember(data_dir: Path, shop: Shop) -> None:
    """Write down which shop `data_dir` holds."""
    (data_dir / _FILE).write_bytes(msgspec.json.encode(shop))


def recall(data_dir: Path) -> Shop | None:
    """Return the shop that `data_dir` holds; None where it holds none."""
    try:
        return msgspec.json.decode((data_dir / _FILE).read_bytes(), type=Shop)
    except (OSError, msgspec.MsgspecError):
        return None


def going_on(
    settings: Settings,
    there: Shop | None,
    *,
    events: int | None = None,
    file: Path | None = None,
    dates: str | None = None,
) -> tuple[Settings, Shop]:
    """Choose the shop: as typed, else as it is there already, else the defaults.

    Parameters
    ----------
    settings : Settings
        As read; what was not typed (nor set) in it gives way to what is there.
    there : Shop, optional
        What the data folder holds.
    events : int, optional
        As typed.
    file : Path, optional
        Of a recorded shop.
    dates : str, optional
        Of a recorded shop, as in `Shop`.

    Returns
    -------
    settings : Settings
        With the shop's own values.
    shop : Shop
        The chosen one.

    Raises
    ------
    ShopMismatch
        If what was typed is another shop than the one that is there.
    """
    if there is not None:
        open_to_change = [n for n in _SIMULATED if settings.origin[n] in ("default", "runtime file")]
        settings = settings.model_copy(
            update={name: getattr(there, name) for name in open_to_change if getattr(there, name) is not None}
        )
        events = there.events if events is None else events
    if file is not None:
        shop = Shop(partitions=settings.partitions, file=str(file.absolute()), dates=dates)
    else:
        own = {name: getattr(settings, name) for name in _SIMULATED}
        shop = Shop(**own, events=events)
    if there is not None and shop != there:
        message = f"{settings.data_dir} holds a {_in(there)}. Asked for was a {_in(shop)}."
        hint = "Two shops in one log would teach the models nonsense: go on with that one, or start over with --fresh."
        raise ShopMismatch(message, hint=hint)
    return settings, shop
