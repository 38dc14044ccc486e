"""States: the letters of the night, found by clustering single windows."""

from __future__ import annotations

import numpy as np
from mne.utils import warn
from sklearn.base import clone
from sklearn.cluster import DBSCAN, KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances_argmin
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from threadpoolctl import threadpool_limits

from ..utils.columns import Column
from ..utils.missing import percentile_known

_LIMIT = 4.0  # spreads; else a few movements would take whole clusters
_FIT_ROWS = 15_000  # windows to learn from: more change nothing and cost time
_DOMINANT = 0.95  # share of windows in one cluster at which clustering has failed


def robust_scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median and interquartile range of each column, ignoring NaN.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features of one recording.

    Returns
    -------
    location, scale : array, shape (n_features,)
        A scale of 0 is given as 1, a column without values as 0 and 1.
    """
    present = np.isfinite(values).any(axis=0)
    if not present.all():
        location, scale = np.zeros(values.shape[1]), np.ones(values.shape[1])
        if present.any():
            location[present], scale[present] = robust_scale(values[:, present])
        return location, scale
    # column by column, as a copy of all is large
    quartiles = [percentile_known(values[:, [i]], (25, 50, 75)) for i in range(values.shape[1])]
    low, location, high = np.concatenate(quartiles, axis=1)
    scale = high - low
    # a column with more than half its values equal has no quartiles apart
    for i in np.flatnonzero(~(scale > 1e-12 * np.abs(location))):
        scale[i] = np.nanstd(values[:, i])
    return location, np.where(scale > 1e-12 * np.abs(location), scale, 1.0)


def extractor_weights(columns: list[Column]) -> np.ndarray:
    """Weight columns so that each extractor counts alike, however many columns it has.

    Parameters
    ----------
    columns : list of Column
        Columns.

    Returns
    -------
    weights : array, shape (n_features,)
        One over the root of the number of columns of the same extractor, times a constant.

    References
    ----------
    Escofier B., Pagès J. (1994). Multiple factor analysis (AFMULT package). Computational
    Statistics & Data Analysis 18(1), 121-140, whose idea of equal weight per group this is.
    """
    names = [c.extractor for c in columns]
    sizes = {name: names.count(name) for name in names}
    weights = np.array([sizes[name] ** -0.5 for name in names])
    return weights / np.sqrt(np.mean(weights**2))


class StateModel:
    """Codebooks of states over scaled features.

    Parameters
    ----------
    columns : list of Column
        What the features are.
    n_states : int
        States of the first codebook; the others have half and all of it in turn.
    n_codebooks : int
        How many codebooks to learn. Histograms over several agree better from seed to seed.
    clusterer : str | estimator | None
        ``"dbscan"``, any sklearn clusterer, or None for k-means.
    random_state : RandomState
        Source of chance.
    """

    def __init__(self, columns, n_states, n_codebooks, clusterer, random_state):
        self.columns = columns
        self.n_states = n_states
        self.n_codebooks = n_codebooks
        self.clusterer = clusterer
        self.random_state = random_state

    def fit(self, scaled: np.ndarray) -> StateModel:
        """Learn the states.

        Parameters
        ----------
        scaled : array, shape (n_windows, n_features)
            Finite features, scaled by recording.

        Returns
        -------
        self : StateModel
            The model.
        """
        rng = self.random_state
        self._weights = extractor_weights(self.columns)
        if len(scaled) > _FIT_ROWS:
            scaled = scaled[np.sort(rng.choice(len(scaled), _FIT_ROWS, replace=False))]
        weighted = self._weigh(scaled)
        self._pca = PCA(0.95 if min(weighted.shape) > 1 else None, svd_solver="full").fit(weighted)
        points = self._pca.transform(weighted)
        # each state needs windows to be one
        most = max(int(np.sqrt(len(np.unique(points, axis=0)) / 2)), 1)
        seeds = rng.randint(np.iinfo(np.int32).max, size=self.n_codebooks)
        self._books, self.sizes = [], []
        for i, seed in enumerate(seeds):
            size = min(self.n_states if i % 2 == 0 else max(self.n_states // 2, 2), most)
            book, labels = self._fit_book(points, size, int(seed), first=i == 0)
            self._books.append(book)
            self.sizes.append(int(labels.max()) + 1)
            if i == 0:
                self._check_dominant(labels)
        return self

    def predict(self, scaled: np.ndarray) -> list[np.ndarray]:
        """Give each window its state in every codebook.

        Parameters
        ----------
        scaled : array, shape (n_windows, n_features)
            Finite features.

        Returns
        -------
        states : list of array of int
            One array per codebook, the first being the one that users see.
        """
        points = self._pca.transform(self._weigh(scaled))
        return [book.predict(points).astype(int) for book in self._books]

    def _weigh(self, scaled):
        weighted = np.clip(scaled, -_LIMIT, _LIMIT)
        weighted *= self._weights
        return weighted

    def _fit_book(self, points, size, seed, *, first):
        if self.clusterer is None or not first:
            return k_means(points, size, seed, n_init=3 if first else 1)
        if isinstance(self.clusterer, str):
            if self.clusterer != "dbscan":
                raise ValueError(
                    'clusterer must be None (k-means), "dbscan" or a scikit-learn clusterer; got '
                    f"{self.clusterer!r}."
                )
            book = DBSCAN(eps=k_distance_eps(points, 10), min_samples=10)
        else:
            book = clone(self.clusterer)
        if "random_state" in book.get_params() and book.get_params()["random_state"] is None:
            book.set_params(random_state=seed)
        labels = np.asarray(book.fit_predict(points))
        if hasattr(book, "predict"):
            return book, labels
        return _NearestState().fit(points, labels), labels

    @staticmethod
    def _check_dominant(labels) -> None:
        share = np.mean(labels == np.bincount(np.maximum(labels, 0)).argmax())
        if len(labels) > 100 and share > _DOMINANT:
            warn(
                f"One state holds {share:.0%} of the windows: the clusterer tells nothing apart. "
                "Try another one, or other settings of it."
            )


def state_means(values: np.ndarray, books: list[np.ndarray]) -> np.ndarray:
    """Replace the value of each window by the mean over all windows in its states.

    Parameters
    ----------
    values : array, shape (n_windows,)
        Values.
    books : list of array of int, shape (n_windows,)
        States in each codebook, -1 where there is none.

    Returns
    -------
    means : array, shape (n_windows,)
        Mean over codebooks.
    """
    total = np.zeros(len(values))
    for states in books:
        shifted = states + 1
        sums, counts = np.bincount(shifted, values), np.bincount(shifted)
        total += (sums / np.maximum(counts, 1))[shifted]
    return total / len(books)


def k_means(points: np.ndarray, size: int, seed: int, n_init: int) -> tuple[KMeans, np.ndarray]:
    """Run k-means so that the same seed gives the same result.

    Parameters
    ----------
    points : array, shape (n, n_dims)
        Points.
    size : int
        Clusters.
    seed : int
        Seed.
    n_init : int
        Starts, of which the best is kept.

    Returns
    -------
    model : KMeans
        The fitted model.
    labels : array of int, shape (n,)
        Cluster of each point.
    """
    # several threads add up centers in any order, which changes their last digits, and at times a
    # label; 60 iterations leave next to no point in motion
    with threadpool_limits(1):
        model = KMeans(size, n_init=n_init, max_iter=60, random_state=seed).fit(points)
    return model, model.labels_


def held_k_means(
    points: np.ndarray, labels: np.ndarray, held: np.ndarray, max_iter: int = 60
) -> tuple[np.ndarray, np.ndarray]:
    """Go on with k-means while some points stay where they are.

    Parameters
    ----------
    points : array, shape (n, n_dims)
        Points.
    labels : array of int, shape (n,)
        Cluster of each to start from; no cluster is empty.
    held : array of bool, shape (n,)
        Points that keep their cluster.
    max_iter : int
        Rounds at most.

    Returns
    -------
    centers : array, shape (n_clusters, n_dims)
        Means of the clusters.
    labels : array of int, shape (n,)
        Cluster of each point.
    """
    labels = labels.copy()
    centers = np.zeros((int(labels.max()) + 1, points.shape[1]))
    for _ in range(max_iter):
        for k in range(len(centers)):
            if np.any(labels == k):
                centers[k] = points[labels == k].mean(axis=0)
        new = np.where(held, labels, pairwise_distances_argmin(points, centers))
        if np.array_equal(new, labels):
            break
        labels = new
    return centers, labels


def k_distance_eps(points: np.ndarray, k: int) -> float:
    """Choose DBSCAN's radius at the knee of the sorted distances to the k-th neighbor.

    Parameters
    ----------
    points : array, shape (n, n_dims)
        Points.
    k : int
        Neighbor.

    Returns
    -------
    eps : float
        Distance at which the curve lies farthest below the chord of its ends.

    References
    ----------
    Ester M. et al. (1996). A density-based algorithm for discovering clusters in large spatial
    databases with noise. KDD-96, 226-231.
    """
    sample = points[:: max(len(points) // 5000, 1)]
    k = min(k, len(points) - 1)
    distances = NearestNeighbors(n_neighbors=k + 1).fit(points).kneighbors(sample)[0][:, -1]
    distances = np.sort(distances)
    chord = np.linspace(distances[0], distances[-1], len(distances))
    return float(max(distances[np.argmax(chord - distances)], 1e-12))


class _NearestState:
    """Give new points the state of the nearest known one, for clusterers without ``predict``."""

    def fit(self, points, labels):
        known = np.flatnonzero(labels >= 0)
        self._model, self._reach = None, np.inf
        if len(known):
            self._model = KNeighborsClassifier(1).fit(points[known], labels[known])
        if 1 < len(known) < len(points):
            # where the clusterer knows noise, a point farther from every state than members are
            # from one another is noise too
            nearest = self._model.kneighbors(points[known], n_neighbors=2)[0][:, 1]
            self._reach = np.percentile(nearest, 99)
        return self

    def predict(self, points):
        if self._model is None:
            return np.full(len(points), -1)
        distance = self._model.kneighbors(points, n_neighbors=1)[0][:, 0]
        return np.where(distance > self._reach, -1, self._model.predict(points))
