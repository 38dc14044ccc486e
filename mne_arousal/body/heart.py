"""Instantaneous heart rate, from an ECG, a pulse wave or a recorder's own trace."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d
from scipy.signal import butter, find_peaks, resample_poly, sosfiltfilt

from ..recording.body_channels import rescale_trace
from ..recording.validity import PLAUSIBLE, plausible
from .beat_detector import detect_beats
from .grid import Grid, fill_gaps

LOWEST, HIGHEST = PLAUSIBLE["heart_rate"]  # beats/min
_DETECTOR_RATES = (100.0, 256.0)  # Hz; sleepecg asks for 100 and fails under 60, more costs time
_PULSE_BAND = (0.5, 5.0)  # Hz, of a pulse wave and its first harmonics
_IRREGULAR = 0.2  # of the median of five intervals: Malik et al. 1996, 20 % from its neighbors
_NEIGHBORS = 21  # beats, about 20 s, in which bad contact is judged
_BAD_SHARE = 0.4  # of irregular intervals among them, above which none is believed
_ALIKE = 0.66  # mean correlation of beats with their mean, of an ECG that can be read (Orphanidou)
_BLOCK = 256  # beats that have a mean shape, about four minutes
_AMPLITUDES = (0.3, 3.0)  # of the usual height of a beat: outside it is noise or no contact
_EDGE = 0.05  # s; the top of a beat is searched within twice this on either side


def ecg_rate(ecg: np.ndarray, grid: Grid) -> np.ndarray:
    """Heart rate in each window, from an ECG.

    Parameters
    ----------
    ecg : array, shape (n_samples,)
        ECG of any unit and sign; NaN in gaps.
    grid : Grid
        Windows.

    Returns
    -------
    rate : array, shape (n_windows,)
        Beats/min at the middle of the window; NaN at ectopic beats, bad contact and gaps.

    References
    ----------
    Malik M. et al. (1996). Heart rate variability: standards of measurement. European Heart
    Journal 17(3), 354-381 (intervals that differ by over 20 % are no normal ones).
    """
    filled, gaps = fill_gaps(ecg)
    beats, heights, likeness = find_ecg_beats(filled, grid.sfreq)
    return _rate_at(beats, heights, likeness, gaps, grid)


def pulse_rate(pulse: np.ndarray, grid: Grid) -> np.ndarray:
    """Heart rate in each window, from a pulse wave.

    Parameters
    ----------
    pulse : array, shape (n_samples,)
        Plethysmogram of any unit; NaN in gaps.
    grid : Grid
        Windows.

    Returns
    -------
    rate : array, shape (n_windows,)
        As of `ecg_rate`.
    """
    filled, gaps = fill_gaps(pulse)
    beats, heights = find_pulse_beats(filled, grid.sfreq)
    return _rate_at(beats, heights, np.ones(len(beats)), gaps, grid)


def trace_rate(trace: np.ndarray, grid: Grid) -> np.ndarray:
    """Heart rate in each window, from a recorder's own trace of it.

    Parameters
    ----------
    trace : array, shape (n_samples,)
        Beats/min; also millionths of it, which is what a unit of µV leaves.
    grid : Grid
        Windows.

    Returns
    -------
    rate : array, shape (n_windows,)
        Beats/min; NaN where a window holds less than 25 or more than 220.
    """
    trace = rescale_trace(trace)
    return grid.means(np.where(plausible(trace, "heart_rate"), trace, np.nan))


def find_ecg_beats(ecg: np.ndarray, sfreq: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find heart beats in an ECG.

    Parameters
    ----------
    ecg : array, shape (n_samples,)
        ECG without NaN.
    sfreq : float
        Its rate, Hz; any.

    Returns
    -------
    beats : array, shape (n_beats,)
        Times, s.
    heights : array, shape (n_beats,)
        How far the top of each beat is from the median around it.
    likeness : array, shape (n_beats,)
        Correlation of each beat with the mean of those around it.

    References
    ----------
    Brunner C., Hofer F. (2023). SleepECG: a Python package for sleep staging based on heart rate.
    Journal of Open Source Software 8(86), 5411.
    """
    ecg, rate = _bring_to_detector_rate(ecg, sfreq)
    if len(ecg) < 2 * rate or not np.ptp(ecg) > 0:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    return _refine(ecg, detect_beats(ecg, rate).astype(int), rate)


def find_pulse_beats(pulse: np.ndarray, sfreq: float) -> tuple[np.ndarray, np.ndarray]:
    """Find heart beats in a pulse wave.

    Parameters
    ----------
    pulse : array, shape (n_samples,)
        Pulse wave without NaN.
    sfreq : float
        Its rate, Hz; at least 12.

    Returns
    -------
    beats : array, shape (n_beats,)
        Times of the tops of the wave, s.
    heights : array, shape (n_beats,)
        How far each stands out.
    """
    if sfreq < 12 or len(pulse) < 2 * sfreq:
        return np.zeros(0), np.zeros(0)
    band = butter(2, _PULSE_BAND, "bandpass", fs=sfreq, output="sos")
    wave = sosfiltfilt(band, pulse)
    usual = uniform_filter1d(np.abs(wave), max(round(10 * sfreq), 1))  # over ten seconds
    wave = wave / np.maximum(usual, 1e-3 * np.median(usual) + 1e-300)
    tops, found = find_peaks(wave, distance=max(60 / HIGHEST * sfreq, 1), prominence=1.0)
    # after division all heights are alike, so bad contact is told by the intervals
    return _vertex(wave, tops) / sfreq, found["prominences"]


