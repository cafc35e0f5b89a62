"""Settings: one frozen object, read once in the entry points; and where each of its values came from."""

from __future__ import annotations

from contracts.settings.declared import Settings
from contracts.settings.handing_on import environment
from contracts.settings.masking import masked, shown
from contracts.settings.sources import RUNTIME_FILE, RUNTIME_KEYS, load, sources

__all__ = ["RUNTIME_FILE", "RUNTIME_KEYS", "Settings", "environment", "load", "masked", "shown", "sources"]
