"""Bootstrap over recordings: how far a score would move with other recordings of the same kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

LEVEL = 0.95  # of the intervals
_FEWEST = 2  # recordings; the spread of one is unknown


def resample(n_recordings: int, n_resamples: int, random_state: int = 0) -> np.ndarray:
    """Draw recordings with replacement (Efron 1979).

    Recordings are drawn whole, since the events of one night are no independent samples.

    Parameters
    ----------
    n_recordings : int
        Number of recordings.
    n_resamples : int
        Number of times that they are drawn.
    random_state : int
        Seed.

    Returns
    -------
    weights : array of float, shape (1 + n_resamples, n_recordings)
        How often each recording was drawn. The first row is 1: the recordings as they are.
    """
    rng = np.random.default_rng(random_state)
    drawn = rng.multinomial(n_recordings, np.full(n_recordings, 1 / n_recordings), n_resamples)
    return np.vstack([np.ones((1, n_recordings)), drawn])


def bootstrap(
    counts: np.ndarray, weights: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Compute a statistic of sums over recordings, with its interval.

    Parameters
    ----------
    counts : array, shape (n_recordings, ...)
        What adds up over recordings.
    weights : array, shape (1 + n_resamples, n_recordings)
        As `resample` returns it.
    statistic : callable
        Takes sums, shape (1 + n_resamples, ...), and returns one value, or several, for each.

    Returns
    -------
    estimate : array, shape (3, ...)
        Value, and the ends of its interval; NaN where fewer than two recordings are there.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        values = statistic(np.tensordot(weights, counts, axes=1))
    return with_interval(values, weights.shape[1])


def with_interval(values: np.ndarray, n_recordings: int) -> np.ndarray:
    """Turn the values of all resamples into a value and its percentile interval.

    Parameters
    ----------
    values : array, shape (1 + n_resamples, ...)
        The first is that of the recordings as they are.
    n_recordings : int
        Number of recordings.

    Returns
    -------
    estimate : array, shape (3, ...)
        Value, and the ends of its interval.
    """
    values = np.asarray(values, dtype=float)
    drawn = values[1:]
    ends = np.full((2, *values.shape[1:]), np.nan)
    some = np.isfinite(drawn).any(axis=0)
    if n_recordings >= _FEWEST and len(drawn) and some.any():
        tails = [50 * (1 - LEVEL), 50 * (1 + LEVEL)]
        if drawn.ndim == 1:
            ends[:] = np.nanpercentile(drawn, tails)
        else:
            ends[:, some] = np.nanpercentile(drawn[:, some], tails, axis=0)
    return np.concatenate([values[:1], ends])


def weighted_quantile(values: list[np.ndarray], weights: np.ndarray, quantile: float) -> np.ndarray:
    """Compute a quantile of values that several recordings hold, for each resample.

    Parameters
    ----------
    values : list of array
        Values of each recording.
    weights : array, shape (1 + n_resamples, n_recordings)
        As `resample` returns it.
    quantile : float
        From 0 to 1.

    Returns
    -------
    quantiles : array, shape (1 + n_resamples,)
        NaN where there is no value.
    """
    pooled = np.concatenate([np.asarray(part, dtype=float) for part in values] or [np.zeros(0)])
    owner = np.repeat(np.arange(len(values)), [len(part) for part in values])
    if not len(pooled):
        return np.full(len(weights), np.nan)
    order = np.argsort(pooled, kind="stable")
    pooled, owner = pooled[order], owner[order]
    return np.array([_quantile(pooled, row[owner], quantile) for row in weights])


def _quantile(ordered: np.ndarray, weights: np.ndarray, quantile: float) -> float:
    """Quantile of values of which each is there as often as its weight says, as NumPy has it."""
    ends = np.cumsum(weights)
    if not ends[-1]:
        return np.nan
    place = quantile * (ends[-1] - 1)
    low, high = np.searchsorted(ends, [np.floor(place), np.ceil(place)], side="right")
    share = place - np.floor(place)
    return float(ordered[low] + share * (ordered[high] - ordered[low]))
