"""What each part of a method adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from mne.viz.utils import plt_show

from ._style import COLORS, NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_ablation(
    scores: pd.DataFrame,
    *,
    errors: pd.DataFrame | None = None,
    reference: str | None = None,
    axes: Sequence[Axes] | None = None,
    show: bool = True,
) -> Figure:
    """Plot scores of a method with parts left out, as bars beside a reference.

    Parameters
    ----------
    scores : DataFrame, shape (n_variants, n_scores)
        A row a variant, a column a score; a panel for each column. Column names are the axis
        labels, so they should hold the unit.
    errors : DataFrame, shape (n_variants, n_scores) | None
        Half-length of the error bars, in the unit of the scores. Say in the caption what they
        are.
    reference : str | None
        Row to compare with: a line in each panel. None takes the first.
    axes : list of Axes | None
        Where to draw, one for each score. None makes a figure.
    show : bool
        Show the figure.

    Returns
    -------
    fig : instance of Figure
        The figure.

    Raises
    ------
    ValueError
        If there is nothing to draw, no such `reference`, or not as many axes as scores.

    Examples
    --------
    >>> import pandas as pd
    >>> from mne_arousal.viz import plot_ablation
    >>> scores = pd.DataFrame({"F1": [0.8, 0.7, 0.75]}, index=["all", "no EMG", "no states"])
    >>> fig = plot_ablation(scores, show=False)
    """
    scores = pd.DataFrame(scores)
    if scores.empty:
        raise ValueError("scores hold no row or no column.")
    reference = scores.index[0] if reference is None else reference
    if reference not in scores.index:
        raise ValueError(f"There is no row {reference!r} among {list(scores.index)}.")
    panels = _make_panels(axes, scores)
    colors = [NONE if name == reference else COLORS[0] for name in scores.index]
    for axis, name in zip(panels, scores, strict=True):
        values = scores[name].to_numpy(dtype=float)
        spread = None if errors is None else errors.loc[scores.index, name].to_numpy(dtype=float)
        rows = np.arange(len(values))
        axis.barh(rows, values, color=colors, xerr=spread, error_kw={"elinewidth": 1}, height=0.7)
        axis.axvline(scores.loc[reference, name], color="black", linewidth=1, linestyle="--")
        for row, value in zip(rows, values, strict=True):
            # Inside the bar, so that neither error bar nor line strikes it through.
            axis.annotate(
                f"{value:.2f}",
                (0, row),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize="small",
                color="black" if colors[row] == NONE else "white",
            )
        axis.set_xlabel(name)
        axis.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(np.arange(len(scores)), [str(name) for name in scores.index])
    panels[0].set_ylim(len(scores) - 0.5, -0.5)
    plt_show(show)
    return panels[0].figure


def _make_panels(axes, scores):
    if axes is None:
        _, axes = plt.subplots(
            1,
            scores.shape[1],
            figsize=(2 + 3 * scores.shape[1], 1 + 0.36 * len(scores)),
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
    panels = np.atleast_1d(np.asarray(axes, dtype=object)).ravel()
    if len(panels) != scores.shape[1]:
        raise ValueError(f"axes has {len(panels)} axes, but there are {scores.shape[1]} scores.")
    return panels
