"""Matched filter: which departures of the EEG look like an arousal."""

from __future__ import annotations

import numpy as np

_RIDGE = 0.1  # of the mean variance, so that no band is divided by what happens to be small
# What an arousal raises, in spreads: fast activity of all kinds, or one kind alone; delta falls.
_TEMPLATES = (
    {"delta": -0.5, "theta": 0.5, "alpha": 1.0, "beta": 1.0, "gamma": 0.5},
    {"delta": -0.5, "alpha": 1.0},
    {"delta": -0.5, "theta": 1.0, "beta": 0.3},
    {"delta": -0.5, "beta": 1.0, "gamma": 1.0},
)


def whitened_match(bands: np.ndarray, stable: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Match departures with what arousals look like, against what the night's quiet EEG does.

    Bands rise and fall together in sleep without arousals. The covariance of quiet windows says
    how; a matched filter weighs each kind of arousal by it, and the kind that fits best counts.

    Parameters
    ----------
    bands : array, shape (n_windows, n_bands)
        Departures of EEG band powers, mean over channels, in spreads.
    stable : array of bool, shape (n_windows,)
        Quiet windows.
    names : tuple of str
        Bands.

    Returns
    -------
    match : array, shape (n_windows,)
        Best match, in standard deviations of quiet windows.

    References
    ----------
    Kay S. M. (1998). Fundamentals of Statistical Signal Processing, volume II: Detection Theory.
    Prentice Hall, chapter 4 (matched filter in colored noise).
    """
    if len(bands) < 2:  # no covariance
        return np.zeros(len(bands))
    quiet = bands[stable] if stable.sum() > 10 * len(names) else bands
    covariance = np.atleast_2d(np.cov(quiet.T))
    covariance[np.diag_indices_from(covariance)] += (
        _RIDGE * np.trace(covariance) / len(covariance) + 1e-12
    )
    matches = []
    for template in _TEMPLATES:
        shape = np.array([template.get(name, 0.0) for name in names])
        if not (shape > 0).any():
            continue
        weights = np.linalg.solve(covariance, shape)
        matches.append((bands - np.median(quiet, axis=0)) @ weights / np.sqrt(shape @ weights))
    return np.max(matches, axis=0) if matches else np.zeros(len(bands))
