"""Annotations of the PhysioNet/CinC Challenge 2018: ``RECORD.arousal``, in WFDB's MIT format.

Formats: "annot(5)" of the WFDB Applications Guide (words of 16 bits, little-endian: 6 bits of type,
10 bits of time since the annotation before), and the Challenge's page
(https://physionet.org/content/challenge-2018/1.0.0/): each annotation's text is a stage at its
start (``W``, ``N1``, ``N2``, ``N3``, ``R``), or the start, ``(arousal_rera``, or the end,
``arousal_rera)``, of an event. Its sampling rate stands in the header beside it.
"""

from __future__ import annotations

import re

import numpy as np

from ...utils.errors import RecordingError
from ..document import Document
from ..names import stage_code
from ..scoring import Scoring

SAMPLING_RATE = 200.0  # Hz; the Challenge's page: all signals have it
_SKIP, _NUMBER, _SUBTYPE, _CHANNEL, _TEXT = 59, 60, 61, 62, 63
_RESOLUTION = re.compile(r"## time resolution: (\d+(?:\.\d+)?)")


def matches(document: Document) -> bool:
    """Tell whether it is a file of the Challenge."""
    return document.suffix == ".arousal"


def read(document: Document) -> Scoring:
    """Read stages and events.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    scoring : Scoring
        Stages, which last until the next one, and events, whose duration is NaN where their end is
        not marked.

    Raises
    ------
    RecordingError
        If it ends within an annotation.
    """
    marks = _annotations(document)
    rate, n_samples = _header(document)
    for _, text in marks:
        found = _RESOLUTION.match(text)
        rate = float(found[1]) if found else rate
    if not 0 < rate < np.inf:
        raise RecordingError(
            f"has a sampling rate of {rate} Hz. Get its header again.", document.name
        )
    timed = [(sample / rate, text) for sample, text in marks if not text.startswith("##")]
    rows = _stages(timed, n_samples / rate) + _events(timed)
    rows.sort(key=lambda row: row[0])
    times = np.array([row[:2] for row in rows], dtype=float).reshape(-1, 2)
    return Scoring([row[2] for row in rows], times[:, 0], times[:, 1])


def _annotations(document: Document) -> list[tuple[int, str]]:
    """Samples and texts, in the order of the file."""
    data = bytes(document.data)
    marks: list[tuple[int, str]] = []
    sample, at = 0, 0
    while at + 2 <= len(data):
        word = int.from_bytes(data[at : at + 2], "little")
        kind, value = word >> 10, word & 0x3FF
        at += 2
        if word == 0:
            return marks
        if kind == _SKIP:  # a long interval: 32 bits, the high word first
            high, low = (data[at : at + 2], data[at + 2 : at + 4])
            step = int.from_bytes(high, "little") << 16 | int.from_bytes(low, "little")
            sample += step - (1 << 32) if step >> 31 else step
            at += 4
        elif kind == _TEXT:  # its length is padded to an even number
            text = data[at : at + value].split(b"\0")[0].decode("latin-1").strip()
            if marks:
                marks[-1] = (marks[-1][0], text)
            at += value + value % 2
        elif kind not in (_NUMBER, _SUBTYPE, _CHANNEL):
            sample += value
            marks.append((sample, ""))
    raise RecordingError(
        "is no whole file of annotations in WFDB's format: its end mark is missing. Get it again.",
        document.name,
    )


def _header(document: Document) -> tuple[float, float]:
    """Sampling rate, Hz, and number of samples (NaN where unknown), from ``RECORD.hea``."""
    try:
        header = document.path.with_suffix(".hea")
        if not header.is_file():  # a pipe would be waited for
            return SAMPLING_RATE, np.nan
        with header.open("rb") as file:
            words = file.readline(1000).decode("latin-1").split()
        rate = float(re.split(r"[/(]", words[2])[0])
        return rate, float(words[3]) if len(words) > 3 else np.nan
    except (OSError, ValueError, IndexError):
        return SAMPLING_RATE, np.nan


def _stages(marks, end: float) -> list[tuple[float, float, str]]:
    stages = [(time, text) for time, text in marks if text == "?" or stage_code(text) is not None]
    ends = [*(time for time, _ in stages[1:]), end][: len(stages)]
    return [
        (time, stop - time if stop > time else np.nan, text)
        for (time, text), stop in zip(stages, ends, strict=True)
    ]


def _events(marks) -> list[tuple[float, float, str]]:
    rows: list[tuple[float, float, str]] = []
    open_at: dict[str, list[int]] = {}
    for time, text in marks:
        if text.startswith("("):
            open_at.setdefault(text[1:], []).append(len(rows))
            rows.append((time, np.nan, text[1:]))
        elif text.endswith(")") and open_at.get(text[:-1]):
            index = open_at[text[:-1]].pop()
            onset = rows[index][0]
            rows[index] = (onset, time - onset, text[:-1])
    return rows
