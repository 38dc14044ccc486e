"""Agreement with an expert, or with a simulated truth.

Everything here scores a finished result; nothing here may choose a setting.
"""

from .agreement import IndexScores, per_second_kappa, score_arousal_index
from .arousals import ArousalScores, score_arousals
from .evaluation import Evaluation, evaluate_dataset
from .evidence import EvidenceScores, gross_auprc, label_samples, score_evidence
from .matching import match_events
from .named_stages import NamedStageScores
from .ranking import EventRanking, agreement_at_equal_counts, score_event_ranking
from .stages import StageScores, score_stages, transition_ratio

__all__ = [
    "ArousalScores",
    "Evaluation",
    "EventRanking",
    "EvidenceScores",
    "IndexScores",
    "NamedStageScores",
    "StageScores",
    "agreement_at_equal_counts",
    "evaluate_dataset",
    "gross_auprc",
    "label_samples",
    "match_events",
    "per_second_kappa",
    "score_arousal_index",
    "score_arousals",
    "score_event_ranking",
    "score_evidence",
    "score_stages",
    "transition_ratio",
]
