"""Which quantities each role of channel has, and how they are computed on a stretch of signal."""

from __future__ import annotations

import numpy as np

from ..utils.windows import Channel
from .breath import breath_amplitude, breath_recovery
from .grid import Grid
from .heart import ecg_rate, pulse_rate, trace_rate
from .movement import broadband_power, position_change
from .muscle import muscle_activity
from .oxygen import saturation, saturation_dip

#: Quantities of each role, in the order of their columns.
QUANTITIES = {
    "ecg": ("heart_rate",),
    "pulse": ("heart_rate",),
    "hr": ("heart_rate",),
    "resp": ("amplitude", "recovery"),
    "effort": ("amplitude", "recovery"),
    "emg": ("activity",),
    "leg": ("activity",),
    "spo2": ("saturation", "dip"),
    "position": ("change",),
}
#: Logarithms that are compared with the last minutes of the same channel.
RELATIVE = ("amplitude", "activity", "power")
#: Quantities that come from the time before, each from another quantity.
FOLLOWED = {"recovery": "amplitude", "dip": "saturation"}

_FOLLOW = {"recovery": breath_recovery, "dip": saturation_dip}
_PLAIN = {
    ("ecg", "heart_rate"): ecg_rate,
    ("pulse", "heart_rate"): pulse_rate,
    ("hr", "heart_rate"): trace_rate,
    ("resp", "amplitude"): breath_amplitude,
    ("effort", "amplitude"): breath_amplitude,
    ("spo2", "saturation"): saturation,
    ("position", "change"): position_change,
}


def measure(signal: np.ndarray, channel: Channel, quantity: str, grid: Grid) -> np.ndarray:
    """Measure what needs no time before the window.

    Parameters
    ----------
    signal : array, shape (n_samples,)
        Continuous signal of one channel; NaN in gaps.
    channel : Channel
        What it is.
    quantity : str
        What to measure, none of `FOLLOWED`.
    grid : Grid
        Windows.

    Returns
    -------
    values : array, shape (n_windows,)
        NaN where unknown.
    """
    if quantity == "power":
        return broadband_power(signal, grid)
    if quantity == "activity":
        return muscle_activity(signal, grid, envelope=channel.kind == "envelope")
    return _PLAIN[channel.role, quantity](signal, grid)


def follow(quantity: str, values: np.ndarray, grid: Grid) -> np.ndarray:
    """Measure what compares a window with the time before it.

    Parameters
    ----------
    quantity : str
        One of `FOLLOWED`.
    values : array, shape (n_windows,)
        The quantity that it comes from.
    grid : Grid
        Windows.

    Returns
    -------
    values : array, shape (n_windows,)
        NaN where unknown.
    """
    return _FOLLOW[quantity](values, grid)
