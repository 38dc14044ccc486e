"""Times of a night: of the clock where the recording has a date, otherwise from its start."""

from __future__ import annotations

from datetime import datetime, timedelta

from matplotlib.ticker import FuncFormatter, MultipleLocator

_STEPS = (1 / 12, 1 / 6, 0.25, 0.5, 1.0, 2.0, 3.0, 6.0)  # h between ticks
_MOST_TICKS = 13
_NO_DATE = datetime(1985, 1, 1)  # the first that EDF can hold


def elapsed_text(seconds: float) -> str:
    """Write a time from the start of a recording as ``5:59:07``.

    Parameters
    ----------
    seconds : float
        Time from the start, s.

    Returns
    -------
    text : str
        Hours, minutes and whole seconds.
    """
    whole = round(float(seconds))
    sign = "-" if whole < 0 else ""
    hours, rest = divmod(abs(whole), 3600)
    return f"{sign}{hours}:{rest // 60:02d}:{rest % 60:02d}"


def known_start(start: datetime | None) -> datetime | None:
    """Return the start of a recording, or None where its header stands for no date.

    Parameters
    ----------
    start : datetime | None
        When the recording starts, by its header.

    Returns
    -------
    start : datetime | None
        None at midnight of January 1, 1985, which EDF has where the date is unknown.
    """
    if start is None or start.replace(tzinfo=None) == _NO_DATE:
        return None
    return start


def clock_text(seconds: float, start: datetime | None) -> str:
    """Write a time as that of the clock, without the date.

    Parameters
    ----------
    seconds : float
        Time from the start of the recording, s.
    start : datetime | None
        When the recording starts; None where it has no date.

    Returns
    -------
    text : str
        ``"03:12:07"``, or ``"5:59:07 after the start"`` without a date.
    """
    start = known_start(start)
    if start is None:
        return f"{elapsed_text(seconds)} after the start"
    moment = start + timedelta(seconds=round(float(seconds)))
    return moment.strftime("%H:%M:%S")


def full_time_text(seconds: float, start: datetime | None) -> str:
    """Write a time as that of the clock, and from the start.

    Parameters
    ----------
    seconds : float
        Time from the start of the recording, s.
    start : datetime | None
        When the recording starts; None where it has no date.

    Returns
    -------
    text : str
        ``"03:12:07, 5:59:07 after the start"``.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> full_time_text(21547.0, datetime(2025, 3, 2, 21, 13, tzinfo=UTC))
    '03:12:07, 5:59:07 after the start'
    >>> full_time_text(21547.0, None)
    '5:59:07 after the start'
    """
    if known_start(start) is None:
        return clock_text(seconds, None)
    return f"{clock_text(seconds, start)}, {elapsed_text(seconds)} after the start"


def set_time_axis(axis, start: datetime | None, limits: tuple[float, float]) -> None:
    """Give an axis in hours from the start ticks at times of the clock.

    Parameters
    ----------
    axis : instance of Axes
        Its x axis is in hours from the start of the recording.
    start : datetime | None
        When the recording starts; None leaves hours.
    limits : tuple of float
        First and last hour that are shown.
    """
    axis.set_xlim(limits)
    start = known_start(start)
    fitting = [s for s in _STEPS if (limits[1] - limits[0]) / s < _MOST_TICKS]
    step = fitting[0] if fitting else _STEPS[-1]
    if start is None:
        axis.xaxis.set_major_locator(MultipleLocator(step))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: elapsed_text(3600 * x)[:-3]))
        axis.set_xlabel("Time from the start of the recording (h:min)")
        return
    hour = start.hour + start.minute / 60 + start.second / 3600
    axis.xaxis.set_major_locator(MultipleLocator(step, offset=-(hour % step)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _tick(x + hour)))
    axis.set_xlabel("Time of the clock")


def _tick(hours: float) -> str:
    minutes = round(60 * hours) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
