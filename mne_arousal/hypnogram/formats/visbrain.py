"""Visbrain's hypnograms in text: where each stage ends.

Format: visbrain/io/rw_hypno.py. Lines that begin with ``*`` describe the recording; the others name
a stage and the second at which it ends. The other form of Visbrain, one number a sample, is a list
of numbers; a file beside it, ``NAME_description.txt``, says how long one lasts.
"""

from __future__ import annotations

import numpy as np

from ...utils.errors import RecordingError
from ..document import Document
from ..scoring import Scoring
from ..times import parse_number


def matches(document: Document) -> bool:
    """Tell whether it is of the form that says where stages end."""
    return document.data[:300].lstrip(b"\xef\xbb\xbf").startswith(b"*")


def read(document: Document) -> Scoring:
    """Read stages.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    scoring : Scoring
        Stages.

    Raises
    ------
    RecordingError
        If a line holds something else.
    """
    labels, ends = [], []
    for number, line in enumerate(document.lines, start=1):
        if line.lstrip().startswith("*"):
            continue
        cells = line.split()
        end = parse_number(cells[-1]) if len(cells) == 2 else None
        if end is None:
            raise RecordingError(
                f"line {number} is no stage with the second at which it ends, as "
                "Visbrain writes them.",
                document.name,
            )
        labels.append(cells[0])
        ends.append(end)
    edges = np.r_[0.0, ends]
    return Scoring(labels, edges[:-1], np.diff(edges), only_stages=True, rem_code=4)


def described_epoch_length(document: Document) -> float | None:
    """Read how long one number lasts from the file that Visbrain puts beside it.

    Parameters
    ----------
    document : Document
        The list of numbers.

    Returns
    -------
    epoch_length : float | None
        Length, s; None where there is no such file.
    """
    beside = document.path.with_name(f"{document.path.stem}_description.txt")
    try:
        if not beside.is_file():
            return None
        with beside.open("rb") as file:
            words = file.read(1000).decode("latin-1").split()
    except OSError:
        return None
    return parse_number(words[1]) if len(words) > 1 and words[0] == "time" else None
