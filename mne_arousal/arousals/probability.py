"""Probability: how likely a candidate of some score is an arousal, on this night.

Candidates are a mixture of noise, whose rate and tail the night itself tells by its sign-flipped
evidence, of look-alikes, whose rate is that of other nights, and of arousals, whose number and
scores the candidates tell. So a score that is most likely an arousal where arousals are dense is
none where they are rare. The mixture is fitted by expectation maximization with a weak prior, so
that thirty minutes are enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .noise import Noise, lookalike_density

# Log scores of arousals on simulated nights, and how many arousals that is worth as a prior.
_LOG_SCORE, _LOG_SCORE_SPREAD, _PRIOR_AROUSALS = float(np.log(8.0)), 0.45, 10.0
_LEAST_LOG_SCORE = float(np.log(6.0))  # arousals may not become the noise itself
_BLOCKED = 30.0 / 3600  # h around an arousal that holds no other candidate: it and its flanks
_LEAST_RISK = 0.15  # of the sleep stays at risk of noise, however many arousals there are
_ROUNDS = 60
_CLIP = (-6.0, 6.0)  # log odds beyond which the mixture is not believed
# Recalibration of the mixture's log odds on simulated nights (doc/benchmarks/arousals/cues.py)
OFFSET, FACTOR = -0.77, 1.02


@dataclass(frozen=True)
class Mixture:
    """Candidates of a night as noise and arousals.

    Attributes
    ----------
    log_odds : array, shape (n_candidates,)
        Natural logarithm of the odds of an arousal by score alone; never falls with the score.
    n_arousals : float
        Expected number of arousals among the candidates.
    log_score, spread : float
        Mean and standard deviation of the log scores of arousals.
    """

    log_odds: np.ndarray
    n_arousals: float
    log_score: float
    spread: float


def fit_mixture(
    scores: np.ndarray, noise: Noise, hours: float, factors: np.ndarray | float = 1.0
) -> Mixture:
    """Fit the mixture of noise and arousals to the candidates of a night.

    Parameters
    ----------
    scores : array, shape (n_candidates,)
        Scores, in spreads of quiet sleep.
    noise : Noise
        What noise does on this night.
    hours : float
        Hours of sleep.
    factors : array, shape (n_candidates,) | float
        Factor on the rate of noise where each candidate lies.

    Returns
    -------
    mixture : Mixture
        The fit.

    References
    ----------
    Efron B. (2010). Large-Scale Inference: Empirical Bayes Methods for Estimation, Testing, and
    Prediction. Cambridge University Press, chapter 5 (local false discovery rates).
    """
    if not len(scores):
        return Mixture(np.empty(0), 0.0, _LOG_SCORE, _LOG_SCORE_SPREAD)
    logs = np.log(scores)
    center, spread, n_arousals = _LOG_SCORE, _LOG_SCORE_SPREAD, 0.3 * len(scores)
    at_risk = hours
    for _ in range(_ROUNDS):
        normal = np.exp(-0.5 * ((logs - center) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
        arousals = n_arousals * normal / scores
        expected = (noise.density(scores) * factors + lookalike_density(scores)) * at_risk
        share = arousals / (arousals + expected + 1e-300)
        total = share.sum()
        n_arousals = total + 1.0
        weight = total + _PRIOR_AROUSALS
        mean = (share @ logs + _PRIOR_AROUSALS * _LOG_SCORE) / weight
        prior = _PRIOR_AROUSALS * (_LOG_SCORE_SPREAD**2 + (_LOG_SCORE - mean) ** 2)
        spread = float(np.sqrt((share @ (logs - mean) ** 2 + prior) / weight))
        center = max(float(mean), _LEAST_LOG_SCORE)
        at_risk = max(hours - total * _BLOCKED, _LEAST_RISK * hours)
    log_odds = np.clip(np.log(arousals + 1e-300) - np.log(expected + 1e-300), *_CLIP)
    order = np.argsort(scores, kind="stable")
    log_odds[order] = np.maximum.accumulate(log_odds[order])
    return Mixture(log_odds, float(n_arousals), center, spread)


def evidence_log_odds(mixture: Mixture) -> np.ndarray:
    """Log odds of an arousal by the score alone, recalibrated.

    Parameters
    ----------
    mixture : Mixture
        The fit to the candidates of a night.

    Returns
    -------
    log_odds : array, shape (n_candidates,)
        Natural logarithm of odds.
    """
    return OFFSET + FACTOR * mixture.log_odds


def to_probability(log_odds):
    """Turn log odds into a probability.

    Parameters
    ----------
    log_odds : float or array
        Natural logarithm of odds.

    Returns
    -------
    probability : float or array
        From 0 to 1.
    """
    return 1.0 / (1.0 + np.exp(-np.asarray(log_odds, dtype=float)))


def choose_probability(
    probabilities: np.ndarray,
    hours: float,
    *,
    false_alarms_per_hour: float | None,
    max_fdr: float | None,
    min_probability: float,
) -> float:
    """Find the lowest probability that an event must have.

    Parameters
    ----------
    probabilities : array, shape (n_candidates,)
        Of the candidates that meet the definition of an arousal.
    hours : float
        Hours of sleep.
    false_alarms_per_hour : float | None
        False events an hour of sleep that are expected, at most; None sets no such limit.
    max_fdr : float | None
        Share of false events that is expected among those found, at most; None sets none.
    min_probability : float
        What is asked where neither limit is set.

    Returns
    -------
    lowest : float
        Probability.
    """
    if false_alarms_per_hour is None and max_fdr is None:
        return min_probability
    ordered = np.sort(probabilities)[::-1]
    false = np.cumsum(1.0 - ordered)
    fits = np.ones(len(ordered), dtype=bool)
    if false_alarms_per_hour is not None:
        fits &= false <= false_alarms_per_hour * hours
    if max_fdr is not None:
        fits &= false <= max_fdr * np.arange(1, len(ordered) + 1)
    allowed = np.flatnonzero(fits)
    return float(ordered[allowed[-1]]) if len(allowed) else 1.0
