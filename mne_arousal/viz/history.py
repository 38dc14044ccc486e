"""Training curves of the encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from mne.viz.utils import plt_show

from ._style import COLORS, NONE, panel_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NO_LOSS = ("epoch", "learning_rate", "seconds", "best")  # columns of a training history


def plot_history(
    history: pd.DataFrame, *, axes: Sequence[Axes] | None = None, show: bool = True
) -> Figure:
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

    Examples
    --------
    >>> import pandas as pd
    >>> from mne_arousal.viz import plot_history
    >>> fig = plot_history(pd.DataFrame({"loss": [1.0, 0.6, 0.5]}), show=False)
    """
    history = pd.DataFrame(history)
    losses = history.drop(columns=list(_NO_LOSS), errors="ignore").select_dtypes("number")
    if losses.empty or history.empty:
        raise ValueError("history holds no loss: train for at least one epoch.")
    with_rate = "learning_rate" in history
    fig, axes = panel_axes(axes, [3.0, 1.2] if with_rate else [3.0])
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
            color=COLORS[i % len(COLORS)],
            label=str(name).replace("_", " "),
        )
    values = losses.to_numpy()
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > 5 * values.min():
        axes[0].set_yscale("log")
    if "best" in history and history["best"].any():
        kept = epochs[history["best"].to_numpy(dtype=bool)][-1]
        axes[0].axvline(kept, color=NONE, linewidth=1, zorder=0, label="epoch kept")
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
