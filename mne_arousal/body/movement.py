"""Movement of the whole body."""

from __future__ import annotations

import numpy as np

from .grid import Grid

_FLOOR = 1e-18  # V², far under the noise of any amplifier
_TURN = 5.0  # s in which a change of position is shown


def broadband_power(signal: np.ndarray, grid: Grid) -> np.ndarray:
    """Power of slow and fast activity alike, in each window.

    Movement raises both; a slow wave raises one and a muscle the other.

    Parameters
    ----------
    signal : array, shape (n_samples,)
        EEG, EOG or EMG, V; NaN in gaps.
    grid : Grid
        Windows.

    Returns
    -------
    power : array, shape (n_windows,)
        Mean of the natural logarithms of the variance and of that of the steps from sample to
        sample, V².
    """
    mean = grid.means(signal)
    power = grid.means(signal**2) - mean**2
    steps = grid.means(np.diff(signal, prepend=signal[:1]) ** 2)
    return (np.log(np.maximum(power, _FLOOR)) + np.log(np.maximum(steps, _FLOOR))) / 2


def position_change(signal: np.ndarray, grid: Grid) -> np.ndarray:
    """Whether the body turned within the last seconds.

    Parameters
    ----------
    signal : array, shape (n_samples,)
        Code or angle of the body's position, any unit.
    grid : Grid
        Windows.

    Returns
    -------
    change : array, shape (n_windows,)
        1 where the position of a window differs from that of a window up to 5 s earlier, else 0;
        NaN in gaps.
    """
    values = grid.means(signal)
    highest, lowest = grid.highest(values, _TURN), -grid.highest(-values, _TURN)
    known = values[np.isfinite(values)]
    # a code changes by whole steps, an angle by much of its range
    least = 0.1 * np.ptp(known) if len(known) else 0.0
    change = (highest - lowest > max(least, 1e-12)).astype(float)
    return np.where(np.isfinite(values), change, np.nan)
