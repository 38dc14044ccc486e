"""Arousals: agreement of predicted events, and of evidence per window, with true events."""

from __future__ import annotations

from dataclasses import dataclass

import mne
import numpy as np
import pandas as pd
from mne.utils import warn
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import average_precision_score, roc_auc_score

from ._scores import Scores

_TOUCHING = 1e-9  # s: events that share less only touch, up to rounding


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


@dataclass(frozen=True)
class EvidenceScores(Scores):
    """What :func:`score_evidence` found; readable by attribute or as a dict.

    Attributes
    ----------
    n_windows : int
        Windows with finite evidence.
    prevalence : float
        Share of them in an arousal: the average precision of a guess.
    average_precision : float
        Area under the precision-recall curve of windows.
    roc_auc : float
        Area under the receiver operating characteristic of windows.
    """

    n_windows: int
    prevalence: float
    average_precision: float
    roc_auc: float


def score_arousals(true, pred, *, min_iou=0.3, description="arousal"):
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
    """
    if not 0 < min_iou <= 1:
        raise ValueError(f"min_iou must lie in (0, 1], not {min_iou}.")
    delay = _delay(true, pred)
    true, pred = _events(true, "true", description), _events(pred, "pred", description)
    for column in {"onset", "onset_low", "onset_high"} & set(pred):
        pred[column] = pred[column] + delay
    overlap, iou = _overlaps(true, pred)
    rows, columns = _match(overlap > _TOUCHING, iou)
    # Rounding in seconds since midnight must not fail an IoU that is exactly min_iou.
    strict = len(_match(iou >= min_iou - 1e-9, iou)[0])
    n_true, n_pred, n_matched = len(true), len(pred), len(rows)
    onset, matched = true["onset"].to_numpy()[rows], pred.iloc[columns]
    error = matched["onset"].to_numpy() - onset
    coverage = np.nan
    if len(error) and {"onset_low", "onset_high"} <= set(pred):
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
    )


def score_evidence(true, evidence, times, *, window_length=2.0, description="arousal"):
    """Score evidence window by window, without a threshold.

    A window counts as arousal when its centre lies in a true event.

    Parameters
    ----------
    true : instance of Annotations | DataFrame
        True events of one recording, ``onset`` and ``duration`` in s.
    evidence : array, shape (n_windows,)
        The higher, the more arousal-like, as ``ArousalClusterer.decision_function``
        returns it. Windows of NaN are left out.
    times : array, shape (n_windows,)
        Start of each window, s from where onsets count.
    window_length : float
        Length of a window, s. The default is that of ``PSGWindower``.
    description : str | None
        Annotations count whose description contains this, in any case; None takes all.

    Returns
    -------
    scores : EvidenceScores
        Average precision, the prevalence to compare it with, and area under the ROC.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    evidence, times = np.asarray(evidence, dtype=float), np.asarray(times, dtype=float)
    if evidence.ndim != 1 or evidence.shape != times.shape:
        raise ValueError(
            "evidence and times need one entry per window each, but have shapes "
            f"{evidence.shape} and {times.shape}."
        )
    events = _events(true, "true", description)
    centre = times + window_length / 2
    positive = np.zeros(len(centre), dtype=bool)
    for onset, duration in zip(events["onset"], events["duration"], strict=True):
        positive |= (onset <= centre) & (centre < onset + duration)
    finite = np.isfinite(evidence)
    positive, evidence = positive[finite], evidence[finite]
    if len(np.unique(positive)) < 2:
        precision = auc = np.nan
    else:
        precision = float(average_precision_score(positive, evidence))
        auc = float(roc_auc_score(positive, evidence))
    prevalence = float(positive.mean()) if len(positive) else np.nan
    return EvidenceScores(len(positive), prevalence, precision, auc)


def _delay(true, pred) -> float:
    """Seconds from the origin of `true`'s onsets to that of `pred`'s."""
    origins = [getattr(events, "orig_time", None) for events in (true, pred)]
    return 0.0 if None in origins else (origins[1] - origins[0]).total_seconds()


def _events(events, name, description) -> pd.DataFrame:
    """Return events as a table of onset, duration and what else they carry."""
    if isinstance(events, mne.Annotations):
        table = _annotations_table(events, name, description)
    elif isinstance(events, pd.DataFrame):
        levels = [level for level in ("recording", "onset") if level in events.index.names]
        new = [level for level in levels if level not in events]
        table = (events.reset_index(level=new) if new else events).reset_index(drop=True)
    else:
        raise ValueError(
            f"{name} must be mne.Annotations or a DataFrame, not {type(events).__name__}."
        )
    missing = {"onset", "duration"} - set(table)
    if missing:
        raise ValueError(f"{name} lacks the column {' and '.join(sorted(missing))}.")
    numbers = table[["onset", "duration"]].to_numpy(dtype=float)
    if not np.isfinite(numbers).all() or (numbers[:, 1] < 0).any():
        raise ValueError(f"{name} has an onset or duration that is NaN, infinite or negative.")
    return table.copy()


def _annotations_table(annotations, name, description) -> pd.DataFrame:
    keep = [
        i
        for i, text in enumerate(annotations.description)
        if description is None or description.lower() in str(text).lower()
    ]
    if len(annotations) and not keep:
        warn(
            f"None of the {len(annotations)} annotations in {name} has {description!r} in its "
            "description, so there is no event; pass description=None to take all."
        )
    table = pd.DataFrame(
        {"onset": annotations.onset[keep], "duration": annotations.duration[keep]}, dtype=float
    )
    extras = [annotations.extras[i] for i in keep]
    for column in ("onset_low", "onset_high"):
        if extras and all(column in extra for extra in extras):
            table[column] = [float(extra[column]) for extra in extras]
    return table


def _overlaps(true, pred) -> tuple[np.ndarray, np.ndarray]:
    """Overlap (s) and intersection over union, shape (n_true, n_pred)."""
    start = [table["onset"].to_numpy(dtype=float) for table in (true, pred)]
    length = [table["duration"].to_numpy(dtype=float) for table in (true, pred)]
    stop = [lo + n for lo, n in zip(start, length, strict=True)]
    overlap = np.minimum(stop[0][:, None], stop[1]) - np.maximum(start[0][:, None], start[1])
    overlap = np.clip(overlap, 0, None)
    if "recording" in true and "recording" in pred:
        overlap[true["recording"].to_numpy()[:, None] != pred["recording"].to_numpy()] = 0
    union = length[0][:, None] + length[1] - overlap
    return overlap, np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)


def _match(allowed, iou) -> tuple[np.ndarray, np.ndarray]:
    """Most allowed pairs, one to one, and of such matchings the greatest total IoU."""
    # All IoUs together weigh less than one pair, so the count comes first.
    weight = np.where(allowed, 1 + iou / (1 + min(iou.shape)), 0)
    rows, columns = linear_sum_assignment(weight, maximize=True)
    kept = allowed[rows, columns]
    return rows[kept], columns[kept]


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
