"""A night: stages, states, arousals, and an expert's hypnogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from mne.viz.utils import plt_show

from ..hypnogram import STAGES, UNSCORED, hypnogram_to_stages
from ..hypnogram import Hypnogram as EpochStages
from ..hypnogram.reading import stages_of_raw
from ..utils.notes import collect_notes
from ._style import AROUSAL, COLORS, arousal_onsets, label_color, panel_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from mne.io import BaseRaw
    from numpy.typing import ArrayLike

    from ..utils.types import Events, Hypnogram

# From the top down, as the AASM manual draws a hypnogram.
_DRAWN = ("W", "R", "N1", "N2", "N3")


def plot_night(
    stages: ArrayLike | pd.DataFrame,
    *,
    states: ArrayLike | pd.Series | None = None,
    times: ArrayLike | None = None,
    arousals: Events | None = None,
    hypnogram: Hypnogram | None = None,
    raw: BaseRaw | None = None,
    names: dict[int, str] | None = None,
    epoch_length: float = 30.0,
    axes: Sequence[Axes] | None = None,
    show: bool = True,
) -> Figure:
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
        The expert's stages, as ``mne_arousal.hypnogram.read_hypnogram`` takes them, or
        ``night.given_hypnogram``, which lies where it told sleep from wake.
    raw : instance of Raw | None
        The recording, on whose clock a hypnogram with dates is laid. None lays it from the start.
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

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from mne_arousal.viz import plot_night
    >>> stages = np.repeat([0, 2, 3], 40)
    >>> arousals = pd.DataFrame({"onset": [1500.0, 2500.0], "duration": 5.0})
    >>> fig = plot_night(stages, arousals=arousals, show=False)
    """
    stages = np.asarray(stages["cluster"] if isinstance(stages, pd.DataFrame) else stages)
    if stages.ndim != 1 or len(stages) == 0:
        raise ValueError(f"stages need one cluster per epoch, but have the shape {stages.shape}.")
    hours = len(stages) * epoch_length / 3600
    panels: list = []
    if hypnogram is not None:
        if raw is not None and not isinstance(hypnogram, EpochStages):
            with collect_notes():  # whether it fits is noted where it is used
                hypnogram = stages_of_raw(hypnogram, raw)
        scored = hypnogram_to_stages(hypnogram, len(stages), epoch_length)
        panels.append((2.0, _draw_hypnogram, (scored, epoch_length)))
    if arousals is not None:
        panels.append((0.7, _draw_arousals, (arousal_onsets(arousals), hours)))
    panels.append((2.0, _draw_clusters, (stages, epoch_length, names or {})))
    if states is not None:
        panels.append((2.4, _draw_states, _state_times(states, times, hours)))
    fig, axes = panel_axes(axes, [height for height, _, _ in panels])
    for axis, (_, draw, what) in zip(axes, panels, strict=True):
        draw(axis, *what)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_xlim(0, hours)
    axes[-1].xaxis.set_major_locator(plt.MaxNLocator(12, steps=[1, 2, 5, 10], min_n_ticks=2))
    axes[-1].set_xlabel("Time from the start of the recording (h)")
    plt_show(show)
    return fig


def _draw_hypnogram(axis, scored, epoch_length) -> None:
    height = np.full(len(scored), np.nan)
    for y, name in enumerate(_DRAWN):
        height[scored == STAGES.index(name)] = y
    edges = np.arange(len(scored) + 1) * epoch_length / 3600
    axis.stairs(height, edges, baseline=None, color="black", linewidth=1)
    rem = np.where(height == _DRAWN.index("R"), height, np.nan)
    axis.stairs(rem, edges, baseline=None, color=COLORS[0], linewidth=4)
    axis.set(yticks=range(len(_DRAWN)), yticklabels=_DRAWN, ylim=(4.4, -0.4), ylabel="Expert")


def _draw_arousals(axis, onsets, hours) -> None:
    inside = onsets[(onsets >= 0) & (onsets < hours)]
    axis.eventplot(inside, lineoffsets=0.5, linelengths=1, linewidths=0.8, color=AROUSAL)
    axis.set(yticks=[], ylim=(0, 1))
    axis.set_ylabel(f"Arousals\n(n = {len(inside)})", rotation=0, ha="right", va="center")


def _draw_clusters(axis, stages, epoch_length, names) -> None:
    found = np.unique(stages[stages != UNSCORED])
    for y, label in enumerate(found):
        epochs = np.flatnonzero(stages == label)
        # Neighbors are drawn as one bar: a bar per epoch leaves hairlines in print.
        runs = np.split(epochs, np.flatnonzero(np.diff(epochs) > 1) + 1)
        spans = [(run[0] * epoch_length / 3600, len(run) * epoch_length / 3600) for run in runs]
        axis.broken_barh(spans, (y - 0.4, 0.8), color=label_color(label), linewidth=0)
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
