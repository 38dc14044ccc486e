"""Onsets of annotations on the clock of their recording."""

from __future__ import annotations

import mne
import numpy as np

#: Key of ``extras`` that says how far the first sample of the recording lies behind the time that
#: onsets count from, s. MNE counts from the start of the whole recording where one was cropped.
FIRST_TIME = "first_time"


def recording_onsets(annotations: mne.Annotations) -> np.ndarray:
    """Return onsets counted from the first sample of the recording.

    Parameters
    ----------
    annotations : instance of Annotations
        As ``annotate_arousals`` or ``add_arousals`` made them.

    Returns
    -------
    onsets : array, shape (n_annotations,)
        Times, s.
    """
    before = [float(dict(extra or {}).get(FIRST_TIME, 0.0)) for extra in annotations.extras]
    return np.asarray(annotations.onset, dtype=float) - np.array(before, dtype=float)
