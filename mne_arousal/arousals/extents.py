"""Extents: from boxes that stand out to stretches of high evidence that do not overlap."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d


def merge_boxes(
    evidence, local, starts, scores, lengths, threshold, hop, *, min_duration: float = 0.0
) -> list[tuple[int, int, float]]:
    """Give boxes above the threshold their extents; of those that overlap the best stays.

    Heart and breath answer late, and would widen a candidate that they help to find. So an extent
    goes by what EEG and chin EMG show, unless that alone is too short to be an event.

    Parameters
    ----------
    evidence : array, shape (n_windows,)
        Evidence.
    local : array, shape (n_windows,)
        The same without witnesses that answer late.
    starts : array of int, shape (n_boxes,)
        First window of each box.
    scores : array, shape (n_boxes,)
        Their scores.
    lengths : array of int, shape (n_boxes,)
        Windows in each.
    threshold : float
        Score that a box has to exceed.
    hop : float
        Time between windows, s.
    min_duration : float
        Shortest event, s.

    Returns
    -------
    extents : list of (start, stop, score)
        Half-open ranges of windows, in order of time.
    """
    kept: list[tuple[int, int, float]] = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] <= threshold:
            break
        box = (starts[i], starts[i] + lengths[i])
        lo, hi = _extent(local, *box, hop)
        if (hi - lo) * hop < min_duration:
            lo, hi = _extent(evidence, *box, hop)
        if all(hi <= other_lo or other_hi <= lo for other_lo, other_hi, _ in kept):
            kept.append((lo, hi, float(scores[i])))
    return sorted(kept)


def _extent(evidence: np.ndarray, start: int, stop: int, hop: float) -> tuple[int, int]:
    """Move the edges of a box to where evidence crosses half of its height.

    A box may reach past the event into noise: height is what its best fifth reaches, and of
    several stretches that are high, a second or more apart, the one with most evidence is it.
    """
    second = max(round(1.0 / hop), 1)
    reach = round(30.0 / hop)
    first = max(start - reach, 0)
    smooth = uniform_filter1d(evidence[first : stop + reach], second)
    half = 0.5 * np.percentile(smooth[start - first : stop - first], 80)
    runs = _joined_runs(smooth > half, second)
    lo, hi = start - first, stop - first
    weights = [smooth[max(a, lo) : min(b, hi)].sum() for a, b in runs]
    if not runs or max(weights) <= 0:
        return start, stop
    begin, end = runs[int(np.argmax(weights))]
    return begin + first, end + first


def _joined_runs(high: np.ndarray, gap: int) -> list[tuple[int, int]]:
    """Half-open ranges of windows that are high; those at most `gap` windows apart are one."""
    edges = np.flatnonzero(np.diff(high, prepend=False, append=False))
    if not len(edges):
        return []
    starts, stops = edges[::2], edges[1::2]
    apart = starts[1:] - stops[:-1] > gap
    starts, stops = starts[np.r_[True, apart]], stops[np.r_[apart, True]]
    return [(int(a), int(b)) for a, b in zip(starts, stops, strict=True)]
