"""EDF+ and BDF+ annotations, and when their file starts.

Format: Kemp & Olivan 2003, "European data format 'plus' (EDF+)". MNE's reader of annotations drops
the start of the file, on which every onset depends, and refuses Latin-1.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np

from ...utils.errors import RecordingError
from ...utils.privacy import reader_words
from ..document import Document
from ..scoring import Scoring
from ..times import seconds_of_day

_TAL = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15(\d+(?:\.\d*)?))?\x14([^\x00]*?)\x14?\x00")
_FIELDS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)  # bytes of each signal's fields in the header
_MOST = 2_000_000  # annotations; a week has 604,800 s
_NO_DATE = datetime(1985, 1, 1, tzinfo=UTC)  # the first date of EDF, written where there is none


def matches(document: Document) -> bool:
    """Tell whether it is EDF or BDF."""
    head = document.data[:8]
    return document.suffix in (".edf", ".bdf") or head in (b"0       ", b"\xffBIOSEMI")


def read(document: Document) -> Scoring:
    """Read annotations.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    scoring : Scoring
        Annotations; `starts` is the start of the file.

    Raises
    ------
    RecordingError
        If it is no EDF+ or damaged.
    """
    try:
        blocks = _annotation_blocks(document.data)
    except (ValueError, IndexError) as error:
        raise RecordingError(
            "Not a hypnogram: give a file of annotations that MNE reads (EDF+, -annot.fif), a "
            f"table or a list of stages. Its header is no EDF+ header ({reader_words(error)}).",
            document.name,
        ) from error
    if sum(block.count(b"\x14") for block in blocks) > _MOST:
        raise RecordingError(f"has more than {_MOST} annotations.", document.name)
    rows = [
        (float(found[1]), float(found[2]) if found[2] else np.nan, _decode(text))
        for block in blocks
        for found in _TAL.finditer(block)
        for text in found[3].split(b"\x14")
        if text
    ]
    onset, duration, labels = zip(*rows, strict=True) if rows else ((), (), ())
    scoring = Scoring(list(labels), np.array(onset), np.array(duration))
    start = _start(document.data)
    unknown = start is not None and start.date() == _NO_DATE.date() and _has_no_date(document.data)
    if start is not None and start != _NO_DATE:
        if unknown:  # the day was taken out and the time of the day was kept
            scoring.clock = seconds_of_day(start)
        else:
            scoring.starts = (start,)
    return scoring


def _has_no_date(data) -> bool:
    return data[88:168].startswith(b"Startdate X ")


def _annotation_blocks(data) -> list[bytes]:
    if data[:8] not in (b"0       ", b"\xffBIOSEMI"):
        raise ValueError("its first bytes are others")
    n_signals = int(data[252:256])
    header_bytes = int(data[184:192])
    if n_signals < 1 or header_bytes != 256 * (n_signals + 1) or len(data) < header_bytes:
        raise ValueError(f"{n_signals} signals in {header_bytes} bytes")
    columns = {}
    at = 256
    for field, width in enumerate(_FIELDS):
        columns[field] = [data[at + i * width : at + (i + 1) * width] for i in range(n_signals)]
        at += n_signals * width
    width = 3 if data[:1] == b"\xff" else 2
    sizes = np.array([int(text) for text in columns[8]]) * width
    if (sizes < 0).any() or not sizes.sum():
        raise ValueError("a signal has no samples")
    edges = np.r_[0, np.cumsum(sizes)]
    wanted = [i for i, label in enumerate(columns[0]) if label.strip().endswith(b" Annotations")]
    record = int(edges[-1])
    return [
        data[begin + edges[i] : begin + edges[i + 1]] + b"\0"
        for begin in range(header_bytes, len(data), record)
        for i in wanted
    ]


def _start(data) -> datetime | None:
    found = re.fullmatch(
        r"(\d\d)\.(\d\d)\.(\d\d)(\d\d)[.:](\d\d)[.:](\d\d)", data[168:184].decode("latin-1")
    )
    if not found:
        return None
    day, month, year, hour, minute, second = map(int, found.groups())
    year += 1900 if year >= 85 else 2000
    exact = re.match(rb"Startdate \d\d-[A-Z]{3}-(\d{4}) ", data[88:168])
    if exact:  # the header's two digits end in 2084
        year = int(exact[1])
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
