"""A recorded shop (UCI Online Retail, as CSV) as events: pure but for reading the file, every row accounted for."""

from producers.replay.file import COLUMNS, RecordedFile
from producers.replay.replay import Replay, RowCount
from producers.replay.row import REASONS

__all__ = ["COLUMNS", "REASONS", "RecordedFile", "Replay", "RowCount"]
