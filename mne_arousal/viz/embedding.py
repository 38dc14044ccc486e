"""Windows in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib import patheffects
from matplotlib.lines import Line2D
from mne.viz.utils import plt_show
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from ..hypnogram import UNSCORED
from ..utils.columns import without_body
from ._style import COLORS, label_color, label_marker, single_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from ..utils.types import RandomState


def plot_embedding(
    features: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    method: str = "tsne",
    n_samples: int | None = 5000,
    names: dict[int, str] | None = None,
    random_state: RandomState = 0,
    axes: Axes | None = None,
    show: bool = True,
) -> Figure:
    """Plot windows in the plane, colored by state or stage cluster.

    Features are scaled to unit variance first. Distances between far groups and sizes of
    groups mean little in t-SNE; neighbors do (van der Maaten & Hinton, 2008).

    Parameters
    ----------
    features : array or DataFrame, shape (n_windows, n_features)
        Features of the windows. Rows with NaN (gaps in the recording) are left out.
    labels : array-like of int, shape (n_windows,) | None
        State or cluster of each window; -1 (none) is gray. None draws one color.
    method : ``"tsne"`` | ``"pca"``
        How to get to two dimensions. t-SNE shows groups; PCA keeps distances, and takes
        no time.
    n_samples : int | None
        Most windows to draw, at random; None draws all. At the default t-SNE takes under
        a minute.
    names : dict | None
        Label to name, for the legend.
    random_state : int | instance of RandomState | None
        Seed of the choice of windows and of t-SNE.
    axes : instance of Axes | None
        Where to draw. None makes a figure.
    show : bool
        Show the figure.

    Returns
    -------
    fig : instance of Figure
        The figure.

    Raises
    ------
    ValueError
        If `method` is unknown, lengths differ, or fewer than three rows are finite.

    Examples
    --------
    >>> import numpy as np
    >>> from mne_arousal.viz import plot_embedding
    >>> labels = np.repeat([0, 1], 50)
    >>> features = np.random.default_rng(0).normal(size=(100, 4)) + 3 * labels[:, np.newaxis]
    >>> fig = plot_embedding(features, labels, method="pca", show=False)
    """
    if method not in ("tsne", "pca"):
        raise ValueError(f"method must be 'tsne' or 'pca', not {method!r}.")
    if isinstance(features, pd.DataFrame):
        features = without_body(features)  # as the states do
    values = np.asarray(features, dtype=float)
    labels = np.zeros(len(values), dtype=int) if labels is None else np.asarray(labels)
    if values.ndim != 2 or labels.shape != values.shape[:1]:
        raise ValueError(
            "features need the shape (n_windows, n_features) and labels one entry per window, "
            f"but have shapes {values.shape} and {labels.shape}."
        )
    rows = np.flatnonzero(np.isfinite(values).all(axis=1))
    if len(rows) < 3:
        raise ValueError(f"Only {len(rows)} rows of the features are finite; three are needed.")
    rng = check_random_state(random_state)
    if n_samples is not None and n_samples < len(rows):
        rows = np.sort(rng.choice(rows, n_samples, replace=False))
    points, axis_names = _to_plane(values[rows], method, rng)
    fig, axes = single_axes(axes, (7, 5.5))
    _scatter(axes, points, labels[rows], names or {})
    axes.set(xlabel=axis_names[0], ylabel=axis_names[1], title=f"{len(rows)} windows")
    plt_show(show)
    return fig


def _to_plane(values, method, rng) -> tuple[np.ndarray, list[str]]:
    scaled = StandardScaler().fit_transform(values)
    if method == "pca":
        pca = PCA(2 if scaled.shape[1] > 1 else 1, random_state=rng).fit(scaled)
        points = pca.transform(scaled)
        if points.shape[1] == 1:
            points = np.column_stack([points, np.zeros(len(points))])
        share = [*pca.explained_variance_ratio_, 0.0][:2]
        return points, [f"PC {i + 1} ({100 * s:.0f} % of variance)" for i, s in enumerate(share)]
    # t-SNE's neighbor search is slow in many dimensions, and the tail is noise.
    if min(scaled.shape) > 50:
        scaled = PCA(50, random_state=rng).fit_transform(scaled)
    perplexity = min(30.0, (len(scaled) - 1) / 3)
    points = TSNE(perplexity=perplexity, init="pca", random_state=rng).fit_transform(
        scaled if scaled.shape[1] > 1 else np.column_stack([scaled, np.zeros(len(scaled))])
    )
    return points, ["t-SNE 1 (no unit)", "t-SNE 2 (no unit)"]


def _scatter(axes, points, labels, names) -> None:
    colors = np.array([label_color(label) for label in labels])
    markers = np.array([label_marker(label) for label in labels])
    # In time order within a marker: drawn cluster by cluster, the last would hide the others.
    for marker in np.unique(markers):
        some = markers == marker
        style = {"linewidths": 0.8} if marker == "x" else {"edgecolors": "none"}
        axes.scatter(
            *points[some].T, s=9, c=colors[some], marker=marker, alpha=0.7, rasterized=True, **style
        )
    found = np.unique(labels)
    halo = [patheffects.withStroke(linewidth=3, foreground="white")]
    for label in found[found != UNSCORED] if len(found) > 1 else ():
        group = points[labels == label]
        # The member nearest to the median: a median itself may lie between two parts.
        middle = group[np.argmin(((group - np.median(group, axis=0)) ** 2).sum(axis=1))]
        text = str(names.get(label, label))
        axes.annotate(text, middle, ha="center", va="center", weight="bold", path_effects=halo)
    if 1 < len(found) <= len(COLORS) + 1:
        handles = [
            Line2D([], [], linestyle="", marker=label_marker(label), color=label_color(label))
            for label in found
        ]
        texts = [
            names.get(label, "none" if label == UNSCORED else f"cluster {label}") for label in found
        ]
        axes.legend(handles, texts, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
