"""One channel to the rate of the windows: high-pass filter and resampling, in blocks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from mne.filter import construct_iir_filter
from numpy.lib.stride_tricks import sliding_window_view
from scipy.fft import irfft, rfft, rfftfreq
from scipy.signal import firwin, resample_poly

_HALF_LENGTH = 10  # of the anti-aliasing filter, samples at the lower rate; as SciPy has it
_WINDOW = ("kaiser", 5.0)  # as SciPy has it
_MOST_PHASES = 128  # with more, SciPy's sparse products are quicker than whole ones
_MAX_FACTOR = 20_000  # of rates; at 8 h, the nearest such ratio is off by less than a ms
_FINEST = 10_000  # of a ratio of rates; times are right to a millisecond over a night
_ROWS = 2048  # of a product; they fit a processor's cache
_FFT = 1 << 15  # samples of a block
_FORGOTTEN = 1e-10  # of an impulse: what a filter still knows of it is rounding


def rate_ratio(old: float, new: float) -> tuple[int, int]:
    """Ratio of two rates as whole numbers.

    Parameters
    ----------
    old, new : float
        Rates, Hz.

    Returns
    -------
    up, down : int
        ``new / old`` is ``up / down``.
    """
    if new > old:
        return rate_ratio(new, old)[::-1]
    ratio = Fraction(new / old).limit_denominator(_MAX_FACTOR)
    return ratio.numerator, ratio.denominator


def resample(
    signal: np.ndarray, old: float, new: float, n_times: int, *, beyond: str = "mirror"
) -> np.ndarray:
    """Resample a signal by a polyphase filter, as :func:`scipy.signal.resample_poly` does.

    Parameters
    ----------
    signal : array, shape (n,)
        Signal without NaN.
    old, new : float
        Its rate and the wanted one, Hz.
    n_times : int
        Samples to return.
    beyond : {"mirror", "zeros"}
        How the signal goes on at both ends.

    Returns
    -------
    resampled : array, shape (n_times,)
        The last value is held where the signal ends before.
    """
    up, down = rate_ratio(old, new)
    if up > _MOST_PHASES:
        padding = {"mirror": "reflect", "zeros": "constant"}[beyond]
        out = resample_poly(signal, up, down, padtype=padding)
    else:
        out = _by_products(signal, up, down, beyond)
    out = out[:n_times]
    return np.pad(out, (0, n_times - len(out)), mode="edge") if len(out) < n_times else out


def highpass(signal: np.ndarray, sfreq: float, low: float, designed: float) -> np.ndarray:
    """Filter a signal as a Butterworth high-pass of second order does forward and backward.

    Parameters
    ----------
    signal : array, shape (n,)
        Signal without NaN.
    sfreq : float
        Its rate, Hz.
    low : float
        Frequency of the filter, Hz.
    designed : float
        Rate that the filter is designed for, Hz: that of the recording, so that it does not
        matter whether it comes before or after resampling.

    Returns
    -------
    filtered : array, shape (n,)
        Without shift in time. At both ends the signal goes on as MNE lets it: as its image
        through the end for a second or less, then at rest.

    Notes
    -----
    Blocks overlap by as long as the filter remembers, and a sample is the same to rounding
    wherever the blocks lie.
    """
    # its poles decay by sqrt(1/2) of its angular frequency
    memory = int(np.ceil(-np.log(_FORGOTTEN) / (np.sqrt(2) * np.pi * low) * sfreq))
    size = max(_FFT, 1 << int(np.ceil(np.log2(4 * memory))))
    freqs = np.minimum(rfftfreq(size, 1 / sfreq), 0.5 * designed * (1 - 1e-9))
    ratio = (np.tan(np.pi * freqs / designed) / np.tan(np.pi * low / designed)) ** 4
    gain = ratio / (1 + ratio)
    design = {"order": 2, "ftype": "butter"}
    filtered = construct_iir_filter(design, low, None, designed, "highpass", verbose="error")
    image = round(filtered["padlen"] * sfreq / designed)
    out = np.empty_like(signal)
    step = size - 2 * memory
    for start in range(0, len(signal), step):
        stop = min(start + step, len(signal))
        piece = _reach(signal, start - memory, start - memory + size, "image", image)
        filtered = irfft(rfft(piece) * gain, size)
        out[start:stop] = filtered[memory : memory + stop - start]
    return out


def _by_products(signal: np.ndarray, up: int, down: int, beyond: str) -> np.ndarray:
    """Multiply stretches of `down` samples and their neighbors by the filter's phases."""
    slower = max(up, down)
    half = _HALF_LENGTH * slower
    taps = (firwin(2 * half + 1, 1.0 / slower, window=_WINDOW) * up).astype(signal.dtype)
    before, after = half // up, ((up - 1) * down + half) // up
    neighbors = np.arange(-before, after + 1)
    places = half + np.arange(up) * down - neighbors[:, np.newaxis] * up
    inside = (places >= 0) & (places < len(taps))
    phases = np.where(inside, taps[np.clip(places, 0, len(taps) - 1)], 0)
    n = -(-len(signal) * up // down)
    out = np.empty((-(-n // up), up), dtype=signal.dtype)
    for lo in range(0, len(out), _ROWS):
        hi = min(lo + _ROWS, len(out))
        piece = _reach(signal, lo * down - before, (hi - 1) * down + after + 1, beyond)
        stretches = sliding_window_view(piece, len(neighbors))[::down]
        out[lo:hi] = np.ascontiguousarray(stretches) @ phases
    return out.reshape(-1)[:n]


def _reach(signal: np.ndarray, start: int, stop: int, beyond: str, most: int = 0) -> np.ndarray:
    """Part of a signal that may begin before it and end after it.

    Its image through its ends lasts for `most` samples, and holds its last value beyond.
    """
    n = len(signal)
    if start >= 0 and stop <= n:
        return signal[start:stop]
    at = np.arange(start, stop)
    if beyond == "zeros":
        return np.where((at >= 0) & (at < n), signal[np.clip(at, 0, n - 1)], 0)
    if beyond == "image":
        at = np.clip(at, -most, n - 1 + most)
    mirrored = np.abs(at)
    mirrored = np.clip(np.where(mirrored >= n, 2 * (n - 1) - mirrored, mirrored), 0, n - 1)
    part = signal[mirrored]
    if beyond == "image":
        part = np.where(at < 0, 2 * signal[0] - part, part)
        part = np.where(at >= n, 2 * signal[-1] - part, part)
    return part
