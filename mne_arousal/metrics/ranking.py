"""Scored events: precision and recall over all thresholds, and agreement at equal counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ._scores import Scores
from .matching import aligned_events, allowed_pairs, pair_events

if TYPE_CHECKING:
    from ..utils.types import Events


@dataclass(frozen=True)
class EventRanking(Scores):
    """What :func:`score_event_ranking` found; readable by attribute or as a dict.

    Attributes
    ----------
    n_true, n_pred : int
        Number of events.
    average_precision : float
        Sum over thresholds of precision times gain in recall: the area under the curve.
        Below 1 also when the events found leave some true ones out.
    best_f1 : float
        Greatest F1 at any threshold, which no detector knows: an upper bound.
    threshold : array of float, shape (n_thresholds,)
        Scores that occur, from the highest down.
    precision, recall : array of float, shape (n_thresholds,)
        Of the events that score at least that.

    Examples
    --------
    >>> import pandas as pd
    >>> from mne_arousal.metrics import score_event_ranking
    >>> true = pd.DataFrame({"onset": [10.0, 50.0], "duration": 5.0})
    >>> score_event_ranking(true, true.assign(score=[2.0, 1.0])).average_precision
    1.0
    """

    n_true: int
    n_pred: int
    average_precision: float
    best_f1: float
    threshold: np.ndarray = field(repr=False)
    precision: np.ndarray = field(repr=False)
    recall: np.ndarray = field(repr=False)


def score_event_ranking(
    true: Events, pred: Events, *, min_iou: float = 0.0, description: str | None = "arousal"
) -> EventRanking:
    """Score predicted events over all thresholds of their score.

    At each threshold, events that score at least as much are matched one to one with the
    true ones, as many as can be.

    Parameters
    ----------
    true : instance of Annotations | DataFrame
        True events, as :func:`score_arousals` takes them.
    pred : instance of Annotations | DataFrame
        Predicted events with ``score``, a column or in ``extras``: the higher, the surer.
        Should hold events below the detector's own threshold too, or the curve ends there.
    min_iou : float
        Intersection over union that a pair needs, in ``[0, 1]``; 0 asks for any overlap,
        as :func:`score_arousals` does first.
    description : str | None
        Annotations count whose description contains this, in any case; None takes all.

    Returns
    -------
    ranking : EventRanking
        Average precision and the curve; NaN when there is no true event.

    Raises
    ------
    ValueError
        If a predicted event has no score.

    Examples
    --------
    >>> import pandas as pd
    >>> true = pd.DataFrame({"onset": [10.0, 30.0], "duration": [5.0, 5.0]})
    >>> pred = pd.DataFrame(
    ...     {"onset": [9.0, 20.0, 31.0], "duration": [5.0, 3.0, 3.0], "score": [9.0, 5.0, 2.0]}
    ... )
    >>> round(score_event_ranking(true, pred).average_precision, 3)
    0.833
    """
    true, pred = aligned_events(true, pred, description)
    score = _scores(pred, "pred")
    order = np.argsort(-score, kind="stable")
    hits = augmentations(allowed_pairs(true, pred, min_iou)[:, order])
    last = np.flatnonzero(np.diff(score[order], append=-np.inf))
    matched = np.cumsum(hits)[last]
    precision = matched / (last + 1)
    recall = matched / len(true) if len(true) else np.full(len(last), np.nan)
    if len(true):
        area = float(np.sum(precision * np.diff(recall, prepend=0)))
        best = float(np.max(2 * matched / (len(true) + last + 1), initial=0))
    else:
        area = best = np.nan
    return EventRanking(len(true), len(pred), area, best, score[order][last], precision, recall)


def agreement_at_equal_counts(
    first: Events, second: Events, n: int | None = None, *, description: str | None = "arousal"
) -> float:
    """Return how far two detectors agree when both name as many events.

    Of a detector with a lower threshold, only the events that score highest count, so
    that no agreement is lost, or won, by finding more.

    Parameters
    ----------
    first, second : instance of Annotations | DataFrame
        Events, as :func:`score_arousals` takes them, with ``score`` where there are more
        than `n`.
    n : int | None
        Number of events of each. None takes the smaller of the two numbers.
    description : str | None
        Annotations count whose description contains this, in any case; None takes all.

    Returns
    -------
    f1 : float
        Share of the `n` events that overlap, matched one to one: precision, recall and F1
        in one. NaN for no event.

    Raises
    ------
    ValueError
        If a detector has fewer than `n` events, or more but no scores.

    Examples
    --------
    >>> import pandas as pd
    >>> ours = pd.DataFrame({"onset": [10.0, 30.0, 50.0], "duration": 5.0, "score": [3, 1, 2]})
    >>> theirs = pd.DataFrame({"onset": [11.0, 31.0], "duration": [4.0, 4.0]})
    >>> agreement_at_equal_counts(ours, theirs)
    0.5
    """
    first, second = aligned_events(first, second, description)
    n = min(len(first), len(second)) if n is None else int(n)
    if n == 0:
        return np.nan
    pairs = pair_events(_strongest(first, n, "first"), _strongest(second, n, "second"))
    return len(pairs) / n


def _strongest(events, n, name):
    if len(events) < n:
        raise ValueError(f"{name} has {len(events)} events, fewer than the {n} asked for.")
    if len(events) == n:
        return events
    score = _scores(events, name)
    return events.iloc[np.sort(np.argsort(-score, kind="stable")[:n])].reset_index(drop=True)


def _scores(events, name) -> np.ndarray:
    score = events["score"].to_numpy(dtype=float) if "score" in events else np.array([np.nan])
    if len(events) and not np.isfinite(score).all():
        raise ValueError(f"{name} needs a finite score for each event, in a column 'score'.")
    return score[: len(events)]


def augmentations(allowed) -> np.ndarray:
    """Tell which column adds a pair to the largest matching of those before it.

    Augmenting along alternating paths keeps the matching largest at every step (Berge's
    lemma), so all thresholds cost one pass.
    """
    neighbors = [np.flatnonzero(column) for column in allowed.T]
    column_of: dict[int, int] = {}
    row_of: dict[int, int] = {}

    def augment(column) -> bool:
        came_from = {}
        queue = [column]
        for reached in queue:
            for row in neighbors[reached]:
                if row in came_from:
                    continue
                came_from[row] = reached
                if row not in column_of:
                    while row is not None:
                        left = row_of.get(came_from[row])
                        column_of[row], row_of[came_from[row]] = came_from[row], row
                        row = left
                    return True
                queue.append(column_of[row])
        return False

    return np.array([augment(column) for column in range(allowed.shape[1])], dtype=bool)
