"""Activity of chin and legs."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

from .grid import Grid, fill_gaps

_HIGHPASS = 10.0  # Hz, as the AASM manual filters EMG
_FLOOR = 1e-16  # V², far under the noise of any amplifier


def muscle_activity(signal: np.ndarray, grid: Grid, *, envelope: bool = False) -> np.ndarray:
    """Power of an EMG in each window.

    Parameters
    ----------
    signal : array, shape (n_samples,)
        EMG, V; NaN in gaps.
    grid : Grid
        Windows.
    envelope : bool
        Whether it was rectified and smoothed by the recorder.

    Returns
    -------
    activity : array, shape (n_windows,)
        Natural logarithm of the mean square above 10 Hz, or of an envelope's square, V².
    """
    if envelope or grid.sfreq < 2.5 * _HIGHPASS:
        return np.log(np.maximum(grid.means(signal) ** 2, _FLOOR))
    filled, gaps = fill_gaps(signal)
    fast = sosfilt(butter(2, _HIGHPASS, "highpass", fs=grid.sfreq, output="sos"), filled)
    fast[: max(round(grid.sfreq / _HIGHPASS), 1)] = 0.0  # the filter's start, not the muscle's
    power = fast**2
    power[gaps] = np.nan
    return np.log(np.maximum(grid.means(power), _FLOOR))
