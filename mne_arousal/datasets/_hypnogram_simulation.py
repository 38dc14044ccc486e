"""Hypnograms with the shape of a night: cycles, deep sleep early, REM late.

Cycle lengths and their trend over the night follow Carskadon and Dement (2017, Principles
and Practice of Sleep Medicine, ch. 2); the effect of age follows the meta-analysis of
Ohayon et al. (2004, Sleep 27:1255).
"""

from __future__ import annotations

import numpy as np

EPOCH = 30.0  # s, the AASM's
STAGES = ("W", "N1", "N2", "N3", "R")
W, N1, N2, N3, R = range(5)

_PER_MINUTE = 60 / EPOCH
_LONGEST_SLEEP = 9.5  # h; longer recordings are awake around the night
_N3_MINUTES = (42.0, 30.0, 15.0, 5.0, 0.0)  # in cycle 1, 2, ...; the last is kept
_R_MINUTES = (10.0, 20.0, 29.0, 34.0, 36.0)
_CYCLE_MINUTES = 95.0


def simulate_hypnogram(n_epochs, rng, *, old, respiratory):
    """Draw a stage for each epoch of a recording.

    A recording of less than one sleep cycle gets a compressed cycle, so that it still holds every
    stage; one of over 9.5 h is awake before and after the night.

    Parameters
    ----------
    n_epochs : int
        Number of 30 s epochs.
    rng : numpy.random.Generator
        Source of chance.
    old : bool
        Less N3, longer latency and more wake after sleep onset.
    respiratory : bool
        Less N3, and N2 often broken by N1.

    Returns
    -------
    stages : array of int, shape (n_epochs,)
        Index into ``STAGES``.
    """
    longest = int(rng.uniform(8.0, _LONGEST_SLEEP) * 60 * _PER_MINUTE)
    in_bed = n_epochs if n_epochs <= _LONGEST_SLEEP * 60 * _PER_MINUTE else longest
    before = int(rng.uniform(0.35, 0.6) * (n_epochs - in_bed))
    stages = np.full(n_epochs, W)
    stages[before : before + in_bed] = _night(in_bed, rng, old, respiratory)
    return stages


def _night(n_epochs, rng, old, respiratory):
    latency = rng.lognormal(np.log(18 if old else 11), 0.35) * _PER_MINUTE
    latency = int(np.clip(latency, 1, max(1, 0.1 * n_epochs)))
    final = int(min(rng.uniform(1, 12) * _PER_MINUTE, 0.03 * n_epochs))
    n_sleep = n_epochs - latency - final
    pace = min(1.0, n_sleep / (_CYCLE_MINUTES * _PER_MINUTE))
    deep = (0.4 if old else 1.0) * (0.4 if respiratory else 1.0)
    sleep, cycle = [], 0
    while len(sleep) < n_sleep:
        sleep += _cycle(cycle, pace, deep, rng)
        cycle += 1
    sleep = np.array(sleep[:n_sleep])
    if pace == 1:
        _interrupt(sleep, rng, wake_rate=5.0 if old else 2.0, light_rate=14.0 if respiratory else 3)
    return np.r_[np.full(latency, W), sleep, np.full(final, W)]


def _cycle(number, pace, deep, rng):
    """Stages of one cycle, as a list."""
    spread = rng.uniform(0.75, 1.25, 5)
    n1 = (3.0 if number == 0 else 1.5) * spread[0]
    n3 = _N3_MINUTES[min(number, 4)] * spread[1] * deep
    rem = _R_MINUTES[min(number, 4)] * spread[2]
    n2 = max(_CYCLE_MINUTES * rng.uniform(0.88, 1.12) - n1 - n3 - rem, 12.0)
    first = n2 * (0.35 if n3 else 1.0) * spread[3]
    parts = [(N1, n1), (N2, first), (N3, n3), (N2, n2 - first), (R, rem)]
    epochs = []
    for stage, minutes in parts:
        if minutes > 0:
            epochs += [stage] * max(1, round(minutes * pace * _PER_MINUTE))
    return epochs


def _interrupt(stages, rng, wake_rate, light_rate):
    """Put brief wake and N1 (rates per hour) into sleep, in place."""
    hours = len(stages) * EPOCH / 3600
    for rate, brief in ((wake_rate, W), (light_rate, N1)):
        for start in rng.integers(2, max(3, len(stages)), rng.poisson(rate * hours)):
            if stages[start] == N3 and rng.random() < 0.8:
                continue
            n = rng.geometric(0.45)
            stages[start : start + n] = brief
            if brief == W:  # people fall asleep again through N1
                stages[start + n : start + n + rng.integers(1, 4)] = N1
