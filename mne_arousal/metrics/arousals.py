"""Arousals: agreement of predicted events with true events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._scores import Scores
from .matching import aligned_events, pair_events

if TYPE_CHECKING:
    from ..utils.types import Events


@dataclass(frozen=True)
class ArousalScores(Scores):
    """What :func:`score_arousals` found; readable by attribute or as a dict.

    Ratios whose denominator is zero are NaN, and so are errors when nothing matched.

    Attributes
    ----------
    n_true, n_pred : int
        Number of events.
    n_matched, n_matched_iou : int
        Matched pairs, at any overlap and at ``min_iou``.
    precision, recall, f1 : float
        At any overlap.
    precision_iou, recall_iou, f1_iou : float
        At an intersection over union of at least ``min_iou``.
    min_iou : float
        The intersection over union asked for.
    onset_error_median, onset_error_mean, onset_error_p90 : float
        Median, mean and 90th percentile of ``|onset predicted - onset true|``, s, over
        the pairs matched at any overlap.
    onset_bias : float
        Median of ``onset predicted - onset true``, s: positive is late.
    interval_coverage : float
        Share of those pairs whose true onset lies in ``[onset_low, onset_high]`` of the
        prediction; NaN when predictions carry no intervals.
    offset_error_median, offset_error_p90, offset_bias : float
        The same of offsets, the ends of events, s.

    Examples
    --------
    >>> import pandas as pd
    >>> from mne_arousal.metrics import score_arousals
    >>> true = pd.DataFrame({"onset": [10.0, 50.0], "duration": 5.0})
    >>> scores = score_arousals(true, true[:1])
    >>> scores.n_matched, scores["recall"]
    (1, 0.5)
    """

    n_true: int
    n_pred: int
    n_matched: int
    precision: float
    recall: float
    f1: float
    n_matched_iou: int
    precision_iou: float
    recall_iou: float
    f1_iou: float
    min_iou: float
    onset_error_median: float
    onset_error_mean: float
    onset_error_p90: float
    onset_bias: float
    interval_coverage: float
    offset_error_median: float
    offset_error_p90: float
    offset_bias: float


def score_arousals(
    true: Events, pred: Events, *, min_iou: float = 0.3, description: str | None = "arousal"
) -> ArousalScores:
    """Score predicted arousals against true ones, event by event.

    Events are matched one to one: of all matchings, one with the most pairs, and of
    these, one with the greatest sum of intersections over unions. One long prediction
    over three true events is one match, and so are three predictions in one true event.

    Parameters
    ----------
    true, pred : instance of Annotations | DataFrame
        Events with ``onset`` and ``duration`` in s. When both tables have a column (or
        index level) ``recording``, events match within a recording only. When both
        annotations have an ``orig_time``, predictions are moved by the difference.
        Predictions may carry ``onset_low`` and ``onset_high``, s, as columns or
        ``extras``.
    min_iou : float
        Intersection over union that the stricter scores ask for, in ``(0, 1]``. 0.3
        forgives a boundary that is off by about the event's own length, as between two
        experts, and no more.
    description : str | None
        Annotations count whose description contains this, in any case; None takes all.

    Returns
    -------
    scores : ArousalScores
        Precision, recall and F1 at any overlap and at `min_iou`, and onset errors.

    Raises
    ------
    ValueError
        If `min_iou` is out of range, or onsets or durations are missing, NaN or negative.

    See Also
    --------
    match_events : The pairs themselves.
    score_event_ranking : Precision and recall over all thresholds.

    Examples
    --------
    >>> import pandas as pd
    >>> true = pd.DataFrame({"onset": [10.0, 30.0, 50.0], "duration": [5.0, 5.0, 5.0]})
    >>> pred = pd.DataFrame({"onset": [10.5, 32.0], "duration": [5.0, 4.0]})
    >>> scores = score_arousals(true, pred)
    >>> scores.precision, round(scores.recall, 2), scores.onset_error_median
    (1.0, 0.67, 1.25)
    """
    if not 0 < min_iou <= 1:
        raise ValueError(f"min_iou must lie in (0, 1], not {min_iou}.")
    true, pred = aligned_events(true, pred, description)
    pairs = pair_events(true, pred)
    strict = len(pair_events(true, pred, min_iou))
    n_true, n_pred, n_matched = len(true), len(pred), len(pairs)
    error, end_error = pairs["onset_error"].to_numpy(), pairs["offset_error"].to_numpy()
    coverage = np.nan
    if n_matched and {"onset_low", "onset_high"} <= set(pred):
        onset, matched = true["onset"].to_numpy()[pairs["true"]], pred.iloc[pairs["pred"]]
        inside = matched["onset_low"].to_numpy() <= onset
        coverage = float(np.mean(inside & (onset <= matched["onset_high"].to_numpy())))
    return ArousalScores(
        n_true,
        n_pred,
        n_matched,
        *_ratios(n_matched, n_true, n_pred),
        strict,
        *_ratios(strict, n_true, n_pred),
        float(min_iou),
        *_summary(np.abs(error)),
        _summary(error)[0],
        coverage,
        *_summary(np.abs(end_error))[::2],
        _summary(end_error)[0],
    )


def _ratios(n_matched, n_true, n_pred) -> tuple[float, float, float]:
    """Precision, recall and F1; NaN where there is nothing to divide by."""

    def share(part, whole):
        return part / whole if whole else np.nan

    return (
        share(n_matched, n_pred),
        share(n_matched, n_true),
        share(2 * n_matched, n_true + n_pred),
    )


def _summary(values) -> tuple[float, float, float]:
    """Median, mean and 90th percentile; NaN for nothing."""
    if len(values) == 0:
        return np.nan, np.nan, np.nan
    return float(np.median(values)), float(np.mean(values)), float(np.percentile(values, 90))
