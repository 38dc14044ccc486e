"""Heart beats found in synthesized ECG of several rates, noises and with ectopic beats.

python doc/benchmarks/heart_beats.py
"""

from __future__ import annotations

import numpy as np

from mne_arousal.body.grid import Grid
from mne_arousal.body.heart import ecg_rate, find_ecg_beats

DURATION = 1800.0  # s
NEAR = 0.05  # s; a beat found this near to a true one is that one
# P, Q, R, S, T: center (s), width (s), height (µV)
WAVES = (
    (-0.15, 0.025, 100),
    (-0.03, 0.010, -100),
    (0.0, 0.011, 1000),
    (0.03, 0.011, -220),
    (0.25, 0.045, 250),
)


def heart(rng, ectopic: float):
    """Times of beats, which of them are ectopic, and the rate (beats/min) ten times a second."""
    t = np.arange(0, DURATION, 0.1)
    rate = 62 + 3 * np.sin(2 * np.pi * 0.25 * t) + 4 * np.sin(2 * np.pi * t / 200)
    for onset in np.arange(60, DURATION, 60):  # an arousal a minute
        late = np.maximum(t - onset, 0) / 4
        rate += 12 * late * np.exp(1 - late)
    phase = np.cumsum(rate / 600)
    beats = np.interp(np.arange(1, int(phase[-1])), phase, t)
    early = np.flatnonzero(rng.random(len(beats)) < ectopic)
    early = early[(early > 3) & (early < len(beats) - 3)]
    early = early[np.diff(early, prepend=-10) > 5]
    beats[early] -= 0.35 * (beats[early] - beats[early - 1])
    return beats, np.isin(np.arange(len(beats)), early), t, rate


def ecg(beats, wide, sfreq, noise, rng):
    """ECG, V; ectopic beats are two and a half times as wide; breath moves the baseline."""
    t = np.arange(round(DURATION * sfreq)) / sfreq
    signal = noise * rng.standard_normal(len(t)) + 150 * np.sin(2 * np.pi * 0.2 * t)
    for beat, is_wide in zip(beats, wide, strict=True):
        lo, hi = np.searchsorted(t, (beat - 0.3, beat + 0.45))
        late = t[lo:hi] - beat
        for center, width, height in WAVES:
            stretch = 2.5 if is_wide and abs(center) < 0.05 else 1.0
            signal[lo:hi] += height * np.exp(-0.5 * ((late - center) / (stretch * width)) ** 2)
    return 1e-6 * signal


def nearest(a, b):
    """Distance of each of `a` to the nearest of `b`, s."""
    at = np.clip(np.searchsorted(b, a), 1, len(b) - 1)
    return np.minimum(np.abs(b[at] - a), np.abs(b[at - 1] - a))


def row(sfreq, noise, ectopic):
    """One line of the table."""
    rng = np.random.default_rng(0)
    beats, early, t, rate = heart(rng, ectopic)
    signal = ecg(beats, early, sfreq, noise, rng)
    found = find_ecg_beats(signal, sfreq)[0]
    starts = np.arange(0, round((DURATION - 2) * sfreq), round(sfreq / 2))
    grid = Grid(starts, round(2 * sfreq), sfreq)
    values = ecg_rate(signal, grid)
    known = np.isfinite(values)
    error = np.abs(values - np.interp(grid.centers, t, rate))[known]
    after = np.clip(np.searchsorted(beats, grid.centers), 1, len(beats) - 1)
    odd = early[after] | early[after - 1]
    gaps = f"{np.mean(~known[odd]):.3f}" if odd.any() else ""
    hits, misses = nearest(found, beats) < NEAR, nearest(beats, found) >= NEAR
    errors = f"{error.mean():.2f} | {np.percentile(error, 99):.2f}" if known.any() else "|"
    return (
        f"| {sfreq:g} | {noise} | {ectopic:.0%} | {1 - misses.mean():.4f} | {hits.mean():.4f} | "
        f"{known.mean():.3f} | {errors} | {gaps} |"
    )


if __name__ == "__main__":
    for sfreq in (50.0, 100.0, 256.0, 1000.0):
        for noise in (20, 100, 300):
            for ectopic in (0.0, 0.03):
                print(row(sfreq, noise, ectopic), flush=True)
