"""Breath amplitude and its recovery, from airflow, nasal pressure or a belt."""

from __future__ import annotations

import numpy as np
from scipy.fft import next_fast_len
from scipy.ndimage import binary_dilation, maximum_filter1d, uniform_filter1d
from scipy.signal import butter, hilbert, sosfiltfilt

from .grid import Grid, block_means, fill_gaps

_RATE = 10.0  # Hz; breaths are slower
_BAND = (0.1, 1.0)  # Hz: 6 to 60 breaths a minute
_SMOOTHING = 2.0  # s, about half a breath, so that the envelope holds no single phase of it
_LOST = 0.01  # of the night's median: less than any apnea leaves of a sensor's noise
_LOST_FOR = 120.0  # s; apneas are shorter
_RETURN = 15.0  # s, the longest arousal: what comes back more slowly answers none
_AROUND_GAP = 5.0  # s, about a breath, that a gap makes unknown on either side


def breath_amplitude(signal: np.ndarray, grid: Grid) -> np.ndarray:
    """Size of the breath in each window.

    Parameters
    ----------
    signal : array, shape (n_samples,)
        Airflow, nasal pressure or effort, any unit; NaN in gaps.
    grid : Grid
        Windows.

    Returns
    -------
    amplitude : array, shape (n_windows,)
        Natural logarithm of the envelope of 0.1 to 1 Hz; NaN in gaps and where the sensor is off.
    """
    slow, rate = block_means(signal, grid.sfreq, _RATE)
    filled, gaps = fill_gaps(slow)
    envelope = _envelope(filled, rate)
    known = envelope[~gaps]
    usual = float(np.median(known)) if len(known) else 0.0
    if not usual > 0:
        return np.full(len(grid.starts), np.nan)
    unknown = binary_dilation(gaps, iterations=round(_AROUND_GAP * rate)) if gaps.any() else gaps
    unknown |= _lost(envelope, _LOST * usual, rate)
    logs = np.log(np.maximum(envelope, 1e-3 * usual))
    return grid.at_centers(np.where(unknown, np.nan, logs), rate)


def breath_recovery(amplitude: np.ndarray, grid: Grid) -> np.ndarray:
    """How far the breath has come back from its smallest of the last 15 s.

    Parameters
    ----------
    amplitude : array, shape (n_windows,)
        Of `breath_amplitude`.
    grid : Grid
        Windows.

    Returns
    -------
    recovery : array, shape (n_windows,)
        Difference of logarithms, not negative.
    """
    return amplitude + grid.highest(-amplitude, _RETURN)


def _envelope(slow: np.ndarray, rate: float) -> np.ndarray:
    top = min(_BAND[1], 0.45 * rate)
    band = butter(2, (_BAND[0], top), "bandpass", fs=rate, output="sos")
    if len(slow) < 30:  # too short to filter: a window by itself
        return np.full(len(slow), slow.std() * np.sqrt(2))
    wave = sosfiltfilt(band, slow - np.median(slow))
    envelope = np.abs(hilbert(wave, next_fast_len(len(wave)))[: len(wave)])
    return uniform_filter1d(envelope, max(round(_SMOOTHING * rate), 1))


def _lost(envelope, floor, rate) -> np.ndarray:
    """Tell where the envelope stays under a floor for longer than an apnea lasts."""
    size = round(_LOST_FOR * rate)
    if len(envelope) < size:
        return np.zeros(len(envelope), dtype=bool)
    all_low = maximum_filter1d(envelope, size) < floor
    return maximum_filter1d(all_low.astype(np.uint8), size) > 0
