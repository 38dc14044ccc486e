"""Dynamic Mode Decomposition of windows, batched."""

from .result import DMDResult
from .transformer import DMDTransformer

__all__ = ["DMDResult", "DMDTransformer"]
