"""What the rise of the chin EMG says about the onset of an event."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from .edge_posterior import TEMPER

_BIN = 0.1  # s
_LEAST = 0.8  # s that a rise lasts at least; twitches of REM sleep are shorter (0.1 to 0.5 s)
_LONGEST = 4.8  # s after a rise that are looked at; most are gone by then
_RISE = 1.5  # spreads of log power; a rise by half of the amplitude, in bins of 0.1 s
_MOST = 3.0  # spreads; what lies beyond counts no more
_LEAST_SPREAD = 0.3  # of log power: a bin of 0.1 s scatters by .4 and more by chance
# The chin follows the EEG within 3 s (AASM manual, chapter V: in REM sleep for at least 1 s)
_LAG, _LONGEST_LAG = 1.0, 3.0  # s, mean and longest
_FOLLOWS = 0.5  # share of arousals that the chin follows; in NREM sleep not all need it
_QUIET = (14.0, 2.0)  # s before the guess whose level is what the chin rises from
_REACH = 5.0  # s around the guess where a rise is looked for
MIN_RATE = 50.0  # Hz; slower signals hold little of the EMG above 10 Hz


def rise_likelihood(
    emg: np.ndarray, sfreq: float, guess: float, times: np.ndarray
) -> np.ndarray | None:
    """Likelihood of what the chin EMG shows for an onset at each moment.

    Either the chin follows the onset, after a lag that is seldom long, or its level has nothing to
    do with it. So where the EMG shows no rise it says nothing, and where it shows one, onsets
    shortly before are more likely and others at most twice less.

    Parameters
    ----------
    emg : array, shape (n_times,)
        Chin EMG as a waveform, high-pass filtered, V; NaN where it is lost.
    sfreq : float
        Sampling frequency, Hz.
    guess : float
        First guess of the onset, s from the start of the signal.
    times : array, shape (n_onsets,)
        Onsets, s from the start of the signal.

    Returns
    -------
    likelihood : array, shape (n_onsets,) | None
        Relative to that of a rise at any moment; None where the EMG is lost or too short.
    """
    n = max(round(_BIN * sfreq), 1)
    width = n / sfreq
    first = max(int((guess - _QUIET[0]) / width), 0)
    stop = int((guess + _REACH + _LONGEST_LAG + _LONGEST) / width) + 1
    piece = emg[first * n : stop * n]
    n_quiet = int((guess - _QUIET[1]) / width) - first
    if len(piece) < (stop - first) * n or n_quiet * width < _LONGEST or np.isnan(piece).any():
        return None
    power = np.mean(piece.reshape(-1, n) ** 2, axis=1)
    rises = _log_rises(_standardized(power, n_quiet), width)
    starts = (first + np.arange(len(rises))) * width
    near = np.abs(starts - guess) <= _REACH
    relative = np.exp(rises - logsumexp(rises[near]) + np.log(near.sum()))
    lags = np.exp(-np.arange(0.0, _LONGEST_LAG, width) / _LAG)
    after = np.correlate(relative, lags / lags.sum(), "valid")
    follows = np.interp(times, starts[: len(after)], after)
    return 1.0 - _FOLLOWS + _FOLLOWS * follows


def _standardized(power: np.ndarray, n_quiet: int) -> np.ndarray:
    """Log power of bins in spreads of the quiet ones, which come first."""
    logs = np.log(np.maximum(power, 1e-30))
    center = np.median(logs[:n_quiet])
    spread = 1.4826 * np.median(np.abs(logs[:n_quiet] - center))
    return np.clip((logs - center) / max(spread, _LEAST_SPREAD), -_MOST, _MOST)


def _log_rises(z: np.ndarray, width: float) -> np.ndarray:
    """Log likelihood ratio of a rise that starts at each bin, tempered.

    The bins of its shortest length are of a rise; each later one may be.
    """
    least, longest = round(_LEAST / width), round(_LONGEST / width)
    ratio = _RISE * z - 0.5 * _RISE**2
    surely = np.r_[0.0, np.cumsum(ratio)]
    maybe = np.r_[0.0, np.cumsum(np.logaddexp(0.0, ratio) - np.log(2.0))]
    start = np.arange(len(z) - longest + 1)
    later = maybe[start + longest] - maybe[start + least]
    return TEMPER * (surely[start + least] - surely[start] + later)
