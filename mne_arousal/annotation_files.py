"""Files of annotations that other programs write and read: Luna, EDFbrowser, YASA.

The formats, from their own documentation and source: Luna's ``.annot`` has one interval a line,
class, instance, channel, start, stop and meta; its ``.eannot`` one label an epoch. EDFbrowser
exports XML (``annotationlist``) and CSV (``Onset,Duration,Annotation``). YASA keeps one stage per
30 s, as integers or names.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import mne
import numpy as np
import pandas as pd
from mne.utils import logger

from .hypnogram.document import Document, read_document
from .hypnogram.formats import read_scoring
from .hypnogram.formats.columns import is_time
from .hypnogram.times import seconds_of_day
from .utils.annotations import FIRST_TIME
from .utils.errors import RecordingError
from .utils.fif_ids import remove_machine
from .utils.files import partial_file
from .utils.text import printable, table_cell

if TYPE_CHECKING:
    from .utils.types import PathLike

__all__ = ["read_annotation_file", "write_annotations"]

WRITERS = ("csv", "fif", "edf", "xml", "annot")
_EDF_YEARS = (1985, 2084)  # its header has two digits
_OWN_COLUMNS = "onset,duration,description"
_READ = (".annot", ".xml", ".csv", ".txt", ".fif", ".edf", ".bdf")
_CH_NAMES = "ch_names"  # column of channels in a table, joined by colons, as MNE has it
_COLON = "{COLON}"  # and how MNE writes a colon in a name


def read_annotation_file(path: PathLike, *, start: datetime | None = None) -> mne.Annotations:
    """Read annotations that this package, Luna, EDFbrowser or MNE wrote.

    Parameters
    ----------
    path : path-like
        ``.annot`` (Luna), ``.xml`` (EDFbrowser's ``annotationlist``), ``.csv`` or ``.txt`` with
        the columns Onset, Duration, Annotation (EDFbrowser), ``-annot.fif`` (MNE), or ``.edf`` or
        ``.bdf`` (EDF+, BDF+).
    start : datetime | None
        When the recording starts: needed for times of the clock without a date.

    Returns
    -------
    annotations : instance of Annotations
        The annotations. Their ``orig_time`` is set where the file holds dates; otherwise onsets
        count from the start of the recording.

    Raises
    ------
    RecordingError
        If the file is none of these, or holds times of the clock and `start` is None.

    See Also
    --------
    write_annotations : Write such files.
    mne_arousal.hypnogram.read_hypnogram : Read stages from these and other files.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mne_arousal.annotation_files import read_annotation_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "night.annot"
    ...     _ = path.write_text("N2 . . 0 30 .\\narousal . . 12.5 17.0 .\\n")
    ...     annotations = read_annotation_file(path)
    >>> float(annotations.duration[1])
    4.5
    """
    path = Path(path)
    if path.suffix.lower() not in _READ:
        raise RecordingError(f"{path.name}: annotations are read from {', '.join(_READ)} files.")
    document = read_document(path, "annotation")
    scoring = read_scoring(document, lambda label: bool(label) and not is_time(label), start)
    if scoring.onset is None or scoring.duration is None:
        raise RecordingError(
            "can't be read as annotations (they have no onsets). Check that it is whole, and of "
            "the format that its name says.",
            path.name,
        )
    onset = scoring.onset
    if scoring.clock is not None:
        if start is None:
            raise RecordingError(
                "holds times of the clock, and when the recording starts is unknown: pass start=.",
                path.name,
            )
        onset = onset + (scoring.clock - seconds_of_day(start)) % 86400.0
    names, extras = _more(document, len(onset))
    return mne.Annotations(
        onset,
        np.nan_to_num(scoring.duration),
        scoring.labels,
        orig_time=scoring.starts[0] if scoring.starts else None,
        ch_names=names,
        extras=extras,
    )


def _more(document: Document, n: int) -> tuple[list, list]:
    """Channels and extras that `write_annotations` put into a file; none where they fit not."""
    if document.suffix == ".fif":
        read = mne.read_annotations(document.path)
        return [list(names) for names in read.ch_names], [dict(extra) for extra in read.extras]
    if document.suffix in (".edf", ".bdf"):
        return [()] * n, [{}] * n
    lines = document.lines
    found: list[tuple] = []
    if document.suffix == ".annot":
        rows = [line.split("\t") for line in lines if line.count("\t") == 5]
        found = [_meta(row) for row in rows if row[0] != "class" and not row[0].startswith("#")]
    elif document.suffix == ".csv" and lines and lines[0].startswith(_OWN_COLUMNS):
        found = [_of_row(row) for row in csv.DictReader(lines)]
    if len(found) != n:
        return [()] * n, [{}] * n
    return [list(names) for names, _ in found], [extras for _, extras in found]


def _meta(row: list[str]) -> tuple[tuple[str, ...], dict]:
    names = () if row[2] == "." else tuple(row[2].split(","))
    pairs = [part.partition("=") for part in row[5].split(";") if "=" in part]
    return names, {key: _value(value) for key, _, value in pairs}


def _of_row(row: dict) -> tuple[list[str], dict]:
    joined = row.get(_CH_NAMES) or ""
    names = [part.replace(_COLON, ":") for part in joined.split(":") if part]
    known = (*_OWN_COLUMNS.split(","), _CH_NAMES)
    return names, {k: _value(v) for k, v in row.items() if k and v and k not in known}


def _value(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def write_annotations(
    annotations: mne.Annotations, path: PathLike, *, start: datetime | None = None
) -> Path:
    """Write annotations for another program.

    Parameters
    ----------
    annotations : instance of Annotations
        What to write, such as what :func:`mne_arousal.annotate_arousals` returns.
    path : path-like
        The ending tells the format: ``.csv`` (columns onset, duration, description, ch_names
        where there are any, and the ``extras``), ``.fif`` (``-annot.fif``, MNE), ``.edf`` (EDF+
        without signals, needs edfio), ``.xml`` (EDFbrowser), ``.annot`` (Luna). A file that is
        there is replaced.
    start : datetime | None
        When the recording starts, that is its first sample. None takes the ``orig_time`` of
        the annotations, which is right unless the recording was cropped. EDFbrowser's XML needs
        one of the two, since it holds dates.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    RecordingError
        If the ending is unknown, a date is missing, or the file can't be written.

    See Also
    --------
    read_annotation_file : Read such files.

    Notes
    -----
    EDF+ and EDFbrowser's XML hold the date of the recording, and so does FIF where the annotations
    have an ``orig_time``; ``night.without_date().annotations`` have none. In ``.csv`` a text that
    a spreadsheet would run as a formula gets an apostrophe in front, and backslashes and control
    characters are written as Python writes them.

    ``score`` and the interval of the onset (``extras``) are kept in ``.csv``, ``.fif`` and, as
    meta-data, in ``.annot``; EDF+ and EDFbrowser's XML have no place for them.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import mne
    >>> from mne_arousal.annotation_files import write_annotations
    >>> annotations = mne.Annotations([12.5], [4.5], ["arousal"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_annotations(annotations, Path(folder) / "night.annot")
    ...     path.read_text().splitlines()[-1].split()
    ['arousal', '.', '.', '12.5000', '17.0000', '.']
    """
    path = Path(path)
    kind = path.suffix.lower().lstrip(".")
    if kind not in WRITERS:
        raise RecordingError(f"{path.name}: annotations are written as {', '.join(WRITERS)}.")
    origin = annotations.orig_time
    shift = (start - origin).total_seconds() if start is not None and origin is not None else 0.0
    onset = np.asarray(annotations.onset, dtype=float) - shift
    begin = start if start is not None else origin
    with partial_file(path) as partial:
        if kind == "fif":
            annotations.save(partial, overwrite=True, verbose="error")
            remove_machine(partial)
        elif kind == "edf":
            _write_edf(partial, onset, annotations, begin)
        else:
            writer = {"csv": _csv_text, "xml": _xml_text, "annot": _luna_text}[kind]
            partial.write_text(writer(onset, annotations, begin), encoding="utf-8", newline="\n")
    return path


def _rows(onset, annotations):
    extras = [
        # intervals are on the clock of the onsets, and move with them
        {
            key: _moved(key, value, new - old)
            for key, value in dict(more).items()
            if key != FIRST_TIME  # onsets count from the first sample in these files
        }
        for more, new, old in zip(annotations.extras, onset, annotations.onset, strict=True)
    ]
    return zip(
        onset,
        np.asarray(annotations.duration, dtype=float),
        annotations.description,
        annotations.ch_names,
        extras,
        strict=True,
    )


def _moved(key: str, value, by: float):
    return round(value + by, 4) if key.endswith(("_low", "_high")) and by else value


def _csv_text(onset, annotations, begin) -> str:
    table = pd.DataFrame(
        [
            {
                "onset": o,
                "duration": d,
                "description": table_cell(text),
                _CH_NAMES: table_cell(":".join(name.replace(":", _COLON) for name in names)),
                **_cells(extras),
            }
            for o, d, text, names, extras in _rows(onset, annotations)
        ],
        columns=None if len(onset) else _OWN_COLUMNS.split(","),
    )
    if len(onset) and not table[_CH_NAMES].any():
        table = table.drop(columns=_CH_NAMES)
    return table.to_csv(index=False, float_format="%.4f", lineterminator="\n")


def _cells(extras: dict) -> dict:
    return {key: table_cell(v) if isinstance(v, str) else v for key, v in extras.items()}


def _luna_text(onset, annotations, begin) -> str:
    lines = ["class\tinstance\tchannel\tstart\tstop\tmeta"]
    for o, duration, text, names, extras in _rows(onset, annotations):
        channels = ",".join(re.sub(r"\s", "_", name) for name in names) or "."
        meta = ";".join(f"{key}={value}" for key, value in extras.items()) or "."
        name = re.sub(r"\s+", "_", str(text))
        lines.append(f"{name}\t.\t{channels}\t{o:.4f}\t{o + duration:.4f}\t{meta}")
    return "\n".join(lines) + "\n"


def _xml_text(onset, annotations, begin) -> str:
    if begin is None:
        raise RecordingError(
            "EDFbrowser's XML holds dates, and the recording has none: pass start=, or write "
            "another format."
        )
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<annotationlist>"]
    for o, duration, text, _, _ in _rows(onset, annotations):
        date = (begin + timedelta(seconds=round(float(o), 6))).replace(tzinfo=None)
        lines += [
            " <annotation>",
            f"  <onset>{date.isoformat(timespec='microseconds')}</onset>",
            f"  <duration>{duration:.6f}</duration>",
            f"  <description>{escape(printable(text))}</description>",
            " </annotation>",
        ]
    return "\n".join([*lines, "</annotationlist>"]) + "\n"


def _write_edf(path, onset, annotations, begin) -> None:
    try:
        import edfio
    except ImportError as error:
        raise RecordingError("Writing EDF+ needs edfio: pip install 'mne-arousal[edf]'.") from error
    marks = [
        edfio.EdfAnnotation(float(o), float(duration), str(text))
        for o, duration, text, _, _ in _rows(onset, annotations)
    ]
    if not marks:  # a file with neither signals nor annotations is none; EDF+ has this text
        marks = [edfio.EdfAnnotation(0.0, None, "Recording starts")]
    when = {} if begin is None else {"starttime": begin.time().replace(tzinfo=None)}
    if begin is not None and _EDF_YEARS[0] <= begin.year <= _EDF_YEARS[1]:
        when["recording"] = edfio.Recording(startdate=begin.date())
    elif begin is not None:
        logger.info(f"{path.name}: EDF+ has no dates of {begin.year}; the time of the day is kept.")
    edfio.Edf([], annotations=marks, **when).write(path)
