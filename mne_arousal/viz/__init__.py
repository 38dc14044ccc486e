"""Figures of what was found in a night, of single events, and of how features came about."""

from .ablation import plot_ablation
from .agreement_figures import plot_bland_altman, plot_min_probability, plot_reliability
from .arousal import plot_arousal
from .dmd import plot_dmd_spectrum
from .embedding import plot_embedding
from .history import plot_history
from .hypnogram import plot_confusion, plot_hypnogram
from .index import plot_index
from .night import plot_night
from .overview import plot_overview

__all__ = [
    "plot_ablation",
    "plot_arousal",
    "plot_bland_altman",
    "plot_confusion",
    "plot_dmd_spectrum",
    "plot_embedding",
    "plot_history",
    "plot_hypnogram",
    "plot_index",
    "plot_min_probability",
    "plot_night",
    "plot_overview",
    "plot_reliability",
]
