"""Elan's ``.hyp``: one number an epoch after a header.

Format: as Elan writes it and visbrain/io/rw_hypno.py does (``time_base`` is the length of an epoch
in s, ``epoch_list`` precedes the numbers, 5 is REM sleep).
"""

from __future__ import annotations

from ...utils.errors import RecordingError
from ..document import Document
from ..scoring import Scoring
from ..times import parse_number


def matches(document: Document) -> bool:
    """Tell whether it is Elan's."""
    return document.suffix == ".hyp" or document.data[:9] == b"time_base"


def read(document: Document) -> Scoring:
    """Read one stage an epoch.

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
        If there is no list of epochs in it.
    """
    lines = [line.strip() for line in document.lines]
    if "epoch_list" not in lines:
        raise RecordingError("Not a hypnogram of Elan: it has no line epoch_list.", document.name)
    at = lines.index("epoch_list")
    header = dict(line.split(maxsplit=1) for line in lines[:at] if len(line.split()) > 1)
    length = parse_number(header.get("time_base", ""))
    return Scoring(lines[at + 1 :], epoch_length=length, only_stages=True, rem_code=5)
