"""What the body does beside the EEG: heart, breath, muscles, oxygen, movement."""

from .transformer import BodyTransformer

__all__ = ["BodyTransformer"]