def _bring_to_detector_rate(ecg, sfreq) -> tuple[np.ndarray, float]:
    low, high = _DETECTOR_RATES
    if low <= sfreq <= high:
        return ecg, sfreq
    # an even share of the rate keeps the filter short
    ratio = Fraction(low / sfreq if sfreq < low else 200.0 / sfreq).limit_denominator(50)
    return resample_poly(ecg, ratio.numerator, ratio.denominator), sfreq * float(ratio)


def _refine(ecg, beats, rate) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place each beat at the top of its QRS complex, between samples."""
    edge = max(round(_EDGE * rate), 1)
    beats = beats[(beats > 5 * edge) & (beats < len(ecg) - 5 * edge - 1)]
    if not len(beats):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    around = ecg[beats[:, None] + np.arange(-5 * edge, 5 * edge + 1)]
    away = np.abs(around - np.median(around, axis=1, keepdims=True))
    near = away[:, 3 * edge : 7 * edge + 1]
    tops = near.argmax(axis=1) + 3 * edge
    rows = np.arange(len(beats))
    before, top, after = (away[rows, tops + i] for i in (-1, 0, 1))
    times = (beats - 5 * edge + tops + _parabola(before, top, after)) / rate
    return (
        times,
        top,
        _likeness(around[rows[:, None], tops[:, None] + np.arange(-2 * edge, 2 * edge + 1)]),
    )


def _likeness(shapes: np.ndarray) -> np.ndarray:
    """Correlation of each beat with the mean of its block of beats."""
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    out = np.empty(len(shapes))
    for start in range(0, len(shapes), _BLOCK):
        block = shapes[start : start + _BLOCK]
        size = np.linalg.norm(block, axis=1) + 1e-300
        template = (block / size[:, None]).mean(axis=0)
        out[start : start + _BLOCK] = block @ template / (size * np.linalg.norm(template) + 1e-300)
    return out


def _vertex(wave, tops) -> np.ndarray:
    return tops + _parabola(wave[tops - 1], wave[tops], wave[tops + 1])


def _parabola(before, top, after) -> np.ndarray:
    """Where the parabola through three samples is highest, in samples from the middle one."""
    bend = 2 * top - before - after
    return np.where(bend > 0, (after - before) / (2 * np.where(bend > 0, bend, 1.0)), 0.0)


def _rate_at(beats, heights, likeness, gaps, grid) -> np.ndarray:
    """Rate at the middle of each window; NaN where its interval is not believed."""
    out = np.full(len(grid.starts), np.nan)
    order = np.argsort(beats, kind="stable")
    beats, heights, likeness = beats[order], heights[order], likeness[order]
    apart = np.diff(beats, prepend=-np.inf) > 60 / (2 * HIGHEST)  # one beat found twice
    beats, heights, likeness = beats[apart], heights[apart], likeness[apart]
    intervals = np.diff(beats)
    if not len(intervals):
        return out
    good = believed_intervals(intervals, heights, likeness)
    good &= ~_touch(gaps, beats, grid.sfreq)
    if not good.any():
        return out
    centers = grid.centers
    which = np.searchsorted(beats, centers, "right") - 1
    inside = (which >= 0) & (which < len(intervals))
    inside[inside] = good[which[inside]]
    middles = (beats[:-1] + beats[1:]) / 2
    out[inside] = np.interp(centers[inside], middles[good], 60 / intervals[good])
    return out


def believed_intervals(
    intervals: np.ndarray, heights: np.ndarray, likeness: np.ndarray
) -> np.ndarray:
    """Tell which intervals are between two normal beats.

    Parameters
    ----------
    intervals : array, shape (n_beats - 1,)
        Intervals between beats, s.
    heights : array, shape (n_beats,)
        Height of each beat.
    likeness : array, shape (n_beats,)
        Correlation of each beat with the mean beat.

    Returns
    -------
    believed : array of bool, shape (n_beats - 1,)
        False at ectopic beats, missed or doubled ones, and bad contact.

    References
    ----------
    Orphanidou C. et al. (2015). Signal-quality indices for the electrocardiogram and
    photoplethysmogram. IEEE Journal of Biomedical and Health Informatics 19(3), 832-838.
    """
    usual = median_filter(intervals, 5, mode="nearest")
    irregular = np.abs(intervals / usual - 1) > _IRREGULAR
    height = heights / np.maximum(median_filter(heights, 2 * _NEIGHBORS - 1, mode="nearest"), 1e-30)
    odd = (height < _AMPLITUDES[0]) | (height > _AMPLITUDES[1])
    wrong = irregular | odd[:-1] | odd[1:]
    bad = uniform_filter1d(wrong.astype(float), _NEIGHBORS, mode="nearest") > _BAD_SHARE
    unlike = median_filter(likeness, _NEIGHBORS, mode="nearest") < _ALIKE
    bad |= unlike[:-1] | unlike[1:]
    possible = (intervals >= 60 / HIGHEST) & (intervals <= 60 / LOWEST)
    return possible & ~wrong & ~bad


def _touch(gaps, beats, sfreq) -> np.ndarray:
    """Tell which intervals between beats hold a sample of a gap."""
    if not gaps.any():
        return np.zeros(len(beats) - 1, dtype=bool)
    count = np.concatenate(([0], np.cumsum(gaps)))
    at = np.clip(np.round(beats * sfreq).astype(int), 0, len(gaps))
    return count[at[1:]] > count[at[:-1]]
