"""Times in text: seconds, clocks, dates; and clocks over midnight and the change of the hour."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

import numpy as np

DAY = 86400.0  # s
_HOUR = 3600.0
_LONGEST_TEXT = 80  # characters of a time
_CLOCK = re.compile(r"^(\d{1,2})[:.](\d{2})(?:[:.](\d{2}(?:[.,]\d+)?))?\s*([ap]\.?m\.?)?$", re.I)
_DATE = re.compile(r"^(\d{1,4})([-./])(\d{1,2}|[a-z]{3})\2(\d{1,4})(?:[T ,]+(.*))?$", re.I)
_ZONE = re.compile(r"\s*(Z|[+-]\d{2}:?\d{2})$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_GERMAN = {"mrz": 3, "mai": 5, "okt": 10, "dez": 12}


def parse_number(text: str) -> float | None:
    """Read a number with a decimal point or comma; None for what is none."""
    text = text.strip()
    if len(text) > _LONGEST_TEXT or not re.fullmatch(
        r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d{1,3})?", text
    ):
        return None
    value = float(text.replace(",", "."))
    return value if abs(value) < math.inf else None


def parse_clock(text: str) -> float | None:
    """Read a time of the day, s after midnight; None for what is none."""
    found = _CLOCK.match(text.strip()) if len(text) < _LONGEST_TEXT else None
    if not found:
        return None
    hours, minutes, seconds, half = found.groups()
    hour = int(hours)
    if half:
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    value = hour * _HOUR + int(minutes) * 60 + float((seconds or "0").replace(",", "."))
    return value if hour < 48 and int(minutes) < 60 else None


def parse_dates(text: str) -> tuple[datetime, ...]:
    """Read a date with a time of the day, in every way that it can be meant.

    Parameters
    ----------
    text : str
        Such as ``"2020-01-31T22:13:00+01:00"``, ``"31.01.2020 22:13:00"`` or
        ``"1/31/2020 10:13:00 PM"``.

    Returns
    -------
    dates : tuple of datetime
        With the time zone that MNE gives to dates of recordings without one, UTC. Day and month
        are tried both ways where both can be; a time with an offset is first the instant, then
        the time on the clock, since EDF keeps the clock and calls it UTC. Empty for no date.
    """
    text = text.strip().strip("\"'")
    found = _DATE.match(text) if len(text) < _LONGEST_TEXT else None
    if not found:
        return ()
    first, mark, middle, last, rest = found.groups()
    zone = None
    rest = (rest or "0:00:00").strip()
    offset = _ZONE.search(rest)
    if offset:
        zone = _offset(offset.group(1))
        rest = rest[: offset.start()]
    time = parse_clock(rest)
    if time is None:
        return ()
    american = mark == "/" and re.search(r"[ap]\.?m", rest, re.I) is not None
    days = [_day(*ymd) for ymd in _orders(first, middle, last, american)]
    try:
        clocks = [day + timedelta(seconds=round(time, 6)) for day in dict.fromkeys(days) if day]
        if zone is None or zone == timedelta(0):
            return tuple(clocks)
        return tuple(date for clock in clocks for date in (clock - zone, clock))
    except OverflowError:
        return ()


def _orders(first, middle, last, american):
    month = _month(middle)
    if month is None:
        return []
    if len(first) == 4:
        return [(int(first), month, int(last))]
    year = int(last) + (0 if len(last) == 4 else 1900 if int(last) >= 85 else 2000)
    if not middle.isdigit():
        return [(year, month, int(first))]
    orders = [(year, month, int(first)), (year, int(first), month)]
    return orders[::-1] if american else orders


def _month(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    name = text.casefold()
    return _MONTHS.index(name) + 1 if name in _MONTHS else _GERMAN.get(name)


def _day(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta(0)
    digits = text[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if text[0] == "-" else size


def seconds_of_day(date: datetime) -> float:
    """Return the time of the day of a date, s after midnight."""
    midnight = date.replace(hour=0, minute=0, second=0, microsecond=0)
    return (date - midnight).total_seconds()


def unwrap_clock(clocks: np.ndarray, *, in_season: bool = False) -> np.ndarray:
    """Turn times of the day into times that go on past midnight and the change of the hour.

    Parameters
    ----------
    clocks : array, shape (n,)
        Times of the day in the order of the file, s.
    in_season : bool
        Whether the hour may change forward on this day (a date in March, say). A gap of exactly
        an hour is then no gap. An hour that comes twice is always told, since time runs forward.

    Returns
    -------
    times : array, shape (n,)
        Times, s after the first midnight.
    """
    clocks = np.asarray(clocks, dtype=float)
    if len(clocks) < 2:
        return clocks.copy()
    step = np.diff(clocks)
    usual = float(np.median(step[step > 0])) if (step > 0).any() else 0.0
    by = np.zeros(len(step))
    by[step < -DAY / 2] = DAY
    by[np.abs(step + _HOUR - usual) < 1] = _HOUR  # 02:59:30 is followed by 02:00:00
    if in_season:
        by[np.abs(step - _HOUR - usual) < 1] = -_HOUR  # 01:59:30 is followed by 03:00:00
    return clocks + np.r_[0, np.cumsum(by)]
