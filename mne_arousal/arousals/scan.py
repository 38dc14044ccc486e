"""Matched scan: where evidence stands out from both sides for some seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SCAN_DURATIONS = (3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0)  # s, a geometric grid of what counts

_FLANK = 8.0  # s compared with on each side: most of the 10 s of stable sleep that must come before
_GUARD = 1.0  # s between box and flank, so that a ramp is not compared with itself
_FLANK_WEIGHT = 0.7  # of the mean of both flanks: a change of stage is a step and has one
_LOUD = 2.0  # spreads of evidence; where it is lower, with its flanks, sleep is quiet
_FEWEST_QUIET = 60.0  # s


@dataclass(frozen=True)
class Scan:
    """Scores of events that start at each window.

    Attributes
    ----------
    score, flipped : array, shape (n_windows,)
        Best score over durations, of the evidence and, in quiet sleep, of its mirror image, in
        spreads of quiet sleep.
    length, flipped_length : array of int, shape (n_windows,)
        Length of the best box, windows.
    quiet : array of bool, shape (n_windows,)
        Windows in sleep around which nothing stands out.
    quiet_hours : float
        How long they last, h.
    """

    score: np.ndarray
    length: np.ndarray
    flipped: np.ndarray
    flipped_length: np.ndarray
    quiet: np.ndarray
    quiet_hours: float


def scan(evidence: np.ndarray, hop: float, asleep: np.ndarray, durations=SCAN_DURATIONS) -> Scan:
    """Find where evidence is higher than before and after, and for how long.

    The mean in a box less a share of the mean of its flanks, for each start and duration, in units
    of what it does in quiet sleep. So the score means the same on every night: where arousals are
    dense, they and their flanks would widen a spread measured on all of sleep, and hide themselves.

    Parameters
    ----------
    evidence : array, shape (n_windows,)
        Evidence.
    hop : float
        Time between windows, s.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep.
    durations : sequence of float
        Durations to try, s.

    Returns
    -------
    scan : Scan
        Scores and lengths.
    """
    n = len(evidence)
    guard, flank = round(_GUARD / hop), max(round(_FLANK / hop), 1)
    sums = np.r_[0.0, np.cumsum(evidence)]
    # another arousal beside one is no reason to doubt either
    bounded = np.r_[0.0, np.cumsum(np.minimum(evidence, _LOUD))]
    louds = np.r_[0, np.cumsum(evidence > _LOUD)]
    best = {sign: np.full(n, -np.inf) for sign in (1, -1)}
    length = {sign: np.ones(n, dtype=int) for sign in (1, -1)}
    quiet_anywhere = np.zeros(n, dtype=bool)
    for duration in durations:
        size = max(round(duration / hop), 1)
        if size >= n:
            break
        start = np.arange(n - size + 1)
        stop = start + size
        flanks = _mean(bounded, start - guard - flank, start - guard)
        flanks = 0.5 * (flanks + _mean(bounded, stop + guard, stop + guard + flank))
        contrast = _mean(sums, start, stop) - _FLANK_WEIGHT * flanks
        inside = asleep[: len(start)]
        lo, hi = np.clip(start - guard - flank, 0, n), np.clip(stop + guard + flank, 0, n)
        quiet = inside & (louds[hi] == louds[lo])
        quiet_anywhere[: len(start)] |= quiet
        sample = contrast[_enough(quiet, inside, hop)]
        low, middle = np.percentile(sample, (15.87, 50))
        spread = max(middle - low, 1e-9)
        for sign in (1, -1):
            score = sign * (contrast - middle) / spread
            if sign < 0:
                score[~quiet] = -np.inf
            better = score > best[sign][: len(score)]
            best[sign][: len(score)][better] = score[better]
            length[sign][: len(score)][better] = size
    for score in best.values():
        score[~np.isfinite(score)] = 0.0
    hours = quiet_anywhere.sum() * hop / 3600
    return Scan(best[1], length[1], best[-1], length[-1], quiet_anywhere, hours)


def _mean(sums: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    start, stop = np.clip(start, 0, len(sums) - 1), np.clip(stop, 0, len(sums) - 1)
    return (sums[stop] - sums[start]) / np.maximum(stop - start, 1)


def _enough(quiet: np.ndarray, inside: np.ndarray, hop: float) -> np.ndarray:
    for mask in (quiet, inside):
        if mask.sum() * hop >= _FEWEST_QUIET:
            return mask
    return np.ones(len(quiet), dtype=bool)


def pick(score: np.ndarray, length: np.ndarray, floor: float, gap: int) -> np.ndarray:
    """Choose starts greedily, the highest first, none within `gap` windows of another's extent.

    Parameters
    ----------
    score, length : array, shape (n_windows,)
        As `scan` returns them.
    floor : float
        Lowest score to choose.
    gap : int
        Windows that must lie between two.

    Returns
    -------
    starts : array of int
        In order of time.
    """
    candidates = np.flatnonzero(score >= floor)
    taken = np.zeros(len(score) + 1, dtype=bool)
    chosen = []
    for i in candidates[np.argsort(-score[candidates], kind="stable")]:
        lo, hi = max(i - gap, 0), min(i + length[i] + gap, len(score))
        if taken[lo:hi].any():
            continue
        taken[i : i + length[i]] = True
        chosen.append(i)
    return np.sort(np.array(chosen, dtype=int))
