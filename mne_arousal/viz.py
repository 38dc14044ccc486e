"""Figures of what was found in a night, and of how the encoder trained."""

from __future__ import annotations

import matplotlib.pyplot as plt
import mne
import numpy as np
import pandas as pd
from matplotlib import patheffects
from matplotlib.lines import Line2D
from mne.viz.utils import plt_show
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from .hypnogram import STAGES, UNSCORED, hypnogram_to_stages

# Okabe & Ito (2008): told apart by colour-blind readers, and in grey by its steps in lightness.
_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
_MARKERS = "os^Dv"
_NONE = "#BBBBBB"
_AROUSAL = "#D55E00"
_NO_LOSS = ("epoch", "learning_rate", "seconds", "best")  # columns of a training history
# From the top down, as the AASM manual draws a hypnogram.
_DRAWN = ("W", "R", "N1", "N2", "N3")


def plot_embedding(
    features,
    labels=None,
    *,
    method="tsne",
    n_samples=5000,
    names=None,
    random_state=0,
    axes=None,
    show=True,
):
    """Plot windows in the plane, coloured by state or stage cluster.

    Features are scaled to unit variance first. Distances between far groups and sizes of
    groups mean little in t-SNE; neighbours do (van der Maaten & Hinton, 2008).

    Parameters
    ----------
    features : array or DataFrame, shape (n_windows, n_features)
        Features of the windows. Rows with NaN (gaps in the recording) are left out.
    labels : array-like of int, shape (n_windows,) | None
        State or cluster of each window; -1 (none) is grey. None draws one colour.
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
    """
    if method not in ("tsne", "pca"):
        raise ValueError(f"method must be 'tsne' or 'pca', not {method!r}.")
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
    fig, axes = (
        (axes.figure, axes)
        if axes is not None
        else plt.subplots(figsize=(7, 5.5), layout="constrained")
    )
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
    # t-SNE's neighbour search is slow in many dimensions, and the tail is noise.
    if min(scaled.shape) > 50:
        scaled = PCA(50, random_state=rng).fit_transform(scaled)
    perplexity = min(30.0, (len(scaled) - 1) / 3)
    points = TSNE(perplexity=perplexity, init="pca", random_state=rng).fit_transform(
        scaled if scaled.shape[1] > 1 else np.column_stack([scaled, np.zeros(len(scaled))])
    )
    return points, ["t-SNE 1 (no unit)", "t-SNE 2 (no unit)"]


