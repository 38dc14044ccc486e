"""Figures of what was found in a night, and of how the encoder trained."""

from .arousal import plot_arousal
from .embedding import plot_embedding
from .history import plot_history
from .night import plot_night

__all__ = ["plot_arousal", "plot_embedding", "plot_history", "plot_night"]
