"""What surrounds a session: the hour, the device, the offer, whether the user was here before."""

from __future__ import annotations

from math import cos, pi, sin

from models.features.declared import Feature
from models.features.session import Session

__all__ = ["CONTEXT_FEATURES", "context_values"]

_DAY_MS = 86_400_000

CONTEXT_FEATURES = (
    Feature("hour_sin", -1.0, 1.0, "sine of the day's course"),
    Feature("hour_cos", -1.0, 1.0, "cosine of it"),
    Feature("hour_sin_2", -1.0, 1.0, "sine of half a day's course"),
    Feature("hour_cos_2", -1.0, 1.0, "cosine of it"),
    Feature("weekend", 0.0, 1.0, "1 on Saturday and Sunday"),
    Feature("phone", 0.0, 1.0, "1 on a phone"),
    Feature("desktop", 0.0, 1.0, "1 at a desktop"),
    Feature("returning", 0.0, 1.0, "1 where the shop says the user was here before"),
    Feature("offer_percent", 0.0, 1.0, "1 where a percentage off was offered"),
    Feature("offer_shipping", 0.0, 1.0, "1 where free shipping was offered"),
    Feature("offer_taken", 0.0, 1.0, "1 where the offer was taken"),
)


def context_values(session: Session) -> list[float]:
    """Raw values of `CONTEXT_FEATURES`; all of them frozen when the session starts but the last."""
    days, ms = divmod(session.start_ms, _DAY_MS)
    angle = 2.0 * pi * ms / _DAY_MS
    return [
        sin(angle),
        cos(angle),
        sin(2.0 * angle),
        cos(2.0 * angle),
        1.0 if (days + 3) % 7 >= 5 else 0.0,
        1.0 if session.device == "phone" else 0.0,
        1.0 if session.device == "desktop" else 0.0,
        1.0 if session.is_returning else 0.0,
        1.0 if session.offer.startswith("percent") else 0.0,
        1.0 if session.offer == "free-shipping" else 0.0,
        1.0 if session.offer_taken else 0.0,
    ]
