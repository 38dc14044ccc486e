"""Sleep period and wake: which epochs are worth staging, and which of them are no sleep.

Everything here works on arrays that are already cut into epochs of one recording.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_dilation, median_filter, uniform_filter1d

from ..utils.columns import Column, where
from ..utils.missing import mean_known

DEEP = 1.6 * np.log(10.0)  # 16 dB, natural logarithm of power


def otsu_threshold(values: np.ndarray) -> tuple[float, float]:
    """Split values in two groups so that their means lie farthest apart.

    Parameters
    ----------
    values : array, shape (n,)
        Values.

    Returns
    -------
    threshold : float
        Midway between the groups.
    separation : float
        Share of the variance that lies between the groups, 0 to 1: 0.64 for one Gaussian, near 1
        for two groups far apart.

    References
    ----------
    Otsu N. (1979). A threshold selection method from gray-level histograms. IEEE Transactions on
    Systems, Man, and Cybernetics 9(1), 62-66.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n = len(ordered)
    variance = ordered.var()
    if n < 2 or variance == 0:
        return float(ordered[-1]) if n else 0.0, 0.0
    below = np.arange(1, n)
    sums = np.cumsum(ordered)
    gap = sums[:-1] / below - (sums[-1] - sums[:-1]) / (n - below)
    between = below * (n - below) / n**2 * gap**2
    best = int(np.argmax(between))
    return float(ordered[best : best + 2].mean()), float(between[best] / variance)


