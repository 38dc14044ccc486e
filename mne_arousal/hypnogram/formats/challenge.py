"""Vectors of arousals of the PhysioNet/CinC Challenge 2018: ``RECORD-arousal.mat``.

Format: the Challenge's page (https://physionet.org/content/challenge-2018/1.0.0/) and its
score2018.py: a MATLAB file of version 7.3, which is HDF5, whose ``data/arousals`` has for each
sample at 200 Hz 1 in a target arousal, 0 where there is none, -1 where nothing is scored. A target
begins 2 s before an arousal and ends 2 s after it (10 s after one related to respiratory effort).
"""

from __future__ import annotations

import numpy as np

from ...utils.errors import RecordingError
from ...utils.privacy import reader_words
from ..document import Document
from ..scoring import Scoring
from .wfdb import SAMPLING_RATE

WIDENED = 2.0  # s, on each side
_ENDING = "-arousal.mat"
_LONGEST = int(7 * 86400 * SAMPLING_RATE)  # samples of a week


def matches(document: Document) -> bool:
    """Tell whether it is a file of the Challenge."""
    return document.path.name.lower().endswith(_ENDING)


def read(document: Document) -> Scoring:
    """Read the target arousals, without the 2 s that the Challenge put on each side.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    scoring : Scoring
        Arousals. Those related to respiratory effort end 8 s late, since the vector does not tell
        them apart; ``RECORD.arousal`` does.
    """
    inside = read_vector(document.path) == 1
    edges = np.flatnonzero(np.diff(np.r_[0, inside.astype(np.int8), 0])) / SAMPLING_RATE
    onset, stop = edges[::2] + WIDENED, edges[1::2] - WIDENED
    duration = np.where(stop > onset, stop - onset, np.nan)
    return Scoring(["arousal"] * len(onset), onset, duration)


def read_vector(path) -> np.ndarray:
    """Read the label of each sample at 200 Hz.

    Parameters
    ----------
    path : path-like
        ``RECORD-arousal.mat``.

    Returns
    -------
    labels : array of int, shape (n_samples,)
        1, 0 or -1.

    Raises
    ------
    RecordingError
        If h5py is not installed, or the file is something else.
    """
    name = getattr(path, "name", str(path))
    try:
        import h5py
    except ImportError as error:
        raise RecordingError(
            "is HDF5, which h5py reads: python -m pip install h5py. Or use the .arousal file.", name
        ) from error
    try:
        with h5py.File(path, "r") as file:
            vector = file["data/arousals"]
            if vector.size > _LONGEST:
                raise ValueError(f"{vector.size} samples")
            labels = np.ravel(vector[()]).astype(int)
    except Exception as error:  # HDF5 meets a damaged file with any class of error
        raise RecordingError(
            "holds no vector data/arousals as the Challenge of 2018 has it "
            f"({reader_words(error)}). Get it again.",
            name,
        ) from error
    if not np.isin(labels, (-1, 0, 1)).all():
        raise RecordingError("holds labels other than -1, 0 and 1. Check the file.", name)
    return labels
