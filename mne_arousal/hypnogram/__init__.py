"""Sleep stages that somebody else scored."""

from .codes import EPOCH_LENGTH, STAGES, UNSCORED
from .reading import hypnogram_to_stages, read_hypnogram
from .table import Hypnogram

__all__ = [
    "EPOCH_LENGTH",
    "STAGES",
    "UNSCORED",
    "Hypnogram",
    "hypnogram_to_stages",
    "read_hypnogram",
]
