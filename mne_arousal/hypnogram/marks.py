"""Arousals that somebody marked, from the same files as stages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import mne
import numpy as np
import pandas as pd

from ..utils.errors import RecordingError
from .alignment import apart
from .document import read_document
from .formats import read_scoring
from .names import is_arousal
from .scoring import Scoring, check_bounds
from .times import DAY, seconds_of_day

if TYPE_CHECKING:
    from ..utils.types import PathLike


def read_arousals(
    source: PathLike | mne.Annotations, *, start: datetime | None = None
) -> pd.DataFrame:
    """Read arousals that somebody marked.

    Parameters
    ----------
    source : path-like | instance of Annotations
        A file of one of the formats that :func:`read_hypnogram` reads, ``-arousal.mat`` of the
        PhysioNet/CinC Challenge 2018 (needs h5py), events that DREAMS holds as marked by eye, or
        annotations.
    start : datetime | None
        When the first sample of the recording is. Onsets are moved to its clock where the file
        has a date or times of the day. None: onsets count from the start of the file.

    Returns
    -------
    arousals : DataFrame
        In order of time: ``onset`` (s), ``duration`` (s; NaN where the file has none) and
        ``kind``, the label as it stands in the file. No row where the file has no arousals.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    RecordingError
        If it can't be read.

    See Also
    --------
    read_hypnogram : Read stages.

    Examples
    --------
    >>> import mne
    >>> from mne_arousal.hypnogram import read_arousals
    >>> marks = mne.Annotations([0, 12.5], [30, 4], ["Sleep stage 2", "EEG arousal"])
    >>> read_arousals(marks)
       onset  duration         kind
    0   12.5       4.0  EEG arousal
    """
    if isinstance(source, mne.Annotations):
        name = "the annotations"
        origin = source.orig_time
        scoring = Scoring(
            [str(text) for text in source.description],
            np.array(source.onset, dtype=float),
            np.array(source.duration, dtype=float),
            starts=() if origin is None else (origin,),
        )
        scoring = check_bounds(scoring, name)
    else:
        document = read_document(source, "annotation")
        name = document.name
        scoring = read_scoring(document, is_arousal, start)
    rows = np.array([is_arousal(label) for label in scoring.labels], dtype=bool)
    if scoring.onset is None:
        if rows.any():
            raise RecordingError("names arousals but not when they are.", name)
        return pd.DataFrame({"onset": [], "duration": [], "kind": []})
    shift = _shift(scoring, start, name)
    onset, duration = scoring.times
    duration = np.where(duration > 0, duration, np.nan)
    table = pd.DataFrame(
        {
            "onset": onset[rows] + shift,
            "duration": duration[rows],
            "kind": [label for label, is_it in zip(scoring.labels, rows, strict=True) if is_it],
        }
    )
    return table.sort_values("onset", kind="stable", ignore_index=True)


def _shift(scoring: Scoring, start: datetime | None, name: str) -> float:
    if start is None:
        return 0.0
    if scoring.starts:
        shift = min(((s - start).total_seconds() for s in scoring.starts), key=abs)
        if abs(shift) > DAY:
            raise RecordingError(
                "its marks are not of the recording: they start "
                f"{apart(scoring.starts[0], start)}. Check that both are of the same night.",
                name,
            )
        return shift
    if scoring.clock is not None:
        later = (scoring.clock - seconds_of_day(start)) % DAY
        return later - DAY if later > DAY / 2 else later
    return 0.0
