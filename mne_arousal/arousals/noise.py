"""Noise: how often sleep makes a score where nothing happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# How often sleep makes a score higher than t where nothing happens, per hour at risk:
#     rate * exp(-(t^2 - 9) / (2 * variance)).
# Constants of noise alone (what overlaps neither arousals nor look-alikes), and of sign-flipped
# evidence per quiet hour, read off 84 simulated nights of 21 kinds of sleepers. The second pair,
# measured anew on each night, moves the first; what is left is put right by the recalibration in
# probability.py, which is fitted with these constants in place.
_RATE, _VARIANCE = 8.8, 2.7
# Without gamma, fewer bands average less noise away, and it reaches higher.
_FEW_BANDS_VARIANCE = 3.3
_FLIPPED_RATE, _FLIPPED_VARIANCE, _FLIPPED_FLOOR = 71.0, 1.35, 2.0
# Look-alikes reach higher than noise: movements, bursts of less than 3 s, breaths after an apnea.
# An hour at risk has so many with a score over 2.5, and their rate falls by e in so much score.
_LOOKALIKES, _LOOKALIKE_FALL, _LOOKALIKE_FLOOR = 15.0, 2.0, 2.5
_PRIOR_EVENTS = 40.0  # flipped events that the constants are worth
_PRIOR_CLUSTER_EVENTS = 20.0  # flipped events that the night's rate is worth in a stage cluster


@dataclass(frozen=True)
class Noise:
    """How often sleep makes a score higher than a threshold where nothing happens.

    Parameters
    ----------
    rate : float
        Events with a score over 3 per hour at risk.
    variance : float
        Of the half-normal tail beyond.
    """

    rate: float = _RATE
    variance: float = _VARIANCE

    def events_per_hour(self, threshold):
        """Expect events of noise over a threshold.

        Parameters
        ----------
        threshold : float or array
            Score.

        Returns
        -------
        rate : float or array
            Events per hour at risk.
        """
        return self.rate * np.exp(-(np.square(threshold) - 9.0) / (2 * self.variance))

    def density(self, score):
        """Expect events of noise around a score.

        Parameters
        ----------
        score : float or array
            Score.

        Returns
        -------
        density : float or array
            Events per hour at risk and unit of score.
        """
        return self.events_per_hour(score) * score / self.variance


def lookalike_density(score):
    """Expect look-alikes of arousals around a score.

    How many a night has cannot be told from arousals without labels; the rate is that of
    simulated nights, and generous for most.

    Parameters
    ----------
    score : float or array
        Score.

    Returns
    -------
    density : float or array
        Events per hour at risk and unit of score.
    """
    fall = np.exp(-(np.asarray(score) - _LOOKALIKE_FLOOR) / _LOOKALIKE_FALL)
    return _LOOKALIKES / _LOOKALIKE_FALL * fall


def measure_noise(flipped: np.ndarray, quiet_hours: float, *, few_bands: bool = False) -> Noise:
    """Measure how high noise reaches on this night.

    Sleep makes departures of both signs, arousals those of one. So the events that the same scan
    finds in quiet sleep in sign-flipped evidence are a negative control: they tell of noise alone.
    An hour has some 70 of them; the constants count for 40, so that a short recording is not left
    to chance.

    Parameters
    ----------
    flipped : array, shape (n_events,)
        Scores of events in sign-flipped evidence.
    quiet_hours : float
        Hours in which they were found.
    few_bands : bool
        Whether the evidence had to do without gamma, as at 50 Hz.

    Returns
    -------
    noise : Noise
        Its rate and variance.
    """
    over = flipped[flipped > _FLIPPED_FLOOR]
    rate = (len(over) + _PRIOR_EVENTS) / (_FLIPPED_RATE * quiet_hours + _PRIOR_EVENTS)
    squares = np.sum(over**2 - _FLIPPED_FLOOR**2) / 2
    variance = (squares + _PRIOR_EVENTS * _FLIPPED_VARIANCE) / (len(over) + _PRIOR_EVENTS)
    usual = _FEW_BANDS_VARIANCE if few_bands else _VARIANCE
    return Noise(_RATE * rate, usual * variance / _FLIPPED_VARIANCE)


def cluster_factors(
    flipped_clusters: np.ndarray, quiet_clusters: np.ndarray, n_clusters: int
) -> np.ndarray:
    """Tell in which stage clusters noise is more frequent than on the night as a whole.

    Parameters
    ----------
    flipped_clusters : array of int, shape (n_events,)
        Stage cluster of each event in sign-flipped evidence that counts.
    quiet_clusters : array of int, shape (n_windows,)
        Stage cluster of each quiet window.
    n_clusters : int
        Stage clusters.

    Returns
    -------
    factors : array, shape (n_clusters,)
        Rate of noise in each cluster over that of the night; near 1 where a cluster has little
        quiet sleep.
    """
    counts = np.bincount(flipped_clusters[flipped_clusters >= 0], minlength=n_clusters)
    hours = np.bincount(quiet_clusters[quiet_clusters >= 0], minlength=n_clusters)
    expected = counts.sum() * hours / max(hours.sum(), 1)
    return (counts + _PRIOR_CLUSTER_EVENTS) / (expected + _PRIOR_CLUSTER_EVENTS)


def flipped_that_count(flipped: np.ndarray) -> np.ndarray:
    """Tell which events in sign-flipped evidence noise is measured on.

    Parameters
    ----------
    flipped : array, shape (n_events,)
        Their scores.

    Returns
    -------
    counts : array of bool, shape (n_events,)
        Those over the floor.
    """
    return flipped > _FLIPPED_FLOOR
