"""SOMNOmedics DOMINO's text exports: ``Schlafprofil.txt`` and lists of events.

Format: as SnoozToolbox's and wonambi's importers read it. A header (``Signal ID``, ``Start Time``,
``Rate: 30 s``), then ``22:13:00,000; N2`` for each epoch, or ``22:13:01,500-22:13:08,000; 6.5;
Arousal`` for each event.
"""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np

from ...utils.errors import RecordingError
from ..document import Document
from ..names import shown
from ..scoring import Scoring
from ..times import DAY, parse_clock, parse_dates, parse_number, seconds_of_day, unwrap_clock

_HEAD = re.compile(r"^\s*(signal[ -]?id|signaltyp|signal type)\s*:", re.I | re.M)
_START = re.compile(r"^\s*(?:start ?time|startzeit)\s*:\s*(.+)$", re.I)
_RATE = re.compile(r"^\s*rate\s*:\s*([\d.,]+)\s*(ms|s)?", re.I)
_ROW = re.compile(r"^\s*(\d{1,2}[:.]\d\d[:.]\d\d[^-;]*)(?:-\s*([^;]+))?;(.*)$")


def matches(document: Document) -> bool:
    """Tell whether it is DOMINO's."""
    return _HEAD.search(document.text[:1000]) is not None


def _clock(text: str, document: Document) -> float:
    clock = parse_clock(text)
    if clock is None:
        raise RecordingError(f"{shown(text)} is no time of the day.", document.name)
    return clock


def read(document: Document) -> Scoring:
    """Read epochs or events.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    scoring : Scoring
        Labels.

    Raises
    ------
    RecordingError
        If a time can't be read.
    """
    starts: tuple[datetime, ...] = ()
    length: float | None = None
    rows: list[tuple[str, str | None, str]] = []
    for line in document.lines:
        start, rate, row = _START.match(line), _RATE.match(line), _ROW.match(line)
        if start and not rows:
            starts = parse_dates(start[1])
        elif rate and not rows:
            number = parse_number(rate[1])
            length = None if number is None else number / (1000 if rate[2] == "ms" else 1)
        elif row:
            rows.append((row[1], row[2], row[3].rsplit(";", 1)[-1].strip()))
    clocks = [_clock(begin, document) for begin, _, _ in rows]
    ends = [None if end is None else _clock(end, document) for _, end, _ in rows]
    onset = unwrap_clock(np.array(clocks, dtype=float))
    duration = np.array(
        [
            (length or np.nan) if end is None else (end - clock) % DAY
            for clock, end in zip(clocks, ends, strict=True)
        ],
        dtype=float,
    )
    clock = float(onset[0]) % DAY if len(onset) else None
    if len(onset):
        later = 0.0
        if starts:  # the header's time may lie before or after the first row
            later = (float(onset[0]) - seconds_of_day(starts[0]) + DAY / 2) % DAY - DAY / 2
        onset = onset - onset[0] + later
    labels = [label for _, _, label in rows]
    return Scoring(
        labels,
        onset,
        duration,
        epoch_length=length,
        starts=starts,
        clock=None if starts else clock,
    )
