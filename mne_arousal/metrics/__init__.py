"""Agreement with an expert, or with a simulated truth.

Everything here scores a finished result; nothing here may choose a setting.
"""

from .arousals import ArousalScores, EvidenceScores, score_arousals, score_evidence
from .stages import StageScores, score_stages, transition_ratio

__all__ = [
    "ArousalScores",
    "EvidenceScores",
    "StageScores",
    "score_arousals",
    "score_evidence",
    "score_stages",
    "transition_ratio",
]
