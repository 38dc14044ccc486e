"""Stage clusters: what states each 30 s of the night are made of."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from sklearn.metrics import pairwise_distances_argmin

from .states import held_k_means, k_means


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
        self._centers, self._first = model.cluster_centers_, int(held)
        if held and wake.any():
            centers, joined = held_k_means(histograms, labels, wake)
            # a cluster of which most is not held is some stage of sleep
            if 2 * wake.sum() > np.sum(joined == 0):
                self._centers, self._first, labels = centers, 0, joined
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
        nearest = pairwise_distances_argmin(histograms, self._centers) + self._first
        clusters = self._rank[nearest].astype(int)
        if not self.wake_clusters:
            return clusters
        return np.where(wake if self.hold_wake else ~inside, 0, clusters)


def _mean(values, mask) -> float:
    return float(values[mask].mean()) if mask.any() else 0.0
