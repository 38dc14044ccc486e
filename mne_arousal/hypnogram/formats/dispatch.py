"""Which reader a file is for, told by its content and, where that is silent, its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ..document import Document
from ..scoring import Scoring, check_bounds
from . import challenge, edf, elan, fif, luna, table, visbrain, wfdb, xml


def read_scoring(
    document: Document, wanted: Callable[[str], bool], start: datetime | None = None
) -> Scoring:
    """Read labels and their times.

    Parameters
    ----------
    document : Document
        The file.
    wanted : callable
        Tells whether a label is one that is looked for. It decides which column of a table is
        read.
    start : datetime | None
        When the recording starts, for files that mix times of the clock with seconds.

    Returns
    -------
    scoring : Scoring
        Every label of the file or of the column, wanted or not.

    Raises
    ------
    RecordingError
        If it can't be read.
    """
    return check_bounds(_read(document, wanted, start), document.name)


def _read(document, wanted, start) -> Scoring:
    if edf.matches(document):
        return edf.read(document)
    if fif.matches(document):
        return fif.read(document)
    if wfdb.matches(document):
        return wfdb.read(document)
    if challenge.matches(document):
        return challenge.read(document)
    if xml.matches(document):
        return xml.read(document, wanted)
    if document.suffix == ".annot":
        return luna.read(document, start)
    if elan.matches(document):
        return elan.read(document)
    if visbrain.matches(document):
        return visbrain.read(document)
    return table.read(document, wanted)
