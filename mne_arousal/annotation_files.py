"""Files of annotations that other programs write and read: Luna, EDFbrowser, YASA.

The formats, from their own documentation and source: Luna's ``.annot`` has one interval a line,
class, instance, channel, start, stop and meta; its ``.eannot`` one label an epoch. EDFbrowser
exports XML (``annotationlist``) and CSV (``Onset,Duration,Annotation``). YASA keeps one stage per
30 s, as integers or names.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import mne
import numpy as np
import pandas as pd

from .utils.errors import RecordingError
from .utils.fif_ids import remove_machine
from .utils.files import partial_file
from .utils.text import printable, table_cell

if TYPE_CHECKING:
    from .utils.types import PathLike

__all__ = ["read_annotation_file", "write_annotations"]

WRITERS = ("csv", "fif", "edf", "xml", "annot")
_ANNOT_COLUMNS = {
    6: ("class", "instance", "channel", "start", "stop", "meta"),
    4: ("class", "instance", "start", "stop"),
    3: ("class", "start", "stop"),
}
_CLOCK = re.compile(r"^(\d{1,2})[:.](\d{2})[:.](\d{2}(?:\.\d+)?)$")
_EPOCH = re.compile(r"^e:(\d+)(?::([\d.]+))?(?::([\d.]+))?$")


def read_annotation_file(path: PathLike, *, start: datetime | None = None) -> mne.Annotations:
    """Read annotations that Luna or EDFbrowser wrote.

    Parameters
    ----------
    path : path-like
        ``.annot`` (Luna), ``.xml`` (EDFbrowser's ``annotationlist``), or ``.csv`` or ``.txt`` with
        the columns Onset, Duration, Annotation (EDFbrowser).
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
    readers = {".annot": _read_luna, ".xml": _read_xml, ".csv": _read_table, ".txt": _read_table}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RecordingError(f"{path.name}: annotations are read from {', '.join(readers)} files.")
    try:
        rows, origin = reader(path, start)
    except (ElementTree.ParseError, UnicodeDecodeError, KeyError, ValueError) as error:
        raise RecordingError(
            f"can't be read as annotations ({error}). Check that it is whole, and of the format "
            "that its name says.",
            path.name,
        ) from error
    onset, duration, description = zip(*rows, strict=True) if rows else ((), (), ())
    return mne.Annotations(onset, duration, description, orig_time=origin)


def _read_luna(path, start):
    lines = [
        re.split(r"\t" if "\t" in line else r"\s+", line.strip("\n"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    if lines and lines[0][0] == "class":
        lines = lines[1:]
    rows = []
    for cells in lines:
        columns = _ANNOT_COLUMNS.get(len(cells))
        if columns is None:
            raise ValueError(f"a line has {len(cells)} columns, not 3, 4 or 6: {cells}")
        row = dict(zip(columns, cells, strict=True))
        begin, end = _luna_interval(row["start"], row["stop"], start)
        rows.append([begin, end, row["class"]])
    for row, following in zip_longest(rows, rows[1:]):
        if row[1] is None:  # "...": up to the next
            row[1] = row[0] if following is None else following[0]
    return [(begin, end - begin, text) for begin, end, text in rows], None


def _luna_interval(first: str, last: str, start) -> tuple[float, float | None]:
    found = _EPOCH.match(first)
    if found:
        begin, end = _epoch_span(found)
        stop = _EPOCH.match(last)
        return begin, _epoch_span(stop)[1] if stop else end
    begin = _seconds(first, start)
    if last == "...":
        return begin, None
    if last == ".":
        return begin, begin
    if last.startswith("+"):
        return begin, begin + float(last[1:])
    end = _seconds(last, start)
    # an interval over midnight ends earlier by the clock than it begins
    return begin, end if end >= begin else end + 86400


def _epoch_span(found) -> tuple[float, float]:
    number, length, step = found.groups()
    length = float(length or 30)
    begin = (int(number) - 1) * float(step or length)
    return begin, begin + length


def _seconds(text: str, start) -> float:
    """Seconds from the start of the recording: a number, ``0+h:m:s``, or a time of the clock."""
    text = text.strip().replace(",", ".")
    elapsed = text.startswith("0+")
    found = _CLOCK.match(text[2:] if elapsed else text)
    if not found:
        return float(text)
    hours, minutes, seconds = found.groups()
    time = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if elapsed:
        return time
    if start is None:
        raise ValueError(f"{text} is a time of the clock, and when the recording starts is unknown")
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return (time - (start - midnight).total_seconds()) % 86400


def _read_xml(path, start):
    content = path.read_bytes()
    if b"<!ENTITY" in content:  # entities that stand for each other can fill any memory
        raise ValueError("it declares entities")
    root = ElementTree.fromstring(content)
    if root.tag != "annotationlist":
        raise ValueError(f"its root is {root.tag!r}, not EDFbrowser's 'annotationlist'")
    table = [
        (
            node.findtext("onset", "").strip(),
            float(node.findtext("duration", "").strip() or 0),
            node.findtext("description", ""),
        )
        for node in root.iter("annotation")
    ]
    return _dated(table, start)


def _read_table(path, start):
    table = pd.read_csv(path, sep=None, engine="python", dtype=str, keep_default_na=False)
    table.columns = [str(name).strip().lower() for name in table.columns]
    durations = table["duration"] if "duration" in table else [""] * len(table)
    rows = zip(table["onset"], durations, table["annotation"], strict=True)
    return _dated([(onset, float(length or 0), text) for onset, length, text in rows], start)


def _dated(table, start):
    """Turn onsets that may be dates into seconds and the date that they count from."""
    if not table or "T" not in table[0][0]:
        return [(_seconds(onset, start), length, text) for onset, length, text in table], None
    dates = [_date(onset) for onset, _, _ in table]
    return [
        ((date - dates[0]).total_seconds(), length, text)
        for date, (_, length, text) in zip(dates, table, strict=True)
    ], dates[0]


def _date(text: str) -> datetime:
    date = datetime.fromisoformat(text.rstrip("Z"))
    return date if date.tzinfo else date.replace(tzinfo=UTC)  # MNE's dates of EDF files are UTC


def read_epoch_labels(path) -> list[str] | None:
    """Read one stage an epoch from a text file, or return None where it is no such file.

    Parameters
    ----------
    path : Path
        ``.eannot`` (Luna), ``.txt`` or ``.csv`` (YASA: one integer or name a line, or a table
        with a column of stages).

    Returns
    -------
    labels : list of str | None
        As they stand in the file.
    """
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if path.suffix.lower() == ".csv" and lines:
        names = [name.strip().lower() for name in lines[0].split(",")]
        column = next((n for n in ("stage", "hypno", "hypnogram") if n in names), None)
        if column is not None and "onset" not in names:
            cells = [line.split(",") for line in lines[1:]]
            return [row[names.index(column)].strip() for row in cells]
    if any(re.search(r"[,;\t]", line) for line in lines):
        return None
    if lines and lines[0].lower() in ("stage", "stages", "hypno", "hypnogram"):
        lines = lines[1:]
    return lines or None


def write_annotations(
    annotations: mne.Annotations, path: PathLike, *, start: datetime | None = None
) -> Path:
    """Write annotations for another program.

    Parameters
    ----------
    annotations : instance of Annotations
        What to write, such as what :func:`mne_arousal.annotate_arousals` returns.
    path : path-like
        The ending tells the format: ``.csv`` (columns onset, duration, description, and the
        ``extras``), ``.fif`` (``-annot.fif``, MNE), ``.edf`` (EDF+ without signals, needs edfio),
        ``.xml`` (EDFbrowser), ``.annot`` (Luna). A file that is there is replaced.
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
        {key: _moved(key, value, new - old) for key, value in dict(more).items()}
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
            {"onset": o, "duration": d, "description": table_cell(text), **_cells(extras)}
            for o, d, text, _, extras in _rows(onset, annotations)
        ],
        columns=None if len(onset) else ["onset", "duration", "description"],
    )
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
    if begin is not None:
        when["recording"] = edfio.Recording(startdate=begin.date())
    edfio.Edf([], annotations=marks, **when).write(path)
