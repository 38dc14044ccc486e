"""Matched filter: which departures of the EEG look like an arousal."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

_RIDGE = 0.1  # of the mean variance, so that no band is divided by what happens to be small
# What an arousal raises, in spreads: fast activity of all kinds, or one kind alone; delta falls.
_TEMPLATES = (
    {"delta": -0.5, "theta": 0.5, "alpha": 1.0, "beta": 1.0, "gamma": 0.5},
    {"delta": -0.5, "alpha": 1.0},
    {"delta": -0.5, "theta": 1.0, "beta": 0.3},
    {"delta": -0.5, "beta": 1.0, "gamma": 1.0},
)

_STANDS_OUT = 2.5  # spreads of evidence, as of a candidate
_EVENT, _APART = 3.0, 10.0  # s: shortest arousal, and least distance of two
_PRIOR_EVENTS = 10.0  # events that the first template is worth beside those of the night
_FEWEST_EVENTS = 3


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
    center, covariance = _quiet_noise(bands, stable)
    matches = [
        _match(bands - center, _shape(template, names), covariance)
        for template in _TEMPLATES
        if (_shape(template, names) > 0).any()
    ]
    return np.max(matches, axis=0) if matches else np.zeros(len(bands))


def learned_match(
    bands: np.ndarray,
    stable: np.ndarray,
    names: tuple[str, ...],
    evidence: np.ndarray,
    asleep: np.ndarray,
    hop: float,
) -> np.ndarray | None:
    """Match departures with what the events of this night look like.

    What an arousal looks like differs between people. So the mean of the events that stand out at
    first, by whatever witness, is a template of its own, beside what arousals look like elsewhere.

    Parameters
    ----------
    bands, stable, names
        As in `whitened_match`.
    evidence : array, shape (n_windows,)
        Evidence of all witnesses, in spreads of sleep.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep.
    hop : float
        Time between windows, s.

    Returns
    -------
    match : array, shape (n_windows,) | None
        In standard deviations of quiet windows; None where fewer than three events stand out.
    """
    smooth = uniform_filter1d(np.where(asleep, evidence, 0.0), max(round(_EVENT / hop), 1))
    events, _ = find_peaks(smooth, _STANDS_OUT, distance=max(round(_APART / hop), 1))
    if len(events) < _FEWEST_EVENTS:
        return None
    center, covariance = _quiet_noise(bands, stable)
    around = uniform_filter1d(bands - center, max(round(_EVENT / hop), 1), axis=0)
    found = around[events].mean(axis=0)
    usual = _shape(_TEMPLATES[0], names)
    usual *= np.linalg.norm(found) / (np.linalg.norm(usual) + 1e-12)
    return _match(bands - center, len(events) * found + _PRIOR_EVENTS * usual, covariance)


def _shape(template: dict[str, float], names: tuple[str, ...]) -> np.ndarray:
    return np.array([template.get(name, 0.0) for name in names])


def _quiet_noise(bands: np.ndarray, stable: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median and covariance of quiet windows."""
    quiet = bands[stable] if stable.sum() > 10 * bands.shape[1] else bands
    covariance = np.atleast_2d(np.cov(quiet.T))
    covariance[np.diag_indices_from(covariance)] += (
        _RIDGE * np.trace(covariance) / len(covariance) + 1e-12
    )
    return np.median(quiet, axis=0), covariance


def _match(departures: np.ndarray, shape: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Matched filter, in standard deviations of the noise."""
    weights = np.linalg.solve(covariance, shape)
    return departures @ weights / np.sqrt(shape @ weights + 1e-300)
