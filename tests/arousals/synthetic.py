"""Features and evidence of made-up nights, without signals."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from mne_arousal.arousals.detector import decide, judge
from mne_arousal.arousals.evidence import DEFAULT_COMPONENTS, compute_evidence
from mne_arousal.arousals.rules import Rules
from mne_arousal.utils.columns import parse_columns, where

HOP, LENGTH = 0.5, 2.0
HOUR = round(3600 / HOP)
BANDS = ("delta", "theta", "alpha", "sigma", "beta", "gamma")
NAMES = [*(f"eeg:C3-M2:{band}" for band in BANDS), "emg:Chin:level"]
COLUMNS = parse_columns(NAMES)
BODY_NAMES = ["ecg:ECG:heart_rate", "resp:Airflow:recovery"]
BODY_COLUMNS = parse_columns(BODY_NAMES)
ONSETS = (400.0, 700.0, 1100.0, 1500.0)
AROUSAL = ("theta", "alpha", "beta", "level")


def overlapping(rng, shape, scale=1.0):
    """Noise of windows of which four overlap, standard deviation half of `scale`."""
    noise = rng.normal(scale=scale, size=(shape[0] + 3, *shape[1:]))
    return (noise[:-3] + noise[1:-2] + noise[2:-1] + noise[3:]) / 4


def centers(n):
    """Middle of each window, s."""
    return np.arange(n) * HOP + LENGTH / 2


def night(seed=0, rise=2.0, duration=8.0, bands=AROUSAL, n=6000, onsets=ONSETS):
    """Log powers of quiet sleep with a rise at each onset (s)."""
    values = -25 + overlapping(np.random.default_rng(seed), (n, len(NAMES)), 0.8)
    for onset in onsets:
        add_rise(values, onset, duration, bands, rise)
    return values


def add_rise(values, onset, duration, bands, rise):
    """Raise bands from an onset (s) on."""
    rows = (centers(len(values)) >= onset) & (centers(len(values)) < onset + duration)
    values[np.ix_(rows, where(COLUMNS, quantity=bands))] += rise


def body_of(seed, n, onsets, lag=5.0, rise=3.0):
    """Heart rate and recovery of breath that rise some seconds after each onset."""
    values = overlapping(np.random.default_rng(1000 + seed), (n, 2), 1.0)
    for onset in onsets:
        distance = np.abs(np.arange(n) * HOP - onset - lag)
        values += rise * np.exp(-0.5 * (distance / 2.0) ** 2)[:, np.newaxis]
    return values


def measured(values, *, asleep=None, body=None, components=DEFAULT_COMPONENTS, **kwargs):
    """Evidence of a recording that is all sleep."""
    return compute_evidence(
        values,
        kwargs.pop("columns", COLUMNS),
        np.ones(len(values), dtype=bool) if asleep is None else asleep,
        hop=HOP,
        window_length=LENGTH,
        body=body,
        body_columns=None if body is None else BODY_COLUMNS,
        components=components,
        **kwargs,
    )


def found(parts, *, asleep=None, atonia=None, clusters=None, rules=None, everything=False):
    """Candidates and calibration; with `everything` also those not worth a row."""
    parts = {"local": parts["evidence"], **parts}
    n = len(parts["evidence"])
    return (judge if everything else decide)(
        parts,
        np.ones(n, dtype=bool) if asleep is None else asleep,
        np.zeros(n, dtype=bool) if atonia is None else atonia,
        np.zeros(n, dtype=int) if clusters is None else clusters,
        hop=HOP,
        rules=rules or Rules(),
    )


def find(values, *, rules=None, asleep=None, atonia=None, body=None, everything=False):
    """Candidates and calibration of features."""
    parts = measured(values, asleep=asleep, body=body).parts
    return found(parts, asleep=asleep, atonia=atonia, rules=rules, everything=everything)


def starts_of(candidates):
    """Onsets of the candidates that nothing speaks against, s."""
    kept = [c for c in candidates if not c.reason]
    return np.array([c.inside.start * HOP + LENGTH / 2 for c in kept])


def at_onset(candidates, onset, within=2.0):
    """The candidates that begin close to an onset (s)."""
    return [c for c in candidates if abs(c.inside.start * HOP + LENGTH / 2 - onset) < within]


def evidence(seed, n=HOUR, every=None, duration=8.0, height=4.0):
    """Noise that windows of 2 s make, with events at equal distances (s)."""
    noise = uniform_filter1d(np.random.default_rng(seed).normal(scale=2.0, size=n), 4)
    starts = np.arange(60.0, n * HOP - 60, every) if every else np.empty(0)
    for start in starts:
        noise[round(start / HOP) : round((start + duration) / HOP)] += height
    return noise, starts
