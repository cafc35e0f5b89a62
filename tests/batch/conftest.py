"""The batch side: marts and trained models. On whichever backend is chosen; CI runs it on the embedded one only."""

from tests.integration.conftest import fresh_database

__all__ = ["fresh_database"]
