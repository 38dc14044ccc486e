"""Scores of one detector against one expert, with intervals, from the counts of all recordings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from .bootstrap import bootstrap, resample, weighted_quantile, with_interval
from .samples import auprc
from .tally import CRITERIA, GROUPS, MIN_PROBABILITIES, N_BINS, Tally

MEASURES = {
    "f1_overlap": "F1 of events, any overlap",
    "precision_overlap": "Precision, any overlap",
    "recall_overlap": "Recall, any overlap",
    "f1_iou": "F1 of events, intersection over union",
    "precision_iou": "Precision, intersection over union",
    "recall_iou": "Recall, intersection over union",
    "f1_onset": "F1 of onsets within the tolerance",
    "precision_onset": "Precision of onsets within the tolerance",
    "recall_onset": "Recall of onsets within the tolerance",
    "auprc": "AUPRC of samples, as in the Challenge 2018",
    "kappa": "Cohen's kappa of seconds",
    "index_true": "Arousal index of the expert (per hour)",
    "index_found": "Arousal index found (per hour)",
    "index_bias": "Bias of the index (found minus expert, per hour)",
    "index_limit_low": "Lower limit of agreement of the index (per hour)",
    "index_limit_high": "Upper limit of agreement of the index (per hour)",
    "onset_error_median": "Median distance of onsets (s)",
    "onset_error_p90": "90th percentile of the distance of onsets (s)",
    "onset_bias": "Median of onset found minus expert (s)",
    "onset_coverage": "Onsets inside of their 90 % interval",
    "end_coverage": "Ends inside of their 90 % interval",
    "calibration_error": "Expected calibration error of the probability",
    "brier": "Brier score of the probability",
}
_LIMITS = 1.96  # standard deviations (Bland & Altman 1986)
_OF_STAGES = ("overlap", "iou", "onset")


def score_rows(
    tallies: list[Tally], n_resamples: int, random_state: int, *, stages: bool = True
) -> Iterator[dict]:
    """Compute all scores of a set of recordings.

    Parameters
    ----------
    tallies : list of Tally
        One for each recording.
    n_resamples : int
        Number of bootstrap samples.
    random_state : int
        Seed.
    stages : bool
        Whether to add the scores of each stage.

    Yields
    ------
    row : dict
        ``group``, ``measure``, ``value``, ``low``, ``high`` and ``n_recordings``.
    """
    weights = resample(len(tallies), n_resamples, random_state)
    for group in GROUPS if stages else GROUPS[:1]:
        for name in CRITERIA:
            yield from _event_rows(tallies, weights, name, group)
        yield from _error_rows(tallies, weights, group)
    yield from _rows(_overall(tallies, weights), "all")


def _rows(scores, group: str) -> Iterator[dict]:
    for measure, estimate, n in scores:
        value, low, high = (float(x) for x in estimate)
        yield {
            "group": group,
            "measure": measure,
            "value": value,
            "low": low,
            "high": high,
            "n_recordings": int(n),
        }


def _event_rows(tallies, weights, name: str, group: str) -> Iterator[dict]:
    at = GROUPS.index(group)
    counts = np.array([one.events[name][at] for one in tallies])
    estimates = bootstrap(counts, weights, _precision_recall_f1)
    n = int((counts[:, :2].sum(axis=1) > 0).sum())
    measures = [f"{kind}_{name}" for kind in ("precision", "recall", "f1")]
    return _rows(zip(measures, estimates.T, [n] * 3, strict=True), group)


def _precision_recall_f1(sums: np.ndarray) -> np.ndarray:
    """Of one stage, true events that are matched need not be those whose match begins in it."""
    n_true, n_found, true_hits, found_hits = sums.T
    f1 = (true_hits + found_hits) / (n_true + n_found)
    return np.column_stack([found_hits / n_found, true_hits / n_true, f1])


def _error_rows(tallies, weights, group: str) -> Iterator[dict]:
    code = GROUPS.index(group) - 1
    errors = [one.errors if code < 0 else one.errors[one.error_stages == code] for one in tallies]
    distances = [np.abs(part) for part in errors]
    n = sum(len(part) > 0 for part in errors)
    made = (
        ("onset_error_median", distances, 0.5),
        ("onset_error_p90", distances, 0.9),
        ("onset_bias", errors, 0.5),
    )
    for measure, values, quantile in made:
        estimate = with_interval(weighted_quantile(values, weights, quantile), len(tallies))
        yield from _rows([(measure, estimate, n)], group)


def _overall(tallies, weights) -> Iterator[tuple[str, np.ndarray, int]]:
    def made(measure, counts, statistic):
        n = (counts.reshape(len(counts), -1).sum(axis=1) > 0).sum()
        return measure, bootstrap(counts, weights, statistic), n

    yield made("auprc", np.array([one.levels for one in tallies]), auprc)
    yield made("kappa", np.array([one.seconds for one in tallies]), kappa_of_counts)
    index = np.array([one.index for one in tallies])
    n = index[:, 0].sum()
    measures = [measure for measure in MEASURES if measure.startswith("index_")]
    yield from zip(measures, bootstrap(index, weights, _bland_altman).T, [n] * 5, strict=True)
    for name in ("onset", "end"):
        counts = np.array([one.coverage[name] for one in tallies])
        yield made(f"{name}_coverage", counts, lambda sums: sums[:, 1] / sums[:, 0])
    counts = np.array([one.reliability for one in tallies])
    yield made("calibration_error", counts, calibration_error)
    counts = np.array([one.squares for one in tallies])
    yield made("brier", counts, lambda sums: sums[:, 1] / sums[:, 0])


def kappa_of_counts(sums: np.ndarray) -> np.ndarray:
    """Cohen's kappa (1960) of seconds that are in both, in one, in the other, in neither.

    Parameters
    ----------
    sums : array, shape (n, 4)
        Counts.

    Returns
    -------
    kappa : array, shape (n,)
        NaN where neither has a second.
    """
    both, first, second, neither = sums.T
    total = sums.sum(axis=1)
    a, b = (both + first) / total, (both + second) / total
    chance = a * b + (1 - a) * (1 - b)
    kappa = ((both + neither) / total - chance) / (1 - chance)
    return np.where(a + b > 0, kappa, np.nan)


def _bland_altman(sums: np.ndarray) -> np.ndarray:
    n, true, found, difference, squares = sums.T
    bias = difference / n
    variance = np.maximum(squares - n * bias**2, 0) / (n - 1)
    spread = _LIMITS * np.sqrt(np.where(n > 1, variance, np.nan))
    return np.column_stack([true / n, found / n, bias, bias - spread, bias + spread])


def calibration_error(sums: np.ndarray) -> np.ndarray:
    """Expected calibration error (Naeini et al. 2015).

    Parameters
    ----------
    sums : array, shape (n, n_bins, 3)
        Events of each bin, their summed probability, and how many are true.

    Returns
    -------
    error : array, shape (n,)
        Mean over events of the distance between mean probability and share of true events of
        their bin.
    """
    distance = np.abs(sums[..., 1] - sums[..., 2]).sum(axis=-1)
    return distance / sums[..., 0].sum(axis=-1)


def curve_table(tallies: list[Tally], n_resamples: int, random_state: int) -> pd.DataFrame:
    """Precision, recall and F1 against the probability that an arousal must have.

    Parameters
    ----------
    tallies : list of Tally
        One for each recording.
    n_resamples : int
        Number of bootstrap samples.
    random_state : int
        Seed.

    Returns
    -------
    curve : DataFrame
        Columns ``min_probability``, ``precision``, ``recall``, ``f1``, ``f1_low``, ``f1_high``; no
        row where nothing has a probability.
    """
    columns = ["min_probability", "precision", "recall", "f1", "f1_low", "f1_high"]
    with_probability = [one for one in tallies if one.squares[0]]
    if not with_probability:
        return pd.DataFrame(columns=columns, dtype=float)
    weights = resample(len(with_probability), n_resamples, random_state)
    counts = np.array([one.curve for one in with_probability])

    def statistic(sums):
        n_true, n_found, hits = np.moveaxis(sums, -1, 0)
        return np.stack([hits / n_found, hits / n_true, 2 * hits / (n_true + n_found)], axis=-1)

    estimate = bootstrap(counts, weights, statistic)
    values = np.column_stack([MIN_PROBABILITIES, estimate[0], estimate[1:, :, 2].T])
    return pd.DataFrame(values, columns=columns)


def reliability_table(tallies: list[Tally], n_resamples: int, random_state: int) -> pd.DataFrame:
    """Share of true events against their probability.

    Parameters
    ----------
    tallies : list of Tally
        One for each recording.
    n_resamples : int
        Number of bootstrap samples.
    random_state : int
        Seed.

    Returns
    -------
    reliability : DataFrame
        Columns ``probability_low``, ``probability_high`` (of the bin), ``n``, ``probability``
        (mean), ``share`` (of true events), ``share_low``, ``share_high``; no row where nothing
        has a probability.
    """
    columns = ["probability_low", "probability_high", "n", "probability"]
    columns += ["share", "share_low", "share_high"]
    counts = np.array([one.reliability for one in tallies])
    if not len(tallies) or not counts[..., 0].sum():
        return pd.DataFrame(columns=columns, dtype=float)
    weights = resample(len(tallies), n_resamples, random_state)
    share = bootstrap(counts, weights, lambda sums: sums[..., 2] / sums[..., 0])
    n, p = counts.sum(axis=0)[:, 0], counts.sum(axis=0)[:, 1]
    low = np.arange(N_BINS) / N_BINS
    mean = np.divide(p, n, out=np.full(N_BINS, np.nan), where=n > 0)
    table = np.column_stack([low, low + 1 / N_BINS, n, mean, share.T])
    return pd.DataFrame(table[n > 0], columns=columns)
