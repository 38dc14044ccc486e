"""What one recording adds to the scores of a data set: counts that sum up over recordings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..hypnogram import EPOCH_LENGTH, STAGES
from .evidence import label_samples
from .marked import Marked
from .matching import allowed_pairs, pair_events
from .ranking import augmentations
from .samples import N_LEVELS, SFREQ, challenge_labels, count_levels, sample_levels

CRITERIA = ("overlap", "iou", "onset")
GROUPS = ("all", *STAGES)
# candidates under 0.05 are not written
MIN_PROBABILITIES = np.round(np.arange(0.06, 0.99, 0.02), 2)
N_BINS = 10  # of probability, in reliability diagrams
_MOST_LEVELS = N_LEVELS - 1


@dataclass
class Tally:
    """Counts of one recording.

    Attributes
    ----------
    events : dict of array, shape (6, 4)
        Of each criterion; a row for all and for each stage: true events, found events, true events
        that are matched, found events that are matched.
    seconds : array, shape (4,)
        In both, in the truth alone, found alone, in neither.
    levels : array, shape (2, n_levels)
        Samples of arousals and of sleep at each level of probability.
    index : array, shape (5,)
        1, arousals per hour of the truth and found, their difference, its square; zeros where the
        hours of sleep are unknown.
    errors : array, shape (n_matched,)
        Onset found minus true, s, at any overlap; within the tolerance for marks of onset alone.
    error_stages : array of int, shape (n_matched,)
        Stage of each.
    coverage : dict of array, shape (2,)
        Matched events that have an interval of the ``"onset"`` or the ``"end"``, and those whose
        interval holds it.
    reliability : array, shape (N_BINS, 3)
        Events of each bin of probability, their summed probability, and how many are true.
    curve : array, shape (n_thresholds, 3)
        True events, found events and matched ones, for each of ``MIN_PROBABILITIES``.
    squares : array, shape (2,)
        Events with a probability, and summed squares of probability minus outcome.
    row : dict
        What the table of recordings shows of it.
    """

    events: dict[str, np.ndarray]
    seconds: np.ndarray
    levels: np.ndarray
    index: np.ndarray
    errors: np.ndarray
    error_stages: np.ndarray
    coverage: dict[str, np.ndarray]
    reliability: np.ndarray = field(default_factory=lambda: np.zeros((N_BINS, 3)))
    curve: np.ndarray = field(default_factory=lambda: np.zeros((len(MIN_PROBABILITIES), 3)))
    squares: np.ndarray = field(default_factory=lambda: np.zeros(2))
    row: dict = field(default_factory=dict)


def tally(
    found: Marked, truth: Marked, *, min_iou: float, tolerance: float, edges: np.ndarray
) -> Tally:
    """Count one recording.

    Parameters
    ----------
    found, truth : Marked
        The recording as it was found, and as an expert marked it.
    min_iou : float
        Intersection over union of the stricter criterion.
    tolerance : float
        Distance of onsets of the third criterion, s.
    edges : array
        Edges of levels of scores, for events without a probability.

    Returns
    -------
    tally : Tally
        The counts.
    """
    stages = truth.stages if truth.stages is not None else found.stages
    onset_only = lacks_durations(found, truth)
    true = truth.events.assign(duration=truth.events["duration"].fillna(0.0))
    collar = tolerance if onset_only else None
    pred, n_outside = _scored(_solid(found.events), true, truth.stages, collar)
    candidates, _ = _scored(_solid(found.candidates), true, truth.stages, collar)
    strata = [_stage_at(table["onset"], stages) for table in (true, pred)]
    pairs = {"onset": pair_events(true, pred, collar=tolerance)}
    if not onset_only:
        pairs |= {"overlap": pair_events(true, pred), "iou": pair_events(true, pred, min_iou)}
    events = {
        name: _by_stage(pairs[name], *strata) if name in pairs else np.zeros((len(GROUPS), 4))
        for name in CRITERIA
    }
    matched = pairs["onset" if onset_only else "overlap"]
    duration = max(found.end, truth.end)
    parts = [table for table in (pred, candidates) if len(table)]
    everything = pd.concat(parts, ignore_index=True) if parts else pred
    made = Tally(
        events,
        np.zeros(4) if onset_only else _seconds(true, pred, stages, duration),
        np.zeros((2, N_LEVELS)) if onset_only else _levels(everything, truth, duration, edges),
        _index(true, pred, found, truth),
        matched["onset_error"].to_numpy(),
        strata[0][matched["true"].to_numpy(dtype=int)],
        _coverage(true, pred, matched, onset_only),
    )
    if "probability" in everything:
        _add_probability(made, true, everything, collar)
    made.row = _row(made, found, truth, n_outside, onset_only)
    return made


def lacks_durations(found: Marked, truth: Marked) -> bool:
    """Tell whether a mark of either has an onset alone, so that only onsets can be compared."""
    return truth.n_without_duration > 0 or found.n_without_duration > 0


def _solid(events: pd.DataFrame) -> pd.DataFrame:
    return events.assign(duration=events["duration"].fillna(0.0)).reset_index(drop=True)


def _scored(pred, true, stages, collar) -> tuple[pd.DataFrame, int]:
    """Leave out what was found where the expert scored nothing, unless his mark is there."""
    if stages is None or not len(pred):
        return pred, 0
    outside = _stage_at(pred["onset"], stages) < 0
    outside &= ~allowed_pairs(true, pred, collar=collar).any(axis=0)
    return pred[~outside].reset_index(drop=True), int(outside.sum())


def _stage_at(onsets, stages) -> np.ndarray:
    """Stage in which events begin; -1 where none is known."""
    codes = np.full(len(onsets), -1)
    if stages is None or not len(stages):
        return codes
    epoch = np.floor(np.asarray(onsets, dtype=float) / EPOCH_LENGTH).astype(int)
    inside = (epoch >= 0) & (epoch < len(stages))
    codes[inside] = stages[epoch[inside]]
    return codes


def _by_stage(pairs, true_stages, pred_stages) -> np.ndarray:
    matched = [np.zeros(len(stages), dtype=bool) for stages in (true_stages, pred_stages)]
    matched[0][pairs["true"].to_numpy(dtype=int)] = True
    matched[1][pairs["pred"].to_numpy(dtype=int)] = True
    rows = [[len(true_stages), len(pred_stages), matched[0].sum(), matched[1].sum()]]
    for code in range(len(STAGES)):
        of_it = [stages == code for stages in (true_stages, pred_stages)]
        hits = [(m & s).sum() for m, s in zip(matched, of_it, strict=True)]
        rows.append([of_it[0].sum(), of_it[1].sum(), *hits])
    return np.array(rows, dtype=float)


def _seconds(true, pred, stages, duration) -> np.ndarray:
    labels = [label_samples(events, int(duration), stages=stages) for events in (true, pred)]
    scored = (labels[0] >= 0) | (labels[1] >= 0)
    a, b = (part[scored] > 0 for part in labels)
    return np.array([(a & b).sum(), (a & ~b).sum(), (~a & b).sum(), (~a & ~b).sum()], dtype=float)


def _levels(events, truth, duration, edges) -> np.ndarray:
    labels = challenge_labels(truth, duration)
    samples = sample_levels(events, event_levels(events, edges), int(duration * SFREQ))
    return count_levels(labels, samples)


def event_levels(events: pd.DataFrame, edges: np.ndarray) -> np.ndarray:
    """Turn the probability of events, or else their score, into levels of 0 to 1000.

    Parameters
    ----------
    events : DataFrame
        Events.
    edges : array
        Scores between which levels lie, for events without a probability.

    Returns
    -------
    levels : array of int, shape (n_events,)
        The highest where events have neither.
    """
    if "probability" in events and events["probability"].notna().all():
        rounded = np.round(events["probability"].to_numpy() * _MOST_LEVELS)
        return np.clip(rounded, 0, _MOST_LEVELS).astype(int)
    if "score" in events and events["score"].notna().all() and len(edges):
        return 1 + np.searchsorted(edges, events["score"].to_numpy(), side="left")
    return np.full(len(events), _MOST_LEVELS)


def score_edges(tables: list[pd.DataFrame]) -> np.ndarray:
    """Choose where levels of scores lie: at each score where there are few, else at quantiles.

    Parameters
    ----------
    tables : list of DataFrame
        Events of all recordings.

    Returns
    -------
    edges : array
        At most 998.
    """
    scores = [table["score"].dropna().to_numpy() for table in tables if "score" in table]
    values = np.unique(np.concatenate(scores)) if scores else np.zeros(0)
    most = _MOST_LEVELS - 2
    return values if len(values) <= most else np.quantile(values, np.linspace(0, 1, most))


def _index(true, pred, found, truth) -> np.ndarray:
    hours = truth.sleep_hours if np.isfinite(truth.sleep_hours) else found.sleep_hours
    if not np.isfinite(hours) or hours <= 0:
        return np.zeros(5)
    a, b = len(true) / hours, len(pred) / hours
    return np.array([1.0, a, b, b - a, (b - a) ** 2])


def _coverage(true, pred, pairs, onset_only) -> dict[str, np.ndarray]:
    matched = pred.iloc[pairs["pred"].to_numpy(dtype=int)]
    own = true.iloc[pairs["true"].to_numpy(dtype=int)]
    times = {"onset": own["onset"].to_numpy()}
    times["end"] = times["onset"] + own["duration"].to_numpy()
    counts = {}
    for name, time in times.items():
        columns = [f"{name}_low", f"{name}_high"]
        counts[name] = np.zeros(2)
        if not set(columns) <= set(matched) or (name == "end" and onset_only):
            continue
        low, high = (matched[column].to_numpy() for column in columns)
        known = np.isfinite(low) & np.isfinite(high)
        inside = known & (low <= time) & (time <= high)
        counts[name] = np.array([known.sum(), inside.sum()], dtype=float)
    return counts


def _add_probability(made: Tally, true, events, collar) -> None:
    """Count how often events of each probability are true, and what thresholds would find."""
    events = events[events["probability"].notna()].sort_values(
        "probability", ascending=False, kind="stable"
    )
    p = events["probability"].to_numpy()
    hits = augmentations(allowed_pairs(true, events, collar=collar))
    bins = np.clip((p * N_BINS).astype(int), 0, N_BINS - 1)
    for column, weights in enumerate((np.ones(len(p)), p, hits.astype(float))):
        made.reliability[:, column] = np.bincount(bins, weights, minlength=N_BINS)
    made.squares = np.array([len(p), ((p - hits) ** 2).sum()])
    n_found = np.searchsorted(-p, -MIN_PROBABILITIES, side="right")
    matched = np.r_[0, np.cumsum(hits)][n_found]
    made.curve = np.c_[np.full(len(n_found), len(true)), n_found, matched].astype(float)


def _row(made: Tally, found: Marked, truth: Marked, n_outside: int, onset_only: bool) -> dict:
    n_true, n_found = made.events["onset"][0, :2]
    row: dict = {"n_true": int(n_true), "n_found": int(n_found)}
    for name in CRITERIA:
        pairs = made.events[name][0, 2]
        skipped = onset_only and name != "onset"
        total = n_true + n_found
        row[f"f1_{name}"] = np.nan if skipped or not total else 2 * pairs / total
    hours = truth.sleep_hours if np.isfinite(truth.sleep_hours) else found.sleep_hours
    known = bool(made.index[0])
    return row | {
        "sleep_hours": hours,
        "index_true": made.index[1] if known else np.nan,
        "index_found": made.index[2] if known else np.nan,
        "onset_error_median": float(np.median(np.abs(made.errors))) if len(made.errors) else np.nan,
        "n_not_scored": n_outside,
        "marks": "onsets" if onset_only else "events",
    }
