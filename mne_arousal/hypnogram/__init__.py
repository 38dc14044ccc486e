"""Sleep stages that somebody else scored."""

from .reading import EPOCH_LENGTH, STAGES, UNSCORED, hypnogram_to_stages, read_hypnogram

__all__ = ["EPOCH_LENGTH", "STAGES", "UNSCORED", "hypnogram_to_stages", "read_hypnogram"]
