"""`Scoring`: what a reader found in a file, before it is known which recording it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from ..utils.errors import RecordingError
from .names import shown

LONGEST = 7 * 86400.0  # s; a week: no hypnogram is longer, and a wrong number must fill no memory


@dataclass
class Scoring:
    """Labels of epochs or of intervals.

    Attributes
    ----------
    labels : list of str
        As they stand in the file.
    onset : array, shape (n_labels,) | None
        Start of each, s from `starts`; None for one label an epoch from the start on.
    duration : array, shape (n_labels,) | None
        Length of each, s; NaN where the file gives none.
    epoch_length : float | None
        Length of an epoch where the file says it, s.
    starts : tuple of datetime
        When onset 0 is. More than one where a date can be read in several ways, the likeliest
        first; empty where the file holds no date.
    clock : float | None
        Time of the day of onset 0, s, where no date is known.
    only_stages : bool
        Whether each label is a stage, so that bare digits are stages as well.
    rem_code : int | None
        The number of REM sleep where the format tells it.
    """

    labels: list[str]
    onset: np.ndarray | None = None
    duration: np.ndarray | None = None
    epoch_length: float | None = None
    starts: tuple[datetime, ...] = field(default=())
    clock: float | None = None
    only_stages: bool = False
    rem_code: int | None = None

    @property
    def times(self) -> tuple[np.ndarray, np.ndarray]:
        """Onsets and durations, s; for labels that have them."""
        if self.onset is None or self.duration is None:
            raise ValueError("a list of labels has no times")
        return self.onset, self.duration


def check_bounds(scoring: Scoring, name: str) -> Scoring:
    """Refuse what no recording of a week can hold.

    Parameters
    ----------
    scoring : Scoring
        What was read.
    name : str
        Name of the file.

    Returns
    -------
    scoring : Scoring
        The same.

    Raises
    ------
    RecordingError
        If a time is no number, or further from the start than a week.
    """
    limit = f"Times must be numbers within {LONGEST / 86400:g} days of the start. Check the file."
    length = scoring.epoch_length
    if length is not None and not 0 < length <= LONGEST:
        raise RecordingError(f"an epoch of {length:g} s is none. {limit}", name)
    if scoring.onset is None:
        n, length = len(scoring.labels), length or 1.0
        if n * length > LONGEST:
            raise RecordingError(f"{n} epochs of {length:g} s are too many. {limit}", name)
        return scoring
    onset = np.asarray(scoring.onset, dtype=float)
    duration = np.asarray(scoring.duration, dtype=float)
    bad = ~(np.abs(onset) <= LONGEST) | (np.abs(duration) > LONGEST) | (duration < 0)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise RecordingError(
            f"{shown(scoring.labels[at])} starts at {onset[at]:g} s and lasts {duration[at]:g} s. "
            f"{limit}",
            name,
        )
    scoring.onset, scoring.duration = onset, duration
    return scoring
