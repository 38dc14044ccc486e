"""Bad contact of sensors in a simulated patient's night."""

from __future__ import annotations

import numpy as np

_RATE = 0.3  # losses of contact per hour and sensor
_SHORTEST, _LONGEST = 10.0, 90.0  # s


def lose_contact(ecg, flow, saturation, sfreq, rng):
    """Lose the contact of sensors now and then, in place.

    The ECG becomes noise, the cannula gives no flow, and the oximeter shows 0.

    Parameters
    ----------
    ecg, flow : array, shape (n_times,)
        ECG and airflow, uV.
    saturation : array, shape (n_times,)
        Oxygen saturation, %.
    sfreq : float
        Sampling frequency, Hz.
    rng : numpy.random.Generator
        Source of chance.
    """
    for piece in _losses(ecg, sfreq, rng):
        piece[:] = 150 * np.cumsum(rng.standard_normal(len(piece))) / np.sqrt(len(piece))
        piece += 40 * rng.standard_normal(len(piece))
    for piece in _losses(flow, sfreq, rng):
        piece[:] = 2 * rng.standard_normal(len(piece))
    for piece in _losses(saturation, sfreq, rng):
        piece[:] = 0.0


def _losses(channel, sfreq, rng):
    """Draw the pieces (views) of a channel in which contact is lost."""
    pieces = []
    for _ in range(rng.poisson(_RATE * len(channel) / sfreq / 3600)):
        n = int(min(rng.uniform(_SHORTEST, _LONGEST) * sfreq, 0.2 * len(channel)))
        start = int(rng.integers(0, len(channel) - n))
        pieces.append(channel[start : start + n])
    return pieces
