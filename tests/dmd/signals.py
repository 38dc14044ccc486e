"""Signals whose modes are known."""

import numpy as np

SFREQ = 100.0


def oscillators(frequencies, growth_rates, amplitudes, n_times=200, sfreq=SFREQ, seed=0):
    """Sum of damped oscillators with random phases, shape (n_times,)."""
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(frequencies))
    t = np.arange(n_times) / sfreq
    parts = [
        a * np.exp(g * t) * np.cos(2 * np.pi * f * t + p)
        for f, g, a, p in zip(frequencies, growth_rates, amplitudes, phases, strict=True)
    ]
    return np.sum(parts, axis=0)


def apart(found, expected):
    """Largest distance from one set of complex numbers to the other, whatever their order."""
    found, expected = found[~np.isnan(found)], expected[~np.isnan(expected)]
    assert len(found) == len(expected)
    distance = np.abs(found[:, None] - expected[None])
    return max(distance.min(axis=0).max(), distance.min(axis=1).max())
