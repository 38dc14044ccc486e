"""Signals of a body whose beats and breaths are known."""

import numpy as np

from mne_arousal.body.grid import Grid

WAVES = (  # of P, Q, R, S, T: center (s), width (s), height (V)
    (-0.15, 0.025, 1e-4),
    (-0.03, 0.010, -1e-4),
    (0.0, 0.011, 1e-3),
    (0.03, 0.011, -2.2e-4),
    (0.25, 0.045, 2.5e-4),
)


def grid(sfreq: float, duration: float, length: float = 2.0, hop: float = 0.5) -> Grid:
    """Windows over a whole signal."""
    starts = np.arange(0, round((duration - length) * sfreq) + 1, max(round(hop * sfreq), 1))
    return Grid(starts, round(length * sfreq), sfreq)


def beating_heart(duration: float, rate: float = 60.0, surges=()):
    """Times of beats (s), and a function that tells the rate (beats/min) at a time."""
    t = np.arange(0, duration, 0.1)
    rates = rate + 2.0 * np.sin(2 * np.pi * 0.25 * t)
    for onset in surges:
        late = np.maximum(t - onset, 0) / 4
        rates += 12 * late * np.exp(1 - late)
    phase = np.cumsum(rates / 60 * 0.1)
    beats = np.interp(np.arange(1, int(phase[-1])), phase, t)
    return beats, lambda at: np.interp(at, t, rates)


def ecg_of(beats, duration: float, sfreq: float, noise: float = 2e-5, seed: int = 0):
    """ECG with these beats, V."""
    t = np.arange(round(duration * sfreq)) / sfreq
    ecg = noise * np.random.default_rng(seed).standard_normal(len(t))
    for beat in beats:
        lo, hi = np.searchsorted(t, (beat - 0.3, beat + 0.45))
        for center, width, height in WAVES:
            ecg[lo:hi] += height * np.exp(-0.5 * ((t[lo:hi] - beat - center) / width) ** 2)
    return ecg


def breathing(duration: float, sfreq: float, depth=None, rate: float = 0.25, seed: int = 0):
    """Airflow; `depth` is a function of time (s)."""
    t = np.arange(round(duration * sfreq)) / sfreq
    size = np.ones(len(t)) if depth is None else depth(t)
    noise = 0.01 * np.random.default_rng(seed).standard_normal(len(t))
    return size * np.sin(2 * np.pi * rate * t) + noise
