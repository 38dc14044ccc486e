"""A CNN + LSTM encoder of polysomnography windows, trained without labels."""

from .estimator import PSGEncoder

__all__ = ["PSGEncoder"]
