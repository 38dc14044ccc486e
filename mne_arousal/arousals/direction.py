"""Direction: the anchor of other nights, for recordings that tell nothing of the body.

The anchor is the direction in the EEG that predicts what the body of this sleeper does. Where no
body was recorded, the one in which the EEG of other sleepers predicted theirs stands in. It was
learned as the anchor is, without labels, and counts for as much as this night's EEG is one-sided
along it: what sleep does by itself goes both ways, arousals go one.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from .departure import lower_scale

#: Weight of each band's departure, in spreads of sleep; their squares add up to 1. Ridge regression
#: of chin EMG, heart rate and breath on the EEG, added up over simulated sleepers and patients and
#: the first half of the Sleep-EDF night SC4001 (doc/benchmarks/arousals/direction.py).
WEIGHTS: dict[str, float] = {
    "delta": -0.31,
    "theta": -0.27,
    "alpha": 0.35,
    "sigma": -0.05,
    "beta": 0.40,
    "gamma": 0.74,
}

_LIMIT = 4.0  # spreads; beyond it a departure says no more
_SHORTEST = 3.0  # s; what is shorter is no arousal (AASM)
_TAIL = 1.0  # percent of sleep in either tail: twelve arousals of 3 s an hour


def band_spreads(bands: dict[str, np.ndarray], asleep: np.ndarray) -> np.ndarray | None:
    """Measure departures of bands in spreads of what noise does in sleep.

    Parameters
    ----------
    bands : dict of array, shape (n_windows,)
        Departures of the bands, mean over channels, natural logarithm of power.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep.

    Returns
    -------
    spreads : array, shape (n_windows, 6) | None
        In the order of ``WEIGHTS``. None where a band is missing: gamma, which weighs most, is
        not recorded at 50 Hz.
    """
    if not set(WEIGHTS) <= set(bands):
        return None
    values = np.stack([bands[name] for name in WEIGHTS], axis=1)
    return np.clip(values / lower_scale(values, asleep), -_LIMIT, _LIMIT)


def direction_view(bands: dict[str, np.ndarray], asleep: np.ndarray) -> np.ndarray | None:
    """Tell how far each window lies along the direction that predicted other sleepers' bodies.

    Parameters
    ----------
    bands, asleep
        As in `band_spreads`.

    Returns
    -------
    view : array, shape (n_windows,) | None
        Weighted sum of departures; None where a band is missing.
    """
    spreads = band_spreads(bands, asleep)
    return None if spreads is None else spreads @ np.array(list(WEIGHTS.values()))


def tail_excess(view: np.ndarray, asleep: np.ndarray, hop: float) -> float:
    """Compare how far a course reaches upward, for some seconds, with how far downward.

    The mirror image is a negative control: noise reaches as far down as up, arousals only up.

    Parameters
    ----------
    view : array, shape (n_windows,)
        Course of a night.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep.
    hop : float
        Time between windows, s.

    Returns
    -------
    excess : float
        Distance from the median to the 99th percentile of means of 3 s over that to the first
        percentile, less 1; 0 where it reaches no farther up than down.
    """
    if not asleep.any():
        return 0.0
    size = max(round(_SHORTEST / hop), 1)
    means = uniform_filter1d(view, size, mode="nearest")[asleep]
    low, middle, high = np.percentile(means, (_TAIL, 50, 100 - _TAIL))
    return float(max((high - middle) / max(middle - low, 1e-9) - 1.0, 0.0)) if high > low else 0.0
