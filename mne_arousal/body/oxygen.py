"""Oxygen saturation and its dips."""

from __future__ import annotations

import numpy as np

from ..recording.body_channels import rescale_trace
from ..recording.validity import PLAUSIBLE, plausible
from .grid import Grid

LOWEST, HIGHEST = PLAUSIBLE["oxygen_saturation"]  # %
_BEFORE = 120.0  # s in which the saturation that a dip starts from is looked for


def saturation(signal: np.ndarray, grid: Grid) -> np.ndarray:
    """Oxygen saturation in each window.

    Parameters
    ----------
    signal : array, shape (n_samples,)
        SpO2 in percent; also a share from 0 to 1, or millionths, which a unit of µV leaves.
    grid : Grid
        Windows.

    Returns
    -------
    saturation : array, shape (n_windows,)
        Percent; NaN where a window holds under 50 % or over 100 %.
    """
    signal = rescale_trace(signal)
    known = signal[np.isfinite(signal) & (signal > 0)]
    if len(known) and np.percentile(known[:: max(len(known) // 10_000, 1)], 90) <= 1.5:
        signal = 100 * signal
    believed = plausible(signal, "oxygen_saturation")
    return grid.means(np.where(believed, np.minimum(signal, HIGHEST), np.nan))


def saturation_dip(values: np.ndarray, grid: Grid) -> np.ndarray:
    """Fall from the highest saturation of the last two minutes.

    Parameters
    ----------
    values : array, shape (n_windows,)
        Of `saturation`.
    grid : Grid
        Windows.

    Returns
    -------
    dip : array, shape (n_windows,)
        Percent points, not negative. Blood reaches the finger 10 to 30 s late.
    """
    return grid.highest(values, _BEFORE) - values
