"""Figures of an evaluation: agreement of indices, reliability, F1 against a probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from mne.viz.utils import plt_show

from ._style import AROUSAL, COLORS, NONE, single_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LIMITS = 1.96  # standard deviations (Bland & Altman 1986)


def plot_bland_altman(
    recordings: pd.DataFrame, *, axes: Axes | None = None, show: bool = True
) -> Figure:
    """Plot the difference of two arousal indices against their mean (Bland & Altman 1986).

    The solid line is the bias, the dashed lines are the limits of agreement.

    Parameters
    ----------
    recordings : DataFrame
        One row for each recording, with ``index_true`` and ``index_found``, per hour of sleep, as
        in ``evaluation.recordings`` of one comparison.
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
    >>> import pandas as pd
    >>> from mne_arousal.viz import plot_bland_altman
    >>> table = pd.DataFrame({"index_true": [10.0, 20.0], "index_found": [11.0, 18.0]})
    >>> fig = plot_bland_altman(table, show=False)
    """
    fig, axes = single_axes(axes, (6, 3.6))
    known = recordings.dropna(subset=["index_true", "index_found"])
    difference = (known["index_found"] - known["index_true"]).to_numpy(dtype=float)
    mean = (known["index_found"] + known["index_true"]).to_numpy(dtype=float) / 2
    axes.axhline(0, color=NONE, lw=1)
    axes.plot(mean, difference, "o", color=COLORS[0], alpha=0.7, ms=5)
    if len(difference):
        _limit_line(axes, difference.mean(), "bias", "-")
    if len(difference) > 1:
        spread = _LIMITS * difference.std(ddof=1)
        _limit_line(axes, difference.mean() + spread, "upper limit", "--")
        _limit_line(axes, difference.mean() - spread, "lower limit", "--")
    axes.set(
        xlabel="Mean of both arousal indices (per hour)",
        ylabel="Found minus expert (per hour)",
    )
    axes.spines[["top", "right"]].set_visible(False)
    plt_show(show)
    return fig


def _limit_line(axes, value: float, label: str, style: str) -> None:
    axes.axhline(value, color=AROUSAL, ls=style, lw=1.2)
    axes.annotate(
        f"{label} {value:+.1f}",
        (1.0, value),
        xycoords=("axes fraction", "data"),
        xytext=(-2, 3),
        textcoords="offset points",
        ha="right",
        color=AROUSAL,
        fontsize="small",
    )


def plot_reliability(
    reliability: pd.DataFrame, *, axes: Axes | None = None, show: bool = True
) -> Figure:
    """Plot the share of true events against their probability: a reliability diagram.

    Parameters
    ----------
    reliability : DataFrame
        One row for each bin, with ``probability``, ``share``, ``share_low``, ``share_high`` and
        ``n``, as in ``evaluation.reliability`` of one comparison.
    axes : instance of Axes | None
        Where to draw. None makes a figure.
    show : bool
        Show the figure.

    Returns
    -------
    fig : instance of Figure
        The figure. Points on the diagonal have probabilities that are right; the number beside
        each is that of its events.

    Examples
    --------
    >>> import pandas as pd
    >>> from mne_arousal.viz import plot_reliability
    >>> table = pd.DataFrame({"probability": [0.3, 0.8], "share": [0.2, 0.9], "n": [10, 20]})
    >>> table = table.assign(share_low=table["share"] - 0.1, share_high=table["share"] + 0.1)
    >>> fig = plot_reliability(table, show=False)
    """
    fig, axes = single_axes(axes, (4.6, 4.2))
    p, share, low, high = (
        reliability[column].to_numpy(dtype=float)
        for column in ("probability", "share", "share_low", "share_high")
    )
    axes.plot([0, 1], [0, 1], color=NONE, lw=1)
    bars = np.nan_to_num(np.clip(np.array([share - low, high - share]), 0, None))
    axes.errorbar(p, share, bars, fmt="o-", color=COLORS[0], ecolor=COLORS[4], lw=1.2, ms=5)
    for x, y, n in zip(p, share, reliability["n"], strict=True):
        axes.annotate(
            f"{int(n)}", (x, y), xytext=(5, 5), textcoords="offset points", fontsize="x-small"
        )
    axes.set(
        xlabel="Probability (mean of bin)",
        ylabel="Share that an expert marked",
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.02),
        aspect="equal",
    )
    axes.spines[["top", "right"]].set_visible(False)
    plt_show(show)
    return fig


def plot_min_probability(
    curve: pd.DataFrame, *, axes: Axes | None = None, show: bool = True
) -> Figure:
    """Plot F1, precision and recall against the probability that an arousal must have.

    Parameters
    ----------
    curve : DataFrame
        One row for each threshold, with ``min_probability``, ``precision``, ``recall``, ``f1``,
        ``f1_low`` and ``f1_high``, as in ``evaluation.curve`` of one comparison.
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
    >>> import pandas as pd
    >>> from mne_arousal.viz import plot_min_probability
    >>> table = pd.DataFrame({"min_probability": [0.2, 0.8], "f1": [0.6, 0.5]})
    >>> table = table.assign(precision=0.6, recall=0.6, f1_low=0.4, f1_high=0.7)
    >>> fig = plot_min_probability(table, show=False)
    """
    fig, axes = single_axes(axes, (6, 3.6))
    x = curve["min_probability"].to_numpy(dtype=float)
    low, high = (curve[column].to_numpy(dtype=float) for column in ("f1_low", "f1_high"))
    axes.fill_between(x, low, high, color=AROUSAL, alpha=0.2, lw=0)
    for column, color, style in (
        ("f1", AROUSAL, "-"),
        ("precision", COLORS[0], "--"),
        ("recall", COLORS[2], ":"),
    ):
        label = "F1" if column == "f1" else column
        axes.plot(x, curve[column].to_numpy(dtype=float), style, color=color, label=label)
    axes.set(xlabel="min_probability", ylabel="Score", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(frameon=False, loc="lower center", ncols=3)
    axes.spines[["top", "right"]].set_visible(False)
    plt_show(show)
    return fig
