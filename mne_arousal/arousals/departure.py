"""Departures: how far a window lies from the stable sleep before and around it."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from ..utils.missing import percentile_known
from ..utils.rolling import rolling_median

BASELINE = 60.0  # s; holds several breaths and spindles, and no arousal of 15 s moves its median
GUARD = 2.0  # s between baseline and window, so that a ramp is not compared with itself


def departure(
    values: np.ndarray, hop: float, window_length: float, stable: np.ndarray | None = None
) -> np.ndarray:
    """Mean of the departures from what came before and from what lies around.

    The first is blind to what follows; the second follows a change of stage from both sides.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features of one recording in time order; NaN where unknown.
    hop, window_length : float
        Time between windows and their length, s.
    stable : array of bool, shape (n_windows,) | None
        Windows that may serve as baseline, as in `trailing_departure`.

    Returns
    -------
    departure : array, shape (n_windows, n_features)
        In the unit of the features.
    """
    both = trailing_departure(values, hop, window_length, stable)
    both += centered_departure(values, hop, stable)
    both *= 0.5
    return both


def trailing_departure(
    values: np.ndarray,
    hop: float,
    window_length: float,
    stable: np.ndarray | None = None,
    *,
    baseline: float = BASELINE,
) -> np.ndarray:
    """Subtract the median of the stable seconds before each window.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features of one recording in time order; NaN where unknown.
    hop, window_length : float
        Time between windows and their length, s.
    stable : array of bool, shape (n_windows,) | None
        Windows that may serve as baseline: not wake, not arousals themselves. Where the last
        `baseline` seconds hold too few, five times as long is searched, then all windows serve.
    baseline : float
        Length of what is compared with, s.

    Returns
    -------
    departure : array, shape (n_windows, n_features)
        In the unit of the features; 0 where the baseline is not known (the first 10 s).
    """
    lag = max(round((GUARD + window_length) / hop), 1)
    step = max(round(1.0 / hop), 1)  # the baseline moves slowly: one median a second will do
    size = max(round(baseline / (hop * step)), 3)
    medians = _rolling_medians(values[::step], stable, step, size)
    at = (np.arange(len(values)) - lag) // step
    departure = medians[np.maximum(at, 0)]
    np.subtract(values, departure, out=departure)
    departure[at < 0] = 0.0
    return np.nan_to_num(departure, copy=False)


def centered_departure(
    values: np.ndarray,
    hop: float,
    stable: np.ndarray | None = None,
    *,
    baseline: float = BASELINE,
) -> np.ndarray:
    """Subtract the median of the stable seconds before and after each window.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features of one recording in time order; NaN where unknown.
    hop : float
        Time between windows, s.
    stable : array of bool, shape (n_windows,) | None
        Windows that may serve as baseline, as in `trailing_departure`.
    baseline : float
        Length of what is compared with on each side, s.

    Returns
    -------
    departure : array, shape (n_windows, n_features)
        In the unit of the features; 0 where the baseline is not known.
    """
    step = max(round(1.0 / hop), 1)
    size = 2 * round(baseline / (hop * step)) + 1
    medians = _rolling_medians(values[::step], stable, step, size, center=True)
    at = np.minimum(np.arange(len(values)) // step, len(medians) - 1)
    departure = medians[at]
    np.subtract(values, departure, out=departure)
    return np.nan_to_num(departure, copy=False)


def _rolling_medians(thinned, stable, step, size, *, center=False) -> np.ndarray:
    """Medians of the stable rows; of five times as many, then of all, where they are few."""
    fewest = max(size // (12 if center else 6), 2)
    if stable is None:
        return rolling_median(thinned, size, fewest, center=center)
    kept = np.where(stable[::step, np.newaxis], thinned, np.nan)
    medians = rolling_median(kept, size, fewest, center=center)
    for values, length in ((kept, 5 * size), (thinned, size)):
        lacking = ~np.isfinite(medians)
        columns = lacking.any(axis=0)
        if not columns.any():
            break
        # medians of a window don't depend on others: only where some are lacking
        reached = maximum_filter1d(lacking.any(axis=1), 2 * length + 1)
        for span in np.ma.flatnotmasked_contiguous(np.ma.masked_array(reached, ~reached)):
            more = rolling_median(values[span, columns], length, fewest, center=center)
            part = lacking[span, columns]
            medians[span, columns] = np.where(part, more, medians[span, columns])
    return medians


def lower_scale(values: np.ndarray, asleep: np.ndarray) -> np.ndarray:
    """Spread of the lower half, in sleep: what noise does, not what arousals add above it.

    Where arousals are dense they are part of any two-sided spread, and would hide themselves.

    Parameters
    ----------
    values : array, shape (n_windows,) or (n_windows, n_features)
        Departures.
    asleep : array of bool, shape (n_windows,)
        Windows to measure on.

    Returns
    -------
    scale : array, shape () or (n_features,)
        Distance from the median to the 16th percentile; at least a tiny positive number.
    """
    sample = values[asleep] if asleep.any() else values
    low, middle = percentile_known(sample, (15.87, 50))
    return np.maximum(np.nan_to_num(middle - low), 1e-9)