def find_sleep_period(
    wakefulness: np.ndarray,
    *,
    epoch_length: float = 30.0,
    margin: float = 1800.0,
    min_wake: float = 3600.0,
    min_separation: float = 0.75,
) -> np.ndarray:
    """Tell the part of a recording that is worth staging from long wake around it.

    A recording of a day and a night holds more wake than sleep, which would take most of the
    clusters. Wakefulness averaged over minutes falls in two groups then. Only wake that goes on
    for an hour beyond the margin is left out; the wake of an ordinary night stays.

    Parameters
    ----------
    wakefulness : array, shape (n_epochs,)
        How wake-like each epoch is: fast EEG, EOG and EMG power, any scale.
    epoch_length : float
        Length of an epoch, s.
    margin : float
        Wake that is kept on each side of sleep, s.
    min_wake : float
        Shortest stretch that is left out, s.
    min_separation : float
        What `otsu_threshold` must reach for the recording to have two groups. One Gaussian
        reaches 0.64.

    Returns
    -------
    inside : array of bool, shape (n_epochs,)
        True in the sleep period; all True when no long wake is found.
    """
    n = len(wakefulness)
    per_minute = 60.0 / epoch_length
    size = max(round(5 * per_minute) | 1, 1)
    smooth = uniform_filter1d(median_filter(wakefulness, size, mode="nearest"), max(size // 2, 1))
    threshold, separation = otsu_threshold(smooth)
    if n * epoch_length <= min_wake or separation < min_separation:
        return np.ones(n, dtype=bool)
    asleep = smooth < threshold
    inside = binary_dilation(asleep, iterations=max(round(margin / epoch_length), 1))
    for start, stop in runs(~inside):
        if (stop - start) * epoch_length < min_wake:
            inside[start:stop] = True
    return inside


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """List the runs of True.

    Parameters
    ----------
    mask : array of bool, shape (n,)
        Mask.

    Returns
    -------
    runs : list of (start, stop)
        Half-open ranges.
    """
    edges = np.flatnonzero(np.diff(np.r_[False, np.asarray(mask, dtype=bool), False]))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def wake_epochs(
    wakefulness: np.ndarray,
    inside: np.ndarray,
    fast: np.ndarray | None = None,
    *,
    n_spreads: float = 2.0,
    min_rise: float = 0.3,
    known: np.ndarray | None = None,
) -> np.ndarray:
    """Tell wake from sleep in each epoch of a night.

    Sleep makes most of a sleep period, and its fast activity and muscle tone vary little below
    their middle; wake lies far above. The spread is measured below the middle alone, so
    that much wake doesn't widen it.

    Parameters
    ----------
    wakefulness : array, shape (n_epochs,)
        How wake-like each epoch is.
    inside : array of bool, shape (n_epochs,)
        Epochs in the sleep period; all others are wake.
    fast : array, shape (n_epochs,) | None
        Fast EEG of each, natural logarithm of power. Wake raises it: in a recording of
        deep sleep alone the spread is small, and any unrest would lie far above the middle.
    n_spreads : float
        How far above the middle wake begins.
    min_rise : float
        By how much `fast` must lie above its middle, a third more power.
    known : array of bool, shape (n_epochs,) | None
        Epochs whose signal is valid; None takes all. The others are neither measured on nor wake.

    Returns
    -------
    wake : array of bool, shape (n_epochs,)
        True in wake.
    """
    known = np.ones(len(inside), dtype=bool) if known is None else known
    measured = inside & known
    if not measured.any():
        return np.zeros(len(inside), dtype=bool)
    # the 40th percentile is a value of sleep even where 60 % of the period is wake
    low, middle = np.percentile(wakefulness[measured], (8, 40))
    wake = wakefulness > middle + n_spreads * (middle - low) / 0.9
    if fast is not None:
        wake &= fast > np.percentile(fast[measured], 40) + min_rise
    return known & (~inside | wake)


def fast_activity(medians: np.ndarray, columns: list[Column]) -> np.ndarray | None:
    """Mean log power of fast EEG and EOG in each epoch.

    Parameters
    ----------
    medians : array, shape (n_epochs, n_features)
        Features of each epoch, NaN where unknown.
    columns : list of Column
        What they are.

    Returns
    -------
    fast : array, shape (n_epochs,) | None
        Unknown epochs are interpolated. None without such columns.
    """
    at = where(columns, role=("eeg", "eog"), quantity=("beta", "gamma"), extractor="spectral")
    mean = mean_known(medians[:, at], axis=1) if len(at) else np.empty(0)
    known = np.flatnonzero(np.isfinite(mean))
    if not len(known):
        return None
    return np.interp(np.arange(len(mean)), known, mean[known])


def deep_epochs(medians: np.ndarray, columns: list[Column]) -> np.ndarray:
    """Tell epochs that no wake looks like: slow waves far above fast activity.

    A ratio of powers, so that gain and unit don't matter. Of quiet and restless wake of six people
    with one central EEG, 2 % exceed it, of their deep sleep 63 % (slow_waves.py in
    doc/benchmarks/arousals). It is for recordings without muscle tone: where they hold deep sleep
    alone, some of it would pass for wake. Movements in wake exceed it, too.

    Parameters
    ----------
    medians : array, shape (n_epochs, n_features)
        Features of each epoch, NaN where unknown.
    columns : list of Column
        What they are.

    Returns
    -------
    deep : array of bool, shape (n_epochs,)
        All False without bands of the EEG.
    """
    slow, fast = (
        where(columns, role="eeg", quantity=band, extractor="spectral")
        for band in ("delta", "beta")
    )
    if not len(slow) or not len(fast):
        return np.zeros(len(medians), dtype=bool)
    ratio = mean_known(medians[:, slow], axis=1) - mean_known(medians[:, fast], axis=1)
    return ratio > DEEP


def wakefulness_index(medians: np.ndarray, columns: list[Column]) -> np.ndarray | None:
    """Tell how wake-like each epoch is: mean of standardized fast EEG, fast EOG and EMG level.

    Parameters
    ----------
    medians : array, shape (n_epochs, n_features)
        Median features of each epoch, NaN where unknown.
    columns : list of Column
        What they are.

    Returns
    -------
    wakefulness : array, shape (n_epochs,) | None
        No unit; unknown epochs are interpolated. None when no column tells.
    """
    fast = where(columns, role=("eeg", "eog"), quantity=("beta", "gamma"), extractor="spectral")
    level = where(columns, role="emg", quantity="level")
    chosen = medians[:, np.r_[fast, level].astype(int)]
    chosen = chosen[:, np.isfinite(chosen).any(axis=0)]
    if not chosen.shape[1]:
        return None
    # of channels that are missing for a while the others tell
    known = np.isfinite(chosen).any(axis=1)
    kept = chosen[known]
    center = mean_known(kept, axis=0)
    if np.isnan(kept).any():
        spread = np.sqrt(mean_known(np.square(kept - center), axis=0))
    else:
        spread = kept.std(axis=0)
    scaled = (kept - center) / np.where(spread > 0, spread, 1.0)
    return np.interp(np.arange(len(chosen)), np.flatnonzero(known), mean_known(scaled, axis=1))
