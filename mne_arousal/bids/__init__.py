"""Whole BIDS datasets: recordings in, a BIDS derivative out."""

from .annotate_dataset import annotate_bids

__all__ = ["annotate_bids"]
