"""Lines of text to columns: delimiters, headers, and what each column holds."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field

from ...utils.errors import RecordingError
from ...utils.privacy import reader_words
from ..document import Document
from ..names import simplify
from ..times import parse_clock, parse_dates, parse_number

#: Columns that hold stages and nothing else, experts before programs.
STAGE_COLUMNS = (
    "stage hum",
    "stage aasm",
    "majority",
    "stage",
    "stages",
    "sleep stage",
    "sleep stages",
    "sleepstage",
    "schlafstadium",
    "stadium",
    "hypno",
    "hypnogram",
    "scoring",
    "score",
    "stade",
    "stage ai",
)
LABEL_COLUMNS = (
    *STAGE_COLUMNS,
    "trial type",
    "description",
    "annotation",
    "annotations",
    "event",
    "event type",
    "class",
    "type",
    "label",
    "name",
    "text",
    "value",
    "kind",
)
ONSET_COLUMNS = (
    "onset",
    "start",
    "start time",
    "starttime",
    "begin",
    "startzeit",
    "time [hh mm ss]",
    "time",
    "timestamp",
    "datetime",
    "date time",
    "zeit",
)
DURATION_COLUMNS = ("duration", "length", "dauer", "duree")
END_COLUMNS = ("end", "stop", "end time", "endtime", "ende", "stop time")
EPOCH_COLUMNS = ("epoch", "epochs", "epoch number", "epoche", "epoch nr", "epoch id", "epoch no")
_UNIT = re.compile(r"\s*[\[(](s|sec|seconds|in s)[\])]$|\s+(s|sec|seconds)$")


@dataclass
class Columns:
    """A table of text.

    Attributes
    ----------
    names : list of str
        Names of the columns, simplified; empty where there is no header.
    rows : list of list of str
        Cells, as many in each row.
    preface : list of str
        Lines before the header.
    """

    names: list[str]
    rows: list[list[str]]
    preface: list[str] = field(default_factory=list)

    def find(self, wanted) -> int | None:
        """Return the index of the first column of these names."""
        return next((self.names.index(name) for name in wanted if name in self.names), None)

    def __getitem__(self, index: int) -> list[str]:
        return [row[index] for row in self.rows]


def split_columns(document: Document) -> Columns:
    """Split a file into columns.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    columns : Columns
        The table.

    Raises
    ------
    RecordingError
        If quotes in it are broken.
    """
    lines = [line.lstrip("# \t") if line.startswith("#") else line for line in document.lines]
    delimiter = _delimiter(lines)
    try:
        cells = _split(lines, delimiter)
    except csv.Error as error:
        raise RecordingError(
            f"can't be read as a table ({reader_words(error)}).", document.name
        ) from error
    at = next((i for i, row in enumerate(cells[:200]) if _is_header(row)), None)
    if at is None:
        start = next((i for i, row in enumerate(cells) if any(map(is_time, row))), 0)
        return Columns([], _even(cells[start:]), lines[:start])
    names = [_column_name(cell) for cell in cells[at]]
    if delimiter is None:
        cells = [line.split(None, len(names) - 1) for line in lines]
    return Columns(names, _even(cells[at + 1 :], len(names)), lines[:at])


def _column_name(cell: str) -> str:
    return _UNIT.sub("", simplify(cell.strip().strip("\"'")))


def _is_header(row) -> bool:
    names = {_column_name(cell) for cell in row}
    if len(row) == 1:
        return bool(names & {*STAGE_COLUMNS})
    kinds = (LABEL_COLUMNS, ONSET_COLUMNS, DURATION_COLUMNS, END_COLUMNS, EPOCH_COLUMNS)
    return sum(bool(names.intersection(kind)) for kind in kinds) >= 2


def is_time(cell: str) -> bool:
    """Tell whether a cell is a number, a time of the clock or a date."""
    return (
        parse_number(cell) is not None or parse_clock(cell) is not None or bool(parse_dates(cell))
    )


def _delimiter(lines: list[str]) -> str | None:
    """Find what separates cells: of the later half, since a preface is otherwise."""
    part = lines[len(lines) // 2 :][:500]
    for delimiter in "\t;,":
        if part and 2 * sum(delimiter in line for line in part) >= len(part):
            return delimiter
    return None


def _split(lines, delimiter) -> list[list[str]]:
    if delimiter is None:
        return [_split_blanks(line) for line in lines]
    return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]


def _split_blanks(line: str) -> list[str]:
    """Split at blanks, but keep a label of several words whole."""
    words = line.split()
    times = [is_time(word) for word in words]
    if all(times):
        return words
    if times[0]:
        first = times.index(False)
        return [*words[:first], " ".join(words[first:])]
    last = len(words)
    while last > 1 and times[last - 1]:
        last -= 1
    if last == 1 or len(words) - last >= 2:
        return [" ".join(words[:last]), *words[last:]]
    return [line.strip()]


def _even(rows, width: int | None = None) -> list[list[str]]:
    width = width or max((len(row) for row in rows), default=0)
    return [[*row, *[""] * (width - len(row))][:width] for row in rows if any(row)]
