"""Dynamic modes of one window: frequency against growth, and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import mne
import numpy as np
from mne.viz.utils import plt_show

from ._style import COLORS, MARKERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..dmd import DMDResult

_LARGEST = 400  # points², area of the marker of a mode that holds all energy
_LEAST = 0.01  # share of energy below which a mode's map is noise
_SLOWEST = -60.0  # 1/s; a mode that decays faster is gone within two samples, and is no rhythm


def plot_dmd_spectrum(
    result: DMDResult,
    window: int = 0,
    *,
    ch_names: Sequence[str] | None = None,
    info: mne.Info | None = None,
    n_maps: int = 4,
    axes: Sequence[Axes] | None = None,
    show: bool = True,
) -> Figure:
    """Plot the modes of one window: frequency against growth rate, and their maps.

    Each mode is a point, as large as its share of the window's energy; a conjugate pair is one
    point. Above the line at 0 a mode grows, below it decays. Where all channels were decomposed
    together (``joint=True``), the magnitudes of the modes with most energy are drawn over the
    channels: as scalp maps where `info` has positions of EEG channels that are not on one line,
    as bars otherwise. Modes that decay faster than 60 per second are drawn at that rate, with a
    black edge, and modes with less than 1 % of the energy have no map.

    Parameters
    ----------
    result : instance of DMDResult
        As ``DMDTransformer.decompose`` returns it.
    window : int
        Which window.
    ch_names : list of str | None
        Names of the channels that were decomposed. None numbers them, or takes those of
        `info`.
    info : instance of Info | None
        Channels with their positions, in the order in which they were decomposed.
    n_maps : int
        Most modes to draw over the channels.
    axes : list of Axes | None
        Where to draw: the spectrum, then one for each map. None makes a figure.
    show : bool
        Show the figure.

    Returns
    -------
    fig : instance of Figure
        The figure.

    Raises
    ------
    ValueError
        If there is no such window, or it has no modes (a gap, or a flat signal), or there are
        not as many axes as panels.

    Examples
    --------
    >>> import numpy as np
    >>> from mne_arousal import DMDTransformer
    >>> from mne_arousal.viz import plot_dmd_spectrum
    >>> times = np.arange(200) / 100
    >>> X = 1e-5 * np.sin(2 * np.pi * 10 * times) + 1e-6 * np.cos(2 * np.pi * 3 * times)
    >>> dmd = DMDTransformer(sfreq=100.0).fit(X[np.newaxis])
    >>> fig = plot_dmd_spectrum(dmd.decompose(X[np.newaxis]), show=False)
    """
    frequencies, growth, share = _modes_of(result, window)
    all_modes = np.asarray(result.modes)
    joint = frequencies.shape[0] == 1 and all_modes.shape[1] > 1
    names = list(info["ch_names"]) if info is not None and ch_names is None else ch_names
    if names is None:
        names = [f"channel {i}" for i in range(all_modes.shape[1])]
    ranked = np.argsort(-np.nan_to_num(share[0]))[:n_maps] if joint else np.array([], dtype=int)
    order = [i for i in ranked if share[0, i] >= _LEAST]
    panels = _make_axes(axes, len(order))
    _draw_spectrum(panels[0], frequencies, growth, share, None if joint else names, result.sfreq)
    maps = [np.abs(all_modes[window, :, 0, i]) for i in order]
    for number, (axis, i, weights) in enumerate(zip(panels[1:], order, maps, strict=True), start=1):
        panels[0].annotate(
            str(number),
            (frequencies[0, i], growth[0, i]),
            (10, 0),
            textcoords="offset points",
            va="center",
            weight="bold",
        )
        _draw_map(axis, weights / weights.max(), names, info)
        axis.set_title(f"{number}: {frequencies[0, i]:.1f} Hz", fontsize="medium")
    plt_show(show)
    return panels[0].figure


def _modes_of(result, window):
    """Frequency, growth and share of energy of one window, shape (n_groups, n_modes)."""
    n_windows = len(result.ranks)
    if not -n_windows <= window < n_windows:
        raise ValueError(f"There are {n_windows} windows; there is no number {window}.")
    frequencies = np.atleast_2d(result.frequencies[window])
    growth = np.atleast_2d(result.growth_rates[window])
    share = np.atleast_2d(result.mode_importance()[window]).copy()
    # a conjugate pair is one oscillation: the half with negative frequency is its mirror
    oscillates = np.abs(np.abs(frequencies) - result.sfreq / 2) > 1e-6
    share[(frequencies > 0) & oscillates] *= 2
    share[(frequencies < 0) | ~np.isfinite(growth)] = 0
    if not (share > 0).any():
        raise ValueError(f"Window {window} has no modes: it is flat, or holds a gap.")
    return frequencies, growth, share


def _make_axes(axes, n_maps):
    if axes is None:
        fig = plt.figure(figsize=(7, 4.2 + (2.1 if n_maps else 0)), layout="constrained")
        grid = fig.add_gridspec(
            2 if n_maps else 1, max(n_maps, 1), height_ratios=[2, 1] if n_maps else None
        )
        top = fig.add_subplot(grid[0, :])
        return [top, *(fig.add_subplot(grid[1, i]) for i in range(n_maps))]
    axes = np.atleast_1d(np.asarray(axes, dtype=object)).ravel()
    if len(axes) != 1 + n_maps:
        raise ValueError(f"axes has {len(axes)} axes, but there are {1 + n_maps} panels to draw.")
    return list(axes)


def _draw_spectrum(axis, frequencies, growth, share, names, sfreq) -> None:
    floor = min(max(_SLOWEST, np.min(growth[share > 0])), -1.0)
    for i, weight in enumerate(share):
        some = weight > 0
        outside = some & (growth[i] < floor)
        axis.scatter(
            frequencies[i][some],
            np.maximum(growth[i][some], floor),
            s=_LARGEST * weight[some] + 6,
            color=COLORS[i % len(COLORS)],
            marker=MARKERS[i % len(MARKERS)],
            alpha=0.75,
            edgecolors=["none" if not out else "black" for out in outside[some]],
            label=None if names is None else names[i],
        )
    axis.axhline(0, color="0.6", linewidth=0.8)
    axis.set(
        xlabel="Frequency (Hz)",
        ylabel="Growth rate (1/s), negative decays",
        xlim=(-0.02 * sfreq / 2, 1.02 * sfreq / 2),
    )
    text = "Area: share of the window's energy"
    axis.set_title(text if names else f"{text}. Below: magnitude of a mode", loc="left", size=10)
    if names is not None and len(share) > 1:
        legend = axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        for handle in legend.legend_handles:
            handle.set_sizes([40])
    axis.spines[["top", "right"]].set_visible(False)


def _draw_map(axis, weights, names, info) -> None:
    if info is not None and _spans_scalp(info):
        mne.viz.plot_topomap(
            weights, info, axes=axis, cmap="cividis", vlim=(0, 1), show=False, contours=0
        )
        return
    axis.bar(np.arange(len(weights)), weights, color=COLORS[0])
    axis.set_xticks(np.arange(len(weights)), names, rotation=60, ha="right", fontsize="small")
    axis.set_ylim(0, 1.05)
    axis.set_ylabel("Mode (share\nof its largest)", fontsize="small")
    axis.spines[["top", "right"]].set_visible(False)


def _spans_scalp(info) -> bool:
    """Whether the channels have positions, not all on one line: a map needs a surface."""
    positions = np.array([ch["loc"][:2] for ch in info["chs"]])
    if not np.isfinite(positions).all():
        return False
    return np.linalg.matrix_rank(positions - positions.mean(axis=0), tol=0.01) == 2
