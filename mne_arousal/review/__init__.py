"""Review of a night by a person: what was found is accepted, rejected, moved or added to."""

from .marks import apply_review, read_reviewed
from .session import Review, review_night

__all__ = ["Review", "apply_review", "read_reviewed", "review_night"]
