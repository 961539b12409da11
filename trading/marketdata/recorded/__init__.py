"""Recorded market data in the formats in which it is found, read line by line.

`open_recording(path)` finds the format by looking, never by the file's name alone, and says what it expected in which
line when it finds none. Prices are whole millionths of the quoted currency unit.
"""

from trading.marketdata.recorded.formats import FORMATS, open_recording
from trading.marketdata.recorded.points import Point, Recording, RecordingError

__all__ = ["FORMATS", "Point", "Recording", "RecordingError", "open_recording"]
