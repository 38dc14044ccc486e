"""What a signal looks like: scalp EEG, a heart, or something else.

Judged by spectrum, spread, peaks and drift of pieces of 10 s, in medians over the recording, so
that neither movements nor an hour off the head decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import butter, detrend, sosfiltfilt

PIECE = 10.0  # s
_MOST_PIECES = 120
_SHORTEST = 4.0  # s
_LEAST_RATE = 30.0  # Hz; slower holds nothing above delta and theta
# Scalp EEG of sleep: Pritchard (1992), Int J Neurosci 66, 119 and Lendner et al. (2020), eLife 9,
# e55092 give power ~ 1/f^b with b of 1 to 4.
_TOP = 30.0  # Hz
_EXPONENT = (0.4, 4.5)
_FAST = (8.0, 16.0)  # Hz, alpha and spindles
_MOST_KURTOSIS = 9.0  # of the fast band in 10 s; spindles reach 6, heart beats and edges 12
_LEAST_FAST = 0.002  # share of the power from .5 to 30 Hz that lies above 6 Hz
_MOST_DRIFT = 8.0  # spread of the level over the night, in spreads within pieces
_MOST_OFFSET = 20.0  # level in spreads within pieces: gravity, 36 °C, 96 %
_MOST_REPEATED = 0.5  # share of samples that equal the one before: a slow channel held
_HEART_BAND, _HEART_LAGS = (5.0, 25.0), (0.4, 1.6)  # Hz of a QRS complex, s between two
_BREATH_BAND, _BREATH_LAGS = (0.1, 12.0), (1.6, 6.0)  # Hz of a breath with its edges, s
_MOST_REGULAR = 0.6  # autocorrelation at the period of breath or heart


@dataclass(frozen=True)
class SignalLook:
    """What a signal looks like.

    Parameters
    ----------
    role : str
        ``"eeg"``, ``"ecg"`` or ``"misc"``.
    reason : str
        Why, as the end of a sentence that begins with "its signal".
    """

    role: str
    reason: str


def look_at(signal: np.ndarray, sfreq: float, *, volts: bool = False) -> SignalLook:
    """Tell what a signal looks like.

    Parameters
    ----------
    signal : array, shape (n_times,)
        Whole signal of a channel, V, or µV that were read as V.
    sfreq : float
        Sampling frequency, Hz.
    volts : bool
        Whether its file says that it is in V: an amplifier without a high-pass filter may then
        be the reason for a level far from zero and for drift.

    Returns
    -------
    look : SignalLook
        Role and reason.
    """
    if sfreq < _LEAST_RATE:
        return SignalLook("misc", f"has {sfreq:g} samples a second, too few for an EEG")
    if len(signal) < _SHORTEST * sfreq:
        return SignalLook("misc", f"lasts less than {_SHORTEST:g} s")
    pieces = _pieces(signal, sfreq)
    if not len(pieces):
        return SignalLook("misc", "is constant or missing")
    level = () if volts else (_level,)
    for judge in (_steps, _beats, *level, _spread, _spectrum, _peaks):
        look = judge(pieces, sfreq)
        if look is not None:
            return look
    return SignalLook("eeg", "has the spectrum and the spread of a scalp EEG")


def _pieces(signal: np.ndarray, sfreq: float) -> np.ndarray:
    """Cut what varies into pieces, shape (n_pieces, n_times)."""
    n = min(int(PIECE * sfreq), len(signal))
    count = len(signal) // n
    pieces = signal[: count * n].reshape(count, n)
    pieces = pieces[:: max(count // _MOST_PIECES, 1)]
    pieces = pieces[np.isfinite(pieces).all(axis=1)]
    return pieces[np.ptp(pieces, axis=1) > 0]


def _steps(pieces, sfreq) -> SignalLook | None:
    repeated = np.median((np.diff(pieces, axis=1) == 0).mean(axis=1))
    if repeated > _MOST_REPEATED:
        return SignalLook("misc", "moves in steps, as a slow channel does")
    return None


def _level(pieces, sfreq) -> SignalLook | None:
    spread = np.median(detrend(pieces, axis=1).std(axis=1))
    levels = np.median(pieces, axis=1)
    if abs(np.median(levels)) > _MOST_OFFSET * spread:
        return SignalLook("misc", "has a level far from zero, as no electrode against another has")
    low, high = np.percentile(levels, (16, 84))
    if (high - low) / 2 > _MOST_DRIFT * spread:
        return SignalLook("misc", "drifts through the night more than it varies within seconds")
    return None


def _spread(pieces, sfreq) -> SignalLook | None:
    spread = np.median(_band(pieces, sfreq, 0.5, _TOP).std(axis=1))
    if any(1e-6 <= spread * factor <= 500e-6 for factor in (1.0, 1e-6)):
        return None
    return SignalLook("misc", f"spreads over {spread:.2g} V, which no scalp EEG does")


def _spectrum(pieces, sfreq) -> SignalLook | None:
    n = pieces.shape[1]
    centered = (pieces - pieces.mean(axis=1, keepdims=True)) * np.hanning(n)
    power = np.abs(np.fft.rfft(centered, axis=1)) ** 2
    freqs = np.fft.rfftfreq(n, 1 / sfreq)
    top = min(_TOP, 0.45 * sfreq)
    whole = (freqs >= 0.5) & (freqs <= top)
    fast = power[:, (freqs > 6) & (freqs <= top)].sum(axis=1)
    if np.median(fast / np.maximum(power[:, whole].sum(axis=1), 1e-300)) < _LEAST_FAST:
        return SignalLook("misc", "holds next to nothing above 6 Hz, as breath and pulse do")
    exponent = _exponent(np.median(power, axis=0), freqs, top)
    if exponent < _EXPONENT[0]:
        return SignalLook("misc", "has as much fast as slow power, as muscle and noise do")
    if exponent > _EXPONENT[1]:
        return SignalLook("misc", "falls off with frequency faster than any EEG")
    return None


def _exponent(power, freqs, top) -> float:
    """Fit power ~ 1/f^b in bands of a third of an octave, so that no rhythm decides."""
    edges = np.geomspace(1.0, top, 12)
    levels, centers = [], []
    for lo, hi in pairwise(edges):
        inside = (freqs >= lo) & (freqs < hi)
        if inside.any():
            levels.append(np.log(max(np.median(power[inside]), 1e-300)))
            centers.append(np.log(np.sqrt(lo * hi)))
    return -float(np.polyfit(centers, levels, 1)[0])


def _beats(pieces, sfreq) -> SignalLook | None:
    """Find what comes again with each beat of the heart or with each breath."""
    heart = np.abs(_band(pieces, sfreq, *_HEART_BAND))
    if np.median(_regularity(heart, sfreq, _HEART_LAGS)) > _MOST_REGULAR:
        return SignalLook("ecg", "comes again with each beat of a heart")
    breath = _band(pieces, sfreq, *_BREATH_BAND)
    if np.median(_regularity(breath, sfreq, _BREATH_LAGS)) > _MOST_REGULAR:
        return SignalLook("misc", "comes again with each breath or pulse")
    return None


def _regularity(pieces, sfreq, lags) -> np.ndarray:
    """Return the highest autocorrelation of each piece at some lags (s)."""
    n = pieces.shape[1]
    centered = pieces - pieces.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centered, 2 * n, axis=1)
    auto = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :n]
    auto /= np.maximum(auto[:, :1], 1e-300) * (1 - np.arange(n) / n)
    lo, hi = (min(int(lag * sfreq), n - 1) for lag in lags)
    if hi <= lo:
        return np.zeros(len(pieces))
    return auto[:, lo:hi].max(axis=1)


def _peaks(pieces, sfreq) -> SignalLook | None:
    fast = _band(pieces, sfreq, *_FAST)
    fast = fast - fast.mean(axis=1, keepdims=True)
    kurtosis = (fast**4).mean(axis=1) / np.maximum((fast**2).mean(axis=1) ** 2, 1e-300)
    if np.median(kurtosis) > _MOST_KURTOSIS:
        return SignalLook("misc", "is made of single peaks, as no EEG is")
    return None


def _band(pieces, sfreq, low, high) -> np.ndarray:
    high = min(high, 0.45 * sfreq)
    sos = butter(2, (low, high), "bandpass", fs=sfreq, output="sos")
    return sosfiltfilt(sos, detrend(pieces, axis=1), axis=1)
