"""MNE's ``-annot.fif``."""

from __future__ import annotations

import warnings

import mne
import numpy as np

from ...utils.errors import RecordingError
from ...utils.fif_tags import check_tags
from ...utils.privacy import reader_words, silent_readers
from ..document import Document
from ..scoring import LONGEST, Scoring
from ..times import DAY

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
    annotations = read_fif_annotations(document)
    start = annotations.orig_time
    return Scoring(
        [str(text) for text in annotations.description],
        np.array(annotations.onset, dtype=float),
        np.array(annotations.duration, dtype=float),
        starts=() if start is None else (start,),
    )


def read_fif_annotations(document: Document) -> mne.Annotations:
    """Read a ``-annot.fif`` that may be damaged.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    annotations : mne.Annotations
        What MNE read.

    Raises
    ------
    RecordingError
        If MNE can't read it.
    """
    try:
        check_tags(document.path)
        with warnings.catch_warnings(), silent_readers():
            warnings.simplefilter("ignore")  # the error below says it
            annotations = mne.read_annotations(document.path)
            if not (np.abs(annotations.onset) <= LONGEST + DAY).all():
                raise ValueError("a time is out of bounds")
            return annotations
    except Exception as error:  # MNE's readers meet a damaged file with any class of error
        raise RecordingError(
            "Not a hypnogram: give a file of annotations that MNE reads (EDF+, -annot.fif), a "
            f"table or a list of stages. The reader said: {reader_words(error)}.",
            document.name,
        ) from error
