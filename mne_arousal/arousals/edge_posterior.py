"""Where an edge of an event lies, as a probability of each moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Power that likelihoods are raised to. Signals are not the stationary Gaussian processes that
#: models say; without tempering, intervals are several times too narrow on real background.
TEMPER = 0.25
# Share of the posterior on either side of the interval, and a sample more. At 5 % intervals are too
# careful: on the choosing half they hold 95 to 97 % of sleepers' and implants' onsets.
_TAIL = 0.07
# Where the change that the EEG shows is another one, or shows none: mean distance of the edge from
# a moment 0.7 s before what detection gave, s, and how far from the guess it may lie.
# `doc/benchmarks/arousals/onsets.py` measures what these do.
_FAR = 1.5
_BEFORE_GUESS = 0.7
_REACH = 5.0


@dataclass(frozen=True)
class Onset:
    """Where an event begins.

    Parameters
    ----------
    time : float
        Posterior median, s from the start of the signal.
    low, high : float
        90 % interval, s.
    """

    time: float
    low: float
    high: float


@dataclass(frozen=True)
class EdgePosterior:
    """Probability that an edge lies at each sample.

    Parameters
    ----------
    start : int
        Sample of the first weight.
    weights : array, shape (n_samples,)
        Probabilities, not normalized.
    sfreq : float
        Sampling frequency, Hz.
    """

    start: int
    weights: np.ndarray
    sfreq: float

    @property
    def times(self) -> np.ndarray:
        """Time of each weight, s from the start of the signal, shape (n_samples,)."""
        return (self.start + np.arange(len(self.weights))) / self.sfreq

    def summary(self) -> Onset:
        """Return median and 90 % interval.

        Returns
        -------
        onset : Onset
            Median and interval, s.
        """
        cumulative = np.cumsum(self.weights)
        cumulative /= cumulative[-1]
        at = np.searchsorted(cumulative, (_TAIL, 0.5, 1.0 - _TAIL))
        low, middle, high = self.times[np.minimum(at, len(self.weights) - 1)]
        # filters show a change in the samples beside it, too
        beside = 1.0 / self.sfreq
        return Onset(float(middle), float(low - beside), float(high + beside))

    def weighted_by(self, likelihood: np.ndarray) -> EdgePosterior:
        """Multiply by what another signal says.

        Parameters
        ----------
        likelihood : array, shape (n_samples,)
            Likelihood of what the other signal shows, for an edge at each sample.

        Returns
        -------
        posterior : EdgePosterior
            The product.
        """
        return EdgePosterior(self.start, self.weights * likelihood, self.sfreq)


def doubted(
    posterior: EdgePosterior,
    guess: float,
    doubt: float,
    first: int,
    last: int,
    *,
    backwards: bool = False,
) -> EdgePosterior:
    """Allow for an edge that the EEG does not show.

    With the probability `doubt` the edge lies where the first guess alone puts it, somewhere within
    seconds of it; else where the EEG says.

    Parameters
    ----------
    posterior : EdgePosterior
        What the EEG says.
    guess : float
        First guess, s from the start of the signal.
    doubt : float
        Probability that the EEG shows the edge badly.
    first, last : int
        Samples within which the edge must lie, half open.
    backwards : bool
        Whether the signal runs backwards in time.

    Returns
    -------
    posterior : EdgePosterior
        The mixture; the posterior itself where there is no doubt.
    """
    sfreq = posterior.sfreq
    start, stop = posterior.start, posterior.start + len(posterior.weights)
    lo = min(start, max(first, round((guess - _REACH) * sfreq)))
    hi = max(stop, min(last, round((guess + _REACH) * sfreq)))
    # weak events are found by their strongest part, so that guesses come late
    center = guess + (_BEFORE_GUESS if backwards else -_BEFORE_GUESS)
    far = np.exp(-np.abs(np.arange(lo, hi) / sfreq - center) / _FAR)
    weights = doubt * far / far.sum()
    weights[start - lo : stop - lo] += (1.0 - doubt) * posterior.weights / posterior.weights.sum()
    return EdgePosterior(lo, weights, sfreq)


def union(onset: Onset, other: Onset) -> Onset:
    """Give an onset an interval that holds another one's, too.

    Parameters
    ----------
    onset : Onset
        Its median stays.
    other : Onset
        Its interval is held.

    Returns
    -------
    onset : Onset
        Median of the first; interval from the lower low to the higher high.
    """
    return Onset(onset.time, min(onset.low, other.low), max(onset.high, other.high))


def shifted(onset: Onset, by: float) -> Onset:
    """Move an onset with its interval.

    Parameters
    ----------
    onset : Onset
        Onset.
    by : float
        How far, s.

    Returns
    -------
    onset : Onset
        The same, later.
    """
    return Onset(onset.time + by, onset.low + by, onset.high + by)
