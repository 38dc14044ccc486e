"""Files of stages and marks, one module for each family of formats."""

from .dispatch import read_scoring

__all__ = ["read_scoring"]
