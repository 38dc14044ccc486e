"""Luna's ``.annot``: one interval a line.

Format: Luna's documentation, "Annotations": class, instance, channel, start, stop and meta; or
class, instance, start and stop; or class, start and stop.
"""

from __future__ import annotations

import math
import re
from datetime import datetime

import numpy as np

from ...utils.errors import RecordingError
from ..document import Document
from ..names import shown
from ..scoring import LONGEST, Scoring
from ..times import parse_clock, parse_number, seconds_of_day

_COLUMNS = {
    6: ("class", "instance", "channel", "start", "stop", "meta"),
    4: ("class", "instance", "start", "stop"),
    3: ("class", "start", "stop"),
}
_EPOCH = re.compile(r"^e:(\d{1,9})(?::([\d.]{1,12}))?(?::([\d.]{1,12}))?$")


def read(document: Document, start: datetime | None = None) -> Scoring:
    """Read intervals.

    Parameters
    ----------
    document : Document
        The file.
    start : datetime | None
        When the recording starts; needed by times of the clock.

    Returns
    -------
    scoring : Scoring
        Intervals, from the start of the recording.

    Raises
    ------
    RecordingError
        If a line is none, or holds times of the clock and `start` is None.
    """
    rows: list[tuple[str, float, float]] = []
    for line in document.lines:
        cells = re.split(r"\t" if "\t" in line else r"\s+", line)
        if line.startswith("#") or cells[0] == "class":
            continue
        try:
            columns = _COLUMNS.get(len(cells))
            if columns is None:
                raise ValueError(f"a line has {len(cells)} columns, not 3, 4 or 6")
            row = dict(zip(columns, cells, strict=True))
            rows.append((row["class"], *_interval(row["start"], row["stop"], start)))
        except ValueError as error:
            raise RecordingError(
                f"can't be read as annotations of Luna ({error}). Check that it is whole.",
                document.name,
            ) from error
    labels = [row[0] for row in rows]
    times = np.array([row[1:] for row in rows], dtype=float).reshape(-1, 2)
    begin, end = times[:, 0], times[:, 1]
    following = np.r_[begin[1:], np.nan] if len(begin) else begin
    end = np.where(np.isnan(end) & (following > begin), following, end)
    return Scoring(labels, begin, end - begin)


def _interval(first: str, last: str, start) -> tuple[float, float]:
    found = _EPOCH.match(first)
    if found:
        begin, end = _epoch_span(found)
        stop = _EPOCH.match(last)
        return begin, _epoch_span(stop)[1] if stop else end
    begin = _seconds(first, start)
    if last == "...":  # up to the next
        return begin, math.nan
    if last == ".":
        return begin, begin
    if last.startswith("+"):
        return begin, begin + _finite(last[1:])
    end = _seconds(last, start)
    # an interval over midnight ends earlier by the clock than it begins
    return begin, end if end >= begin else end + 86400


def _epoch_span(found) -> tuple[float, float]:
    number, length, step = found.groups()
    length = float(length or 30)
    begin = (int(number) - 1) * float(step or length)
    return begin, begin + length


def _finite(text: str) -> float:
    value = parse_number(text)
    if value is None or not abs(value) <= LONGEST:
        raise ValueError(f"could not convert {shown(text)} to a time")
    return value


def _seconds(text: str, start) -> float:
    """Seconds from the start of the recording: a number, ``0+h:m:s``, or a time of the clock."""
    text = text.strip()
    elapsed = text.startswith("0+")
    time = parse_clock(text[2:] if elapsed else text) if ":" in text else None
    if time is None:
        return _finite(text)
    if elapsed:
        return time
    if start is None:
        raise ValueError("it has times of the clock, and when the recording starts is unknown")
    return (time - seconds_of_day(start)) % 86400
