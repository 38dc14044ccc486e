"""Onsets and durations in text: seconds, clocks or dates, laid out from the first on."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np

from ...utils.errors import RecordingError
from ..names import shown
from ..scoring import Scoring
from ..times import (
    parse_clock,
    parse_dates,
    parse_number,
    seconds_of_day,
    unwrap_clock,
)

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_NONE = ("", "n/a", "na", "nan", "none", "-", ".")
_MARCH = (3, 4, 9, 10)  # months in which clocks go forward, north and south


def lay_out(
    onsets: list[str],
    durations: list[str] | None,
    labels: list[str],
    name: str,
    *,
    ends: list[str] | None = None,
    day: tuple[datetime, ...] = (),
) -> Scoring:
    """Turn columns of text into labels with times.

    Parameters
    ----------
    onsets : list of str
        Seconds, times of the clock, or dates.
    durations : list of str | None
        Seconds or ``h:m:s``; blank or ``n/a`` where unknown.
    labels : list of str
        Labels.
    name : str
        Name of the file, for errors.
    ends : list of str | None
        Where each ends, as `onsets`; used where there are no durations.
    day : tuple of datetime
        Midnight of the day of the first clock, in every way that the file can be meant.

    Returns
    -------
    scoring : Scoring
        Labels with times.

    Raises
    ------
    RecordingError
        If an onset is no time.
    """
    times, starts, clock = _times(onsets, name, day)
    if durations is None and ends is not None:
        last, _, _ = _times(ends, name, day)
        length = (last - last[0]) - (times - times[0]) + _first_length(onsets, ends)
        length = np.where(length < 0, np.nan, length) if len(length) else length
    else:
        length = np.array([_duration(text, name) for text in durations or [""] * len(labels)])
    return Scoring(labels, times, length, starts=starts, clock=clock)


def _first_length(onsets, ends) -> float:
    first, last = (_one(texts[0]) for texts in (onsets, ends)) if onsets else (0.0, 0.0)
    length = last - first
    return length if length >= 0 else length % 86400.0


def _one(text: str) -> float:
    for value in (parse_number(text), parse_clock(text)):
        if value is not None:
            return value
    dates = parse_dates(text)
    return (dates[0] - _UNIX).total_seconds() if dates else 0.0


def _times(texts, name, day) -> tuple[np.ndarray, tuple[datetime, ...], float | None]:
    """Return seconds, the dates that second 0 may be, and its time of the day without a date."""
    if not texts:
        return np.zeros(0), (), None
    numbers = [parse_number(text) for text in texts]
    if all(number is not None for number in numbers):
        return np.array(numbers, dtype=float), (), None
    clocks = [parse_clock(text) for text in texts]
    if all(clock is not None for clock in clocks):
        return _from_clocks(np.array(clocks, dtype=float), day)
    dates = [parse_dates(text) for text in texts]
    if all(dates):
        return _from_dates(dates, texts)
    kinds = (numbers, clocks, dates)
    bad = next((text for text, *what in zip(texts, *kinds, strict=True) if not any_of(what)), None)
    what = f"{shown(bad)} is no time" if bad is not None else "its onsets mix seconds and clocks"
    raise RecordingError(
        f"{what}. Onsets are seconds, times of the clock (22:13:00) or dates.", name
    )


def any_of(what) -> bool:
    """Tell whether one of the ways to read a time worked."""
    return any(value is not None and value != () for value in what)


def _from_clocks(clocks, day):
    season = bool(day) and day[0].month in _MARCH
    times = unwrap_clock(clocks, in_season=season)
    first = float(times[0])
    starts = tuple(midnight + timedelta(seconds=first) for midnight in day)
    return times - first, starts, None if starts else first % 86400.0


def _from_dates(dates, texts):
    # each way to read the first date that the others can be read in as well
    ways = min(len(found) for found in dates)
    first = dates[0]
    seconds = np.array([(found[0] - first[0]).total_seconds() for found in dates])
    if ways > 1 and (seconds < 0).any():
        other = np.array([(found[1] - first[1]).total_seconds() for found in dates])
        if (other >= 0).all():
            return other, first[1:2], None
    if _UNIX <= first[0] < _UNIX + timedelta(days=2):  # MNE's .csv of annotations without a date
        return seconds + (first[0] - _UNIX).total_seconds(), (), None
    if not re.search(r"(Z|[+-]\d{2}:?\d{2})$", texts[0].strip()):
        clocks = np.array([seconds_of_day(found[0]) for found in dates])
        seconds = _without_change_of_hour(seconds, clocks, first[0])
    return seconds, first[:ways], None


def _without_change_of_hour(seconds, clocks, first):
    """Take an hour that came twice, or that was left out, from dates without an offset."""
    if len(seconds) < 3 or ((np.diff(seconds) >= 0).all() and first.month not in _MARCH):
        return seconds
    times = unwrap_clock(clocks, in_season=first.month in _MARCH)
    return times - times[0]


def _duration(text: str, name: str) -> float:
    text = text.strip()
    if text.casefold() in _NONE:
        return np.nan
    for value in (parse_number(re.sub(r"\s*(s|sec|seconds)$", "", text)), parse_clock(text)):
        if value is not None:
            return value
    raise RecordingError(f"{shown(text)} is no duration. Durations are seconds.", name)
