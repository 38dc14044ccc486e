"""Up to which frequency a channel holds anything.

A channel recorded at a lower rate than its neighbors, or through a low-pass filter, has nothing
above some frequency. Its power there is that of rounding, which says nothing of sleep.
"""

from __future__ import annotations

import numpy as np

_PIECE = 4.0  # s
_MOST_PIECES = 100
_CLIFF = 3.0  # decades of power within an octave; sleep EEG falls by one or two
_LOWEST = 8.0  # Hz; a filter below would leave no EEG
_SHARE = 0.8  # of the bins above that have to lie under the cliff, too


def content_limit(signal: np.ndarray, sfreq: float, highest: float) -> float:
    """Find the frequency above which a channel holds nothing.

    Parameters
    ----------
    signal : array, shape (n_times,)
        Signal, NaN in gaps.
    sfreq : float
        Sampling frequency, Hz.
    highest : float
        Highest frequency that is of interest, Hz.

    Returns
    -------
    limit : float
        Hz; `highest` where the spectrum has no cliff.
    """
    n = int(_PIECE * sfreq)
    pieces = signal[: len(signal) // n * n].reshape(-1, n)
    pieces = pieces[~np.isnan(pieces[:, 0] + pieces[:, -1])]
    pieces = pieces[:: max(len(pieces) // _MOST_PIECES, 1)]
    pieces = pieces[np.isfinite(pieces).all(axis=1)]
    if not len(pieces):
        return highest
    pieces = (pieces - pieces.mean(axis=1, keepdims=True)) * np.hanning(n)
    power = np.median(np.abs(np.fft.rfft(pieces, axis=1)) ** 2, axis=0)
    freqs = np.fft.rfftfreq(n, 1 / sfreq)
    inside = freqs <= min(highest, 0.96 * sfreq / 2)
    freqs, level = freqs[inside], np.log10(np.maximum(power[inside], 1e-300))
    for f in np.arange(_LOWEST, freqs[-1] - 1.0, 0.5):
        below = np.median(level[(freqs >= f / 2) & (freqs < 0.95 * f)])
        low = level < below - _CLIFF
        if low[(freqs >= f) & (freqs <= f + 1)].all() and low[freqs > f].mean() >= _SHARE:
            return float(f)
    return highest
