"""A recorded shop (UCI Online Retail, as CSV) as events: pure but for reading the file, every row accounted for."""

from producers.replay.dates import Dates, Order
from producers.replay.file import COLUMNS, RecordedFile
from producers.replay.replay import Replay
from producers.replay.row import REASONS
from producers.replay.rows import RowCount, in_words

__all__ = ["COLUMNS", "REASONS", "Dates", "Order", "RecordedFile", "Replay", "RowCount", "in_words"]
