"""Colors and panels that all figures share."""

from __future__ import annotations

import matplotlib.pyplot as plt
import mne
import numpy as np

from ..hypnogram import UNSCORED
from ..utils.annotations import recording_onsets

# Okabe & Ito (2008): told apart by color-blind readers, and in gray by its steps in lightness.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
MARKERS = "os^Dv"
NONE = "#BBBBBB"
AROUSAL = "#D55E00"


def label_color(label) -> str:
    """Color of a cluster, the same in every figure."""
    return NONE if label == UNSCORED else COLORS[int(label) % len(COLORS)]


def label_marker(label) -> str:
    return "x" if label == UNSCORED else MARKERS[int(label) // len(COLORS) % len(MARKERS)]


def panel_axes(axes, heights):
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


def single_axes(axes, figsize):
    """Return the figure and the axes to draw in, made where there are none."""
    if axes is not None:
        return axes.figure, axes
    return plt.subplots(figsize=figsize, layout="constrained")


def arousal_onsets(arousals) -> np.ndarray:
    """Onsets in hours."""
    if isinstance(arousals, mne.Annotations):
        keep = ["arousal" in str(text).lower() for text in arousals.description]
        return recording_onsets(arousals)[keep] / 3600
    return np.asarray(arousals["onset"], dtype=float) / 3600