def _scatter(axes, points, labels, names) -> None:
    colors = np.array([_label_color(label) for label in labels])
    markers = np.array([_label_marker(label) for label in labels])
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
    if 1 < len(found) <= len(_COLORS) + 1:
        handles = [
            Line2D([], [], linestyle="", marker=_label_marker(label), color=_label_color(label))
            for label in found
        ]
        texts = [
            names.get(label, "none" if label == UNSCORED else f"cluster {label}") for label in found
        ]
        axes.legend(handles, texts, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def _label_color(label) -> str:
    """Colour of a cluster, the same in every figure."""
    return _NONE if label == UNSCORED else _COLORS[int(label) % len(_COLORS)]


def _label_marker(label) -> str:
    return "x" if label == UNSCORED else _MARKERS[int(label) // len(_COLORS) % len(_MARKERS)]


def plot_night(
    stages,
    *,
    states=None,
    times=None,
    arousals=None,
    hypnogram=None,
    names=None,
    epoch_length=30.0,
    axes=None,
    show=True,
):
    """Plot a night: stage clusters over time, arousals, states, and an expert's hypnogram.

    From the top: the hypnogram, the arousals, the stage clusters, the states; what is not
    given is left out.

    Parameters
    ----------
    stages : array-like of int, shape (n_epochs,) | DataFrame
        Stage cluster of each epoch of one recording; -1 is none. A table gives them in its
        column ``cluster``, as ``ArousalClusterer.predict_stages`` returns it.
    states : array-like of int, shape (n_windows,) | Series | None
        State of each window; -1 is none.
    times : array-like, shape (n_windows,) | None
        Start of each window, s from the start of the recording. None means the index
        level ``onset`` where `states` is a Series that has it, and windows spread
        evenly over the night otherwise.
    arousals : instance of Annotations | DataFrame | None
        Arousals with ``onset`` in s from the start of the recording. Of annotations, those
        whose description contains ``"arousal"``.
    hypnogram : instance of Annotations | path-like | array-like | None
        The expert's stages, as ``mne_arousal.hypnogram.read_hypnogram`` takes them.
    names : dict | None
        Stage cluster to name, for the axis.
    epoch_length : float
        Length of an epoch, s.
    axes : list of Axes | None
        Where to draw, one for each panel. None makes a figure.
    show : bool
        Show the figure.

    Returns
    -------
    fig : instance of Figure
        The figure.

    Raises
    ------
    ValueError
        If there are no epochs, or not as many axes as panels, or not as many times as
        states.
    """
    stages = np.asarray(stages["cluster"] if isinstance(stages, pd.DataFrame) else stages)
    if stages.ndim != 1 or len(stages) == 0:
        raise ValueError(f"stages need one cluster per epoch, but have the shape {stages.shape}.")
    hours = len(stages) * epoch_length / 3600
    panels = []
    if hypnogram is not None:
        scored = hypnogram_to_stages(hypnogram, len(stages), epoch_length)
        panels.append((2.0, _draw_hypnogram, (scored, epoch_length)))
    if arousals is not None:
        panels.append((0.7, _draw_arousals, (_arousal_onsets(arousals), hours)))
    panels.append((2.0, _draw_clusters, (stages, epoch_length, names or {})))
    if states is not None:
        panels.append((2.4, _draw_states, _state_times(states, times, hours)))
    fig, axes = _panel_axes(axes, [height for height, _, _ in panels])
    for axis, (_, draw, what) in zip(axes, panels, strict=True):
        draw(axis, *what)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_xlim(0, hours)
    axes[-1].xaxis.set_major_locator(plt.MaxNLocator(12, steps=[1, 2, 5, 10], min_n_ticks=2))
    axes[-1].set_xlabel("Time from the start of the recording (h)")
    plt_show(show)
    return fig


def _panel_axes(axes, heights):
    if axes is None:
        fig, axes = plt.subplots(
            len(heights),
            figsize=(10, 0.8 + sum(heights)),
            height_ratios=heights,
            sharex=True,
            squeeze=False,
            layout="constrained",
        )
        axes = axes[:, 0]
        fig.align_ylabels(axes)
        return fig, axes
    axes = np.atleast_1d(np.asarray(axes, dtype=object)).ravel()
    if len(axes) != len(heights):
        raise ValueError(f"axes has {len(axes)} axes, but there are {len(heights)} panels to draw.")
    return axes[0].figure, axes


def _draw_hypnogram(axis, scored, epoch_length) -> None:
    height = np.full(len(scored), np.nan)
    for y, name in enumerate(_DRAWN):
        height[scored == STAGES.index(name)] = y
    edges = np.arange(len(scored) + 1) * epoch_length / 3600
    axis.stairs(height, edges, baseline=None, color="black", linewidth=1)
    rem = np.where(height == _DRAWN.index("R"), height, np.nan)
    axis.stairs(rem, edges, baseline=None, color=_COLORS[0], linewidth=4)
    axis.set(yticks=range(len(_DRAWN)), yticklabels=_DRAWN, ylim=(4.4, -0.4), ylabel="Expert")


def _draw_arousals(axis, onsets, hours) -> None:
    inside = onsets[(onsets >= 0) & (onsets < hours)]
    axis.eventplot(inside, lineoffsets=0.5, linelengths=1, linewidths=0.8, color=_AROUSAL)
    axis.set(yticks=[], ylim=(0, 1))
    axis.set_ylabel(f"Arousals\n(n = {len(inside)})", rotation=0, ha="right", va="center")


def _draw_clusters(axis, stages, epoch_length, names) -> None:
    found = np.unique(stages[stages != UNSCORED])
    for y, label in enumerate(found):
        epochs = np.flatnonzero(stages == label)
        # Neighbours are drawn as one bar: a bar per epoch leaves hairlines in print.
        runs = np.split(epochs, np.flatnonzero(np.diff(epochs) > 1) + 1)
        spans = [(run[0] * epoch_length / 3600, len(run) * epoch_length / 3600) for run in runs]
        axis.broken_barh(spans, (y - 0.4, 0.8), color=_label_color(label), linewidth=0)
    axis.set_yticks(range(len(found)), [str(names.get(label, label)) for label in found])
    axis.set(ylim=(max(len(found), 1) - 0.5, -0.5), ylabel="Stage cluster")


def _draw_states(axis, hours, states) -> None:
    axis.plot(hours, states, "|", markersize=2, color="black", alpha=0.35, rasterized=True)
    axis.yaxis.set_major_locator(plt.MaxNLocator(6, integer=True))
    axis.set_ylabel("State")


def _state_times(states, times, hours) -> tuple[np.ndarray, np.ndarray]:
    if times is None and isinstance(states, pd.Series) and "onset" in states.index.names:
        times = states.index.get_level_values("onset")
    states = np.asarray(states)
    if times is None:
        times = np.arange(len(states)) * hours * 3600 / max(len(states), 1)
    times = np.asarray(times, dtype=float)
    if times.shape != states.shape:
        raise ValueError(
            f"states and times need one entry per window, not {states.shape} and {times.shape}."
        )
    known = states != UNSCORED
    return times[known] / 3600, states[known]


def _arousal_onsets(arousals) -> np.ndarray:
    """Onsets in hours."""
    if isinstance(arousals, mne.Annotations):
        keep = ["arousal" in str(text).lower() for text in arousals.description]
        return np.asarray(arousals.onset)[keep] / 3600
    return np.asarray(arousals["onset"], dtype=float) / 3600


def plot_history(history, *, axes=None, show=True):
    """Plot training curves of the encoder.

    Parameters
    ----------
    history : DataFrame, shape (n_epochs, n_curves)
        One row a training epoch, as ``PSGEncoder.history_``. The column
        ``learning_rate``, where there is one, gets a panel of its own; ``epoch`` is the
        abscissa (the index is, without it); the last epoch that was ``best`` is marked, since
        its weights are kept; ``seconds`` is left out; other numbers are losses.
    axes : list of Axes | None
        Where to draw: the losses and, where there is one, the learning rate. None makes a
        figure.
    show : bool
        Show the figure.

    Returns
    -------
    fig : instance of Figure
        The figure.

    Raises
    ------
    ValueError
        If there is nothing to draw, or not as many axes as panels.
    """
    history = pd.DataFrame(history)
    losses = history.drop(columns=list(_NO_LOSS), errors="ignore").select_dtypes("number")
    if losses.empty or history.empty:
        raise ValueError("history holds no loss: train for at least one epoch.")
    with_rate = "learning_rate" in history
    fig, axes = _panel_axes(axes, [3.0, 1.2] if with_rate else [3.0])
    epochs = np.asarray(history.get("epoch", history.index), dtype=float)
    marker = "o" if len(epochs) < 40 else ""
    styles = ("-", "--", ":", "-.", (0, (4, 1, 1, 1, 1, 1)))
    for i, name in enumerate(losses):
        axes[0].plot(
            epochs,
            losses[name],
            linestyle=styles[i % len(styles)],
            marker=marker,
            markersize=3,
            color=_COLORS[i % len(_COLORS)],
            label=str(name).replace("_", " "),
        )
    values = losses.to_numpy()
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > 5 * values.min():
        axes[0].set_yscale("log")
    if "best" in history and history["best"].any():
        kept = epochs[history["best"].to_numpy(dtype=bool)][-1]
        axes[0].axvline(kept, color=_NONE, linewidth=1, zorder=0, label="epoch kept")
    axes[0].set_ylabel("Loss (no unit)")
    axes[0].legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    if with_rate:
        axes[1].step(epochs, history["learning_rate"], where="mid", color="black")
        axes[1].set(ylabel="Learning rate", yscale="log")
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
    axes[-1].set_xlabel("Training epoch")
    plt_show(show)
    return fig
