"""Hypnogram, hypnodensity, and the confusion of one hypnogram with another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from mne.viz.utils import plt_show

from ..hypnogram import STAGES, Hypnogram
from ._style import COLORS, panel_axes, single_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# From the top down, as the AASM manual draws a hypnogram.
_DRAWN = ("W", "R", "N1", "N2", "N3")
_COLORS = dict(zip(_DRAWN, (COLORS[1], COLORS[5], COLORS[4], COLORS[0], COLORS[7]), strict=True))


def plot_hypnogram(
    hypnogram: Hypnogram,
    *,
    others: dict[str, Hypnogram] | None = None,
    axes: Sequence[Axes] | None = None,
    show: bool = True,
) -> Figure:
    """Plot a hypnogram and its hypnodensity, below those of others.

    The hypnodensity stacks the probabilities of the stages; where nothing is known it is blank.

    Parameters
    ----------
    hypnogram : Hypnogram
        Stages, such as ``night.hypnogram``.
    others : dict | None
        Name to a hypnogram of the same recording, such as an expert's; drawn above.
    axes : list of Axes | None
        Where to draw, one for each panel: those of `others`, the stages, and the hypnodensity
        where there are probabilities. None makes a figure.
    show : bool
        Show the figure.

    Returns
    -------
    fig : instance of Figure
        The figure.

    Examples
    --------
    >>> import numpy as np
    >>> from mne_arousal.hypnogram import Hypnogram
    >>> from mne_arousal.viz import plot_hypnogram
    >>> stages = np.repeat([0, 1, 2, 3, 4], 20)
    >>> night = Hypnogram(stages, probabilities=np.eye(5)[stages])
    >>> fig = plot_hypnogram(night, show=False)
    """
    panels = [(name, other) for name, other in (others or {}).items()] + [("Stage", hypnogram)]
    probabilities = hypnogram.probabilities
    n_panels = len(panels) + (probabilities is not None)
    fig, axes = panel_axes(axes, [1.8] * n_panels)
    for axis, (name, one) in zip(axes, panels, strict=False):
        _draw_stages(axis, one)
        axis.set_ylabel(name)
    if probabilities is not None:
        _draw_density(axes[-1], np.nan_to_num(probabilities), _edges(hypnogram))
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_xlim(0, hypnogram.duration / 3600)
    axes[-1].xaxis.set_major_locator(plt.MaxNLocator(12, steps=[1, 2, 5, 10], min_n_ticks=2))
    axes[-1].set_xlabel("Time from the start of the recording (h)")
    plt_show(show)
    return fig


def plot_confusion(
    confusion: pd.DataFrame, *, axes: Axes | None = None, show: bool = True
) -> Figure:
    """Plot which stages are taken for which.

    Parameters
    ----------
    confusion : DataFrame, shape (5, 6)
        Epochs by true stage and found one, as ``score_stages(...).confusion`` gives it. Colors are
        shares of a row, numbers are epochs.
    axes : instance of Axes | None
        Where to draw. None makes a figure.
    show : bool
        Show the figure.

    Returns
    -------
    fig : instance of Figure
        The figure.

    Examples
    --------
    >>> from mne_arousal.metrics import score_stages
    >>> from mne_arousal.viz import plot_confusion
    >>> scores = score_stages([0, 1, 2, 2], ["W", "N2", "N2", "N2"])
    >>> fig = plot_confusion(scores.confusion, show=False)
    """
    shown = confusion.loc[:, (confusion.columns != "?") | (confusion.sum() > 0).to_numpy()]
    counts = shown.to_numpy()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    fig, axes = single_axes(axes, (4.6, 4.0))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        color = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=color)
    axes.set_xticks(range(counts.shape[1]), shown.columns)
    axes.set_yticks(range(len(shown)), shown.index)
    axes.set(xlabel="Stage found", ylabel="Stage of the hypnogram")
    plt_show(show)
    return fig


def _draw_stages(axis, hypnogram: Hypnogram) -> None:
    height = np.full(len(hypnogram), np.nan)
    for y, name in enumerate(_DRAWN):
        height[hypnogram.stages == STAGES.index(name)] = y
    edges = _edges(hypnogram)
    axis.stairs(height, edges, baseline=None, color="black", linewidth=1)
    rem = np.where(height == _DRAWN.index("R"), height, np.nan)
    axis.stairs(rem, edges, baseline=None, color=_COLORS["R"], linewidth=4)
    axis.set(yticks=range(len(_DRAWN)), yticklabels=_DRAWN, ylim=(len(_DRAWN) - 0.6, -0.4))


def _draw_density(axis, probabilities: np.ndarray, edges: np.ndarray) -> None:
    below = np.zeros(len(probabilities))
    for name in reversed(_DRAWN):
        share = probabilities[:, STAGES.index(name)]
        axis.stairs(
            below + share, edges, baseline=below, fill=True, color=_COLORS[name], label=name
        )
        below = below + share
    axis.set(ylim=(0, 1), ylabel="Probability")
    axis.legend(
        *(reversed(part) for part in axis.get_legend_handles_labels()),
        loc="center left",
        bbox_to_anchor=(1, 0.5),
        frameon=False,
    )


def _edges(hypnogram: Hypnogram) -> np.ndarray:
    return np.arange(len(hypnogram) + 1) * hypnogram.epoch_length / 3600
