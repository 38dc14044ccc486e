"""MNE's ``-annot.fif``."""

from __future__ import annotations

import struct
import warnings

import mne
import numpy as np

from ...utils.errors import RecordingError
from ..document import Document
from ..scoring import Scoring

_FILE_ID = b"\x00\x00\x00\x64"  # the kind of the first tag, FIFF_FILE_ID, big-endian


def matches(document: Document) -> bool:
    """Tell whether it is FIF."""
    return document.data[:4] == _FILE_ID or document.suffix == ".fif"


def read(document: Document) -> Scoring:
    """Read annotations.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    scoring : Scoring
        Annotations; `starts` is their ``orig_time``.

    Raises
    ------
    RecordingError
        If MNE can't read it.
    """
    try:
        _check_tags(bytes(document.data))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the error below says it
            annotations = mne.read_annotations(document.path)
    except Exception as error:  # MNE's readers meet a damaged file with any class of error
        raise RecordingError(
            "Not a hypnogram: give a file of annotations that MNE reads (EDF+, -annot.fif), a "
            f"table or a list of stages. The reader said: {str(error)[:200]}",
            document.name,
        ) from error
    start = annotations.orig_time
    return Scoring(
        [str(text) for text in annotations.description],
        np.array(annotations.onset, dtype=float),
        np.array(annotations.duration, dtype=float),
        starts=() if start is None else (start,),
    )


def _check_tags(data: bytes) -> None:
    """Follow the tags, which a damaged file may chain into a circle or out of the file."""
    at = 0
    while True:
        if at + 16 > len(data):
            raise ValueError("a tag lies outside of the file")
        _, _, size, following = struct.unpack(">4i", data[at : at + 16])
        if size < 0 or at + 16 + size > len(data):
            raise ValueError("a tag is longer than the file")
        if following < 0:
            return
        if following and following <= at:
            raise ValueError("its tags run in a circle")
        at = following or at + 16 + size
        if at >= len(data):
            return
