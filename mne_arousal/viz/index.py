"""Arousal index over the night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from mne.viz.utils import plt_show

from ..hypnogram import UNSCORED
from ._style import AROUSAL, arousal_onsets, single_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from ..utils.types import Events

_FEWEST = 0.2  # share of a bar's time that must be sleep: a rate over less is chance


def plot_index(
    arousals: Events,
    stages: ArrayLike | pd.DataFrame,
    *,
    wake_clusters: Sequence[int] = (0,),
    asleep: ArrayLike | None = None,
    bin_length: float = 1800.0,
    epoch_length: float = 30.0,
    axes: Axes | None = None,
    show: bool = True,
) -> Figure:
    """Plot the arousal index over the night: arousals per hour of sleep.

    Each bar counts the arousals of its stretch of time over the hours of sleep in it. Stretches
    with next to no sleep have no bar, since a rate over a minute means nothing. The dashed line
    is the index of the whole night.

    Parameters
    ----------
    arousals : instance of Annotations | DataFrame
        Arousals with ``onset`` in s from the start of the recording. Of annotations, those
        whose description contains ``"arousal"``.
    stages : array-like of int, shape (n_epochs,) | DataFrame
        Stage cluster of each epoch, as `plot_night` takes it; -1 is none.
    wake_clusters : sequence of int
        Clusters that are wake, such as ``night.wake_clusters``.
    asleep : array-like of bool, shape (n_epochs,) | None
        Epochs of sleep, such as ``night.asleep``, which a hypnogram that was given rules. None
        takes those that are not of `wake_clusters`.
    bin_length : float
        Length of a bar, s. Half an hour shows a sleep cycle in three bars, and holds a few
        arousals of most sleepers.
    epoch_length : float
        Length of an epoch, s.
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
        If there are no epochs, or not as many in `asleep` as in `stages`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from mne_arousal.viz import plot_index
    >>> arousals = pd.DataFrame({"onset": [2000.0, 2500.0, 6000.0], "duration": 5.0})
    >>> fig = plot_index(arousals, np.repeat([0, 1, 2], 80), show=False)
    """
    clusters = np.asarray(stages["cluster"] if isinstance(stages, pd.DataFrame) else stages)
    if clusters.ndim != 1 or len(clusters) == 0:
        raise ValueError(f"stages need one cluster per epoch, but have the shape {clusters.shape}.")
    if asleep is None:
        asleep = ~np.isin(clusters, [UNSCORED, *wake_clusters])
    asleep = np.asarray(asleep, dtype=bool)
    if asleep.shape != clusters.shape:
        raise ValueError(f"asleep needs one entry per epoch, {clusters.shape}, not {asleep.shape}.")
    hours = len(clusters) * epoch_length / 3600
    edges = np.append(np.arange(0, hours, bin_length / 3600), hours)
    centers = (np.arange(len(clusters)) + 0.5) * epoch_length / 3600
    sleep = np.histogram(centers[asleep], edges)[0] * epoch_length / 3600
    onsets = arousal_onsets(arousals)
    counts = np.histogram(onsets, edges)[0]
    enough = sleep >= _FEWEST * np.diff(edges)
    fig, axes = single_axes(axes, (10, 3))
    axes.bar(
        edges[:-1][enough],
        counts[enough] / sleep[enough],
        np.diff(edges)[enough],
        align="edge",
        color=AROUSAL,
        edgecolor="white",
    )
    if sleep.sum() > 0:
        whole = counts.sum() / sleep.sum()
        label = f"night: {whole:.1f} per hour ({counts.sum()} in {sleep.sum():.1f} h of sleep)"
        axes.axhline(whole, color="black", linewidth=1, linestyle="--", label=label)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    axes.set(
        xlabel="Time from the start of the recording (h)",
        ylabel="Arousals per hour\nof sleep (1/h)",
        xlim=(0, hours),
    )
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 5, 10], min_n_ticks=2))
    axes.spines[["top", "right"]].set_visible(False)
    plt_show(show)
    return fig
