"""Sleep period and stage clusters: what states each 30 s of the night are made of.

Everything here works on arrays that are already cut into epochs or windows of one recording.
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter1d, median_filter, uniform_filter1d
from sklearn.metrics import pairwise_distances_argmin

from .states import held_k_means, k_means
from .utils.columns import Column, where

_DEEP = 1.6 * np.log(10.0)  # 16 dB, natural logarithm of power


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


def state_histograms(
    states: np.ndarray, epochs: np.ndarray, n_epochs: int, n_states: int, *, smooth: float = 0.5
) -> np.ndarray:
    """Count the states in each epoch; square roots, smoothed in time.

    Square roots make Euclidean distance the Hellinger distance between histograms, which does not
    let the commonest states decide alone.

    Parameters
    ----------
    states : array of int, shape (n_windows,)
        State of each window, -1 where it has none.
    epochs : array of int, shape (n_windows,)
        Epoch of each window.
    n_epochs, n_states : int
        Shape of the result.
    smooth : float
        Standard deviation of the Gaussian along time, epochs. More hides short stages, less makes
        clusters depend on the seed.

    Returns
    -------
    histograms : array, shape (n_epochs, n_states)
        Rows of unit norm before smoothing; zeros where an epoch has no window.
    """
    counts = np.zeros((n_epochs, n_states))
    known = states >= 0
    np.add.at(counts, (epochs[known], states[known]), 1.0)
    total = counts.sum(axis=1, keepdims=True)
    shares = np.sqrt(counts / np.maximum(total, 1.0))
    return gaussian_filter1d(shares, smooth, axis=0, mode="nearest") if smooth else shares


def epoch_percentiles(
    values: np.ndarray, epochs: np.ndarray, n_epochs: int, percentile: float = 50.0
) -> np.ndarray:
    """Percentile of the windows of each epoch; the median by default.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features in time order.
    epochs : array of int, shape (n_windows,)
        Epoch of each window, not falling.
    n_epochs : int
        Number of epochs.
    percentile : float
        From 0 to 100.

    Returns
    -------
    percentiles : array, shape (n_epochs, n_features)
        NaN where an epoch has no finite window.
    """
    out = np.full((n_epochs, values.shape[1]), np.nan)
    bounds = np.searchsorted(epochs, np.arange(n_epochs + 1))
    for i, (lo, hi) in enumerate(itertools.pairwise(bounds)):
        piece = values[lo:hi]
        piece = piece[np.isfinite(piece).all(axis=1)]
        if len(piece):
            out[i] = np.percentile(piece, percentile, axis=0)
    return out


def wake_epochs(
    wakefulness: np.ndarray,
    inside: np.ndarray,
    fast: np.ndarray | None = None,
    *,
    n_spreads: float = 2.0,
    min_rise: float = 0.3,
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

    Returns
    -------
    wake : array of bool, shape (n_epochs,)
        True in wake.
    """
    # the 40th percentile is a value of sleep even where 60 % of the period is wake
    low, middle = np.percentile(wakefulness[inside], (8, 40))
    wake = wakefulness > middle + n_spreads * (middle - low) / 0.9
    if fast is not None:
        wake &= fast > np.percentile(fast[inside], 40) + min_rise
    return ~inside | wake


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
    mean = medians[:, at].mean(axis=1) if len(at) else np.empty(0)
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
    ratio = medians[:, slow].mean(axis=1) - medians[:, fast].mean(axis=1)
    return ratio > _DEEP


def wakefulness_index(medians: np.ndarray, columns: list[Column]) -> np.ndarray | None:
    """Tell how wake-like each epoch is: mean of standardised fast EEG, fast EOG and EMG level.

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
    known = np.isfinite(chosen).all(axis=1)
    if not chosen.shape[1] or not known.any():
        return None
    spread = chosen[known].std(axis=0)
    scaled = (chosen[known] - chosen[known].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.interp(np.arange(len(chosen)), np.flatnonzero(known), scaled.mean(axis=1))


class StageModel:
    """Stage clusters of epochs, by histograms of states.

    Where muscle tone tells wake, its epochs are held in one cluster, which others may join: wake
    without muscle tone passes the rule but is made of the same states. Fast activity alone
    is as high in REM and light sleep, so without muscle tone all epochs are clustered alike.

    Parameters
    ----------
    n_stages : int
        Stage clusters, wake among them.
    hold_wake : bool
        Whether epochs of wake are held in cluster 0.

    References
    ----------
    Basu S., Banerjee A., Mooney R. (2002). Semi-supervised clustering by seeding. ICML-2002,
    27-34, whose constrained k-means this is.
    """

    def __init__(self, n_stages: int, *, hold_wake: bool = True):
        self.n_stages = n_stages
        self.hold_wake = hold_wake

    def fit(self, histograms, wakefulness, wake, seed: int) -> StageModel:
        """Cluster epochs.

        Parameters
        ----------
        histograms : array, shape (n_epochs, n_states)
            Histograms of the epochs of the sleep period.
        wakefulness : array, shape (n_epochs,) | None
            How wake-like each is; clusters are numbered from the most wake-like. None numbers
            them from the largest.
        wake : array of bool, shape (n_epochs,)
            Epochs of wake. The cluster with the largest share of them is number 0; without
            `hold_wake`, clusters that they make most of are wake.
        seed : int
            Seed.

        Returns
        -------
        self : StageModel
            The model. ``wake_clusters`` lists the clusters that are wake.
        """
        told = wakefulness is not None and self.n_stages > 1 and not wake.all()
        held = told and self.hold_wake
        rows = ~wake if held else np.ones(len(histograms), dtype=bool)
        n = min(self.n_stages - held, len(np.unique(histograms[rows], axis=0)))
        model, found = k_means(histograms[rows], n, seed, n_init=10)
        labels = np.zeros(len(histograms), dtype=int)
        labels[rows] = found + held
        self._centres, self._first = model.cluster_centers_, int(held)
        if held and wake.any():
            centres, joined = held_k_means(histograms, labels, wake)
            # a cluster of which most is not held is some stage of sleep
            if 2 * wake.sum() > np.sum(joined == 0):
                self._centres, self._first, labels = centres, 0, joined
        shares = np.array([_mean(wake, labels == k) for k in range(n + held)])
        if wakefulness is None:
            keys = np.bincount(labels, minlength=n).astype(float)
        else:
            keys = np.array([_mean(wakefulness, labels == k) for k in range(n + held)])
        if held or (told and wake.any()):
            keys[0 if held else shares.argmax()] = np.inf
        order = np.argsort(-keys, kind="stable")
        self._rank = np.argsort(order)
        self.wake_clusters = [0] if held else []
        if told and not held:
            self.wake_clusters = np.flatnonzero(shares[order] > 0.5).tolist()
        return self

    def predict(self, histograms, wake, inside) -> np.ndarray:
        """Give epochs their stage cluster.

        Parameters
        ----------
        histograms : array, shape (n_epochs, n_states)
            Histograms.
        wake : array of bool, shape (n_epochs,)
            Epochs of wake.
        inside : array of bool, shape (n_epochs,)
            Epochs of the sleep period.

        Returns
        -------
        clusters : array of int, shape (n_epochs,)
            Stage cluster; that of wake outside of the sleep period.
        """
        nearest = pairwise_distances_argmin(histograms, self._centres) + self._first
        clusters = self._rank[nearest].astype(int)
        if not self.wake_clusters:
            return clusters
        return np.where(wake if self.hold_wake else ~inside, 0, clusters)


def _mean(values, mask) -> float:
    return float(values[mask].mean()) if mask.any() else 0.0
