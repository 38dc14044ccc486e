"""Text: one stage a line, or tables of whatever delimiter and columns.

Formats: YASA (``Epoch,Stage``), BIDS (``events.tsv``; ``_hypnogram.tsv``), EDFbrowser
(``Onset,Duration,Annotation``), MNE (``.csv``, ``.txt``), RemLogic as the CAP Sleep Database holds
it, Noxturnal (``Start Time,End Time,Event``), Luna's ``.eannot``, DREAMS (``[hypnogram]``, and its
``[vis1_...]`` of events marked by eye).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import numpy as np

from ...utils.errors import RecordingError
from ..document import Document
from ..names import is_number, shown, simplify, stage_code
from ..scoring import LONGEST, Scoring
from ..times import parse_dates, parse_number
from . import domino
from .columns import (
    DURATION_COLUMNS,
    END_COLUMNS,
    EPOCH_COLUMNS,
    LABEL_COLUMNS,
    ONSET_COLUMNS,
    STAGE_COLUMNS,
    Columns,
    is_time,
    split_columns,
)
from .onsets import lay_out
from .visbrain import described_epoch_length

_DREAMS = {"5": "W", "4": "R", "3": "N1", "2": "N2", "1": "N3", "0": "N3"}  # others: unscored
_DREAMS_EPOCH = 5.0  # s
_VISUAL_SCORING = re.compile(r"^\[(?:vis\d*_)?(\w*arous\w*)", re.I)  # DREAMS: [vis1_Spindles/C3-A1]
_ORIGIN = re.compile(r"^\W*orig_time\s*:\s*(\S.*)$", re.I)
_DAY = re.compile(r"^\W*(?:recording date|date|datum|study date)\s*:\s*(\S+)", re.I)
_LENGTH = re.compile(r"epoch (?:length|duration)\W+([\d.,]+)", re.I)


def read(document: Document, wanted: Callable[[str], bool]) -> Scoring:
    """Read labels, with times where there are any.

    Parameters
    ----------
    document : Document
        The file.
    wanted : callable
        Tells whether a label is one that is looked for.

    Returns
    -------
    scoring : Scoring
        Labels.

    Raises
    ------
    RecordingError
        If there is nothing in it, or a time can't be read.
    """
    if domino.matches(document):
        return domino.read(document)
    lines = [line.strip() for line in document.lines]
    if not lines:
        raise RecordingError("is empty. Give a file of stages or marks.", document.name)
    if re.match(r"^\[\w*hypno\w*", lines[0], re.I):
        labels = [_DREAMS.get(line, "?") for line in lines[1:]]
        return Scoring(labels, epoch_length=_DREAMS_EPOCH, only_stages=True)
    found = _VISUAL_SCORING.match(lines[0])
    if found:
        return _visual_scoring(lines[1:], found[1], document.name)
    entries = [line for line in lines if not line.startswith("#")]
    if len(entries) > 1 and simplify(entries[0]) in STAGE_COLUMNS:
        entries = entries[1:]
    if _is_list(entries):
        length = described_epoch_length(document)
        return Scoring(entries, epoch_length=length, only_stages=True)
    return _from_columns(split_columns(document), document, wanted)


def _visual_scoring(lines: list[str], label: str, name: str) -> Scoring:
    """Read events as DREAMS holds those that it marked by eye: onset and duration, s, a line."""
    rows = [[parse_number(cell) for cell in line.split()[:2]] for line in lines]
    if any(len(row) != 2 or None in row for row in rows):
        raise RecordingError("has a line that is no onset and duration in s. Check it.", name)
    times = np.array(rows, dtype=float).reshape(-1, 2)
    return Scoring([label] * len(rows), times[:, 0], times[:, 1])


def _is_list(entries: list[str]) -> bool:
    """Tell whether each line is one label."""
    if entries and all(is_number(e) and abs(parse_number(e) or 0) < 10 for e in entries):
        return True
    if not any(re.search(r"[\t;,]", entry) for entry in entries):
        blanks = sum(len(entry.split()) > 1 for entry in entries)
        return 2 * sum(stage_code(e) is not None for e in entries) >= len(entries) or not blanks
    return False


def _from_columns(table: Columns, document: Document, wanted) -> Scoring:
    if not table.rows:
        raise RecordingError("holds no rows. Give a file of stages or marks.", document.name)
    if not table.names:
        return _without_header(table, document, wanted)
    at = _label_column(table, wanted)
    if at is None:
        raise RecordingError(
            f"none of its {len(table.names)} columns is one of labels. It is called stage, "
            "trial_type, description, annotation or event.",
            document.name,
        )
    onset = table.find(ONSET_COLUMNS)
    labels = table[at]
    only_stages = table.names[at] in STAGE_COLUMNS
    if onset is None or onset == at:
        return Scoring(
            _in_order(table, labels), epoch_length=_length(table), only_stages=only_stages
        )
    duration, end = table.find(DURATION_COLUMNS), table.find(END_COLUMNS)
    rows = [row for row in table.rows if row[onset]]
    scoring = lay_out(
        [row[onset] for row in rows],
        None if duration is None else [row[duration] for row in rows],
        [row[at] for row in rows],
        document.name,
        ends=None if end is None else [row[end] for row in rows],
        day=_day(table.preface),
    )
    scoring.only_stages = only_stages
    origin = _found(_ORIGIN, table.preface)
    if origin and not scoring.starts:
        scoring.starts = parse_dates(origin)
    return scoring


def _label_column(table: Columns, wanted) -> int | None:
    """Find the column with what is looked for: names first, then numbers of stages."""
    known = [i for name in LABEL_COLUMNS for i, n in enumerate(table.names) if n == name]
    event = table.find(("event",))
    if event is not None and any(map(wanted, table[event])):
        return event  # RemLogic repeats the stage of the moment beside each event
    counts = {i: sum(map(wanted, table[i])) for i in known}
    for i in known:
        numbers = table.names[i] in STAGE_COLUMNS and not _are_marks(wanted)
        if counts[i] or (numbers and sum(map(is_number, table[i])) * 2 >= len(table.rows)):
            return i
    return known[0] if known else None


def _in_order(table: Columns, labels: list[str]) -> list[str]:
    """Put labels at the place that a column of epochs gives; what is left out is unscored."""
    at = table.find(EPOCH_COLUMNS)
    numbers = [] if at is None else [parse_number(text) for text in table[at]]
    if not numbers or any(n is None or n != int(n) or n < 0 for n in numbers):
        return labels
    places = np.array(numbers, dtype=float)
    if (np.diff(places) <= 0).any() or places[-1] > LONGEST:
        return labels
    first = 0 if places[0] == 0 else 1
    out = ["?"] * (int(places[-1]) - first + 1)
    for place, label in zip(places, labels, strict=True):
        out[int(place) - first] = label
    return out


def _without_header(table: Columns, document: Document, wanted) -> Scoring:
    """Read a table whose columns have no names: labels are words, the others are times."""
    width = len(table.rows[0])
    counts = [sum(map(wanted, table[i])) for i in range(width)]
    at = int(np.argmax(counts)) if any(counts) else _number_column(table, width)
    if _are_marks(wanted) and not any(counts):
        return Scoring([], np.zeros(0), np.zeros(0))
    if at is None:
        found = ", ".join(map(shown, table.rows[0][:5]))
        raise RecordingError(
            f"No sleep stage or mark is found in the columns of {document.name}, whose first row "
            f"is {found}. Name the columns onset, duration and description.",
        )
    others = [i for i in range(width) if i != at and all(map(is_time, table[i]))]
    labels, only_stages = table[at], 2 * counts[at] >= len(table.rows) or not counts[at]
    if not others or _counts_up(table[others[0]]):
        return Scoring(labels, only_stages=only_stages)
    onset, rest = table[others[0]], others[1:]
    more = table[rest[0]] if rest and all(map(_may_be_duration, table[rest[0]])) else None
    ends = more is not None and len(more) > 1 and more[:-1] == onset[1:]
    scoring = lay_out(
        onset,
        None if ends else more,
        labels,
        document.name,
        ends=more if ends else None,
        day=_day(table.preface),
    )
    scoring.only_stages = only_stages
    return scoring


def _are_marks(wanted) -> bool:
    """Tell whether marks are looked for, of which a file may have none, and not stages."""
    return wanted("arousal")


def _may_be_duration(text: str) -> bool:
    """Tell whether a cell may be a duration."""
    return not text or parse_number(text) is not None


def _number_column(table: Columns, width: int) -> int | None:
    """Find the last column of numbers that can be stages, where another one tells times."""
    for i in reversed(range(width)):
        cells = table[i]
        times = any(all(map(is_time, table[j])) for j in range(width) if j != i)
        small = all(is_number(cell) and abs(parse_number(cell) or 0) < 10 for cell in cells)
        if times and small and not _counts_up(cells):
            return i
    return None


def _counts_up(texts: list[str]) -> bool:
    numbers = [parse_number(text) for text in texts]
    if any(number is None for number in numbers):
        return False
    return len(numbers) > 1 and bool((np.diff(np.array(numbers, dtype=float)) == 1).all())


def _found(pattern, preface) -> str | None:
    return next((found[1] for line in preface if (found := pattern.match(line))), None)


def _day(preface) -> tuple[datetime, ...]:
    text = _found(_DAY, preface)
    return parse_dates(text) if text else ()


def _length(table: Columns) -> float | None:
    for line in table.preface:
        found = _LENGTH.search(line)
        if found:
            return parse_number(found[1])
    return None
