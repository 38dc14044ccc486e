"""Sleep stages and arousals that somebody else scored."""

from .codes import EPOCH_LENGTH, STAGES, UNSCORED
from .marks import read_arousals
from .reading import hypnogram_to_stages, read_hypnogram
from .table import Hypnogram
from .writing import write_hypnogram

__all__ = [
    "EPOCH_LENGTH",
    "STAGES",
    "UNSCORED",
    "Hypnogram",
    "hypnogram_to_stages",
    "read_arousals",
    "read_hypnogram",
    "write_hypnogram",
]
