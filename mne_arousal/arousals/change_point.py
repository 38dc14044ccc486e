"""Where in the signal an event begins: change-point likelihood between two models of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

#: Order of the autoregressive models. Twelve poles at 100 Hz follow the peaks of a sleep EEG.
ORDER = 12
#: Power that the likelihood is raised to. EEG is not the stationary Gaussian process that the
#: models say; without tempering, intervals are several times too narrow on real background.
TEMPER = 0.25
#: Lengths of a ramp that are integrated over, s; an abrupt change is as likely as all ramps. The
#: first third of a ramp hardly shows, so the longest must be longer than ramps are.
RAMPS = (0.0, 0.25, 0.5, 1.0, 1.5)
# Share of the posterior that lies on either side of the interval. At 5 %, intervals cover 82 % of
# abrupt onsets of simulated nights: those of patients are also mistaken for another change nearby.
_TAIL = 0.035
# White noise added to each model, as a share of its power (-30 dB): where filters left a band
# empty, what little is there would decide otherwise.
_FLOOR = 1e-3
# Samples whose likelihoods are multiplied before the logarithm is taken. Along a ramp of n samples
# the product of the shares is 4 ** -n at least, which a double holds up to 500.
_PRODUCT = 256


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


def autoregression(signal: np.ndarray, order: int = ORDER) -> tuple[np.ndarray, float]:
    """Fit an autoregressive model by the Yule-Walker equations.

    Parameters
    ----------
    signal : array, shape (n_times,)
        Piece of signal.
    order : int
        Number of coefficients.

    Returns
    -------
    whitener : array, shape (order + 1,)
        Filter that leaves the innovations.
    variance : float
        Variance of the innovations, at least a tiny share of the signal's.
    """
    x = np.ascontiguousarray(signal - signal.mean())
    n = len(x)
    correlation = np.array([x[: n - lag] @ x[lag:] for lag in range(order + 1)]) / n
    if correlation[0] <= 0:
        return np.r_[1.0, np.zeros(order)], 0.0
    correlation[0] *= 1 + _FLOOR
    lags = np.abs(np.subtract.outer(np.arange(order), np.arange(order)))
    coefficients = np.linalg.solve(correlation[lags], correlation[1:])
    variance = correlation[0] - coefficients @ correlation[1:]
    return np.r_[1.0, -coefficients], float(max(variance, 1e-9 * correlation[0]))


def log_likelihoods(signal: np.ndarray, models: list[tuple[np.ndarray, float]]) -> list[np.ndarray]:
    """Log likelihood of each sample under each model, given the samples before.

    Parameters
    ----------
    signal : array, shape (n_times,)
        Signal.
    models : list of (whitener, variance)
        As `autoregression` returns them.

    Returns
    -------
    log_likelihoods : list of array, shape (n_times,)
        One array a model.
    """
    x = signal - signal.mean()
    return [
        -0.5 * (np.log(variance) + np.convolve(x, whitener)[: len(x)] ** 2 / variance)
        for whitener, variance in models
    ]


def locate_onset(
    signals: np.ndarray,
    sfreq: float,
    coarse: float,
    duration: float,
    *,
    earliest: float | None = None,
    latest: float | None = None,
    search: float = 3.0,
    before: float = 12.0,
    prior: float = 0.7,
    temper: float = TEMPER,
    ramps: tuple[float, ...] = RAMPS,
) -> Onset:
    """Locate the onset of an event near a coarse guess.

    One autoregressive model is fitted to the sleep before, one to the event. The likelihood of a
    change at each sample, from the first to the second, at once or along a ramp, times a prior
    around the guess, is the posterior.

    Parameters
    ----------
    signals : array, shape (n_channels, n_times)
        Channels in which the event is seen.
    sfreq : float
        Sampling frequency, Hz.
    coarse : float
        First guess, s from the start of `signals`.
    duration : float
        First guess of the duration, s.
    earliest, latest : float | None
        Onset may not lie outside, s: what remains must last as long as such an event does, no less
        and no more.
    search : float
        Distance from the guess that is searched, s.
    before : float
        Signal before the event that the first model is fitted to, s.
    prior : float
        Standard deviation of the guess, s: about what detection on windows of 2 s leaves.
    temper : float
        Power that the likelihood is raised to.
    ramps : tuple of float
        Ramp lengths integrated over, s.

    Returns
    -------
    onset : Onset
        Median and 90 % interval. The guess with the prior's interval where the models can't be
        fitted.

    References
    ----------
    Basseville M., Nikiforov I. V. (1993). Detection of Abrupt Changes: Theory and Application.
    Prentice Hall, chapter 8 (changes between autoregressive models).
    """
    n_times = signals.shape[1]
    guess = round(coarse * sfreq)
    lo = max(guess - int(search * sfreq), ORDER)
    hi = min(guess + int(search * sfreq), n_times - 1)
    if earliest is not None:
        lo = max(lo, min(int(np.ceil(earliest * sfreq)), guess))
    if latest is not None:
        hi = min(hi, max(int(latest * sfreq), guess) + 1)
    # neither model may learn from what lies on the other side, as far as the guess can tell
    clear = int(sfreq)
    old = slice(max(lo - int(before * sfreq), 0), max(guess - clear, 0))
    new = slice(min(guess + clear // 2, n_times), min(guess + int(duration * sfreq), n_times))
    fallback = Onset(coarse, coarse - 1.645 * prior, coarse + 1.645 * prior)
    fewest = int(1.5 * sfreq)
    if hi - lo < 2 or old.stop - old.start < fewest or new.stop - new.start < fewest:
        return fallback
    pairs = []
    for x in signals:
        piece = x[: max(hi + int(max(ramps) * sfreq) + 1, new.stop)]
        if not np.isfinite(piece[old.start :]).all():
            continue
        models = [autoregression(piece[part]) for part in (old, new)]
        if min(variance for _, variance in models) > 0:
            pairs.append(log_likelihoods(piece, models))
    used = len(pairs)
    if not used:
        return fallback
    first, second = np.moveaxis(np.array(pairs), 1, 0)
    ratio = _ramp_scores(first, second, lo, hi, sfreq, ramps)
    times = np.arange(lo, hi)
    # channels of one head see the same sources: their mean, not their sum, is the information
    log_posterior = temper * ratio / np.sqrt(used)
    log_posterior[np.asarray(ramps) > 0] -= np.log(max(len(ramps) - 1, 1))
    log_posterior -= 0.5 * ((times / sfreq - coarse) / prior) ** 2
    weights = np.exp(log_posterior - log_posterior.max()).sum(axis=0)
    cumulative = np.cumsum(weights) / weights.sum()
    shares = (_TAIL, 0.5, 1.0 - _TAIL)
    low, middle, high = (times[np.searchsorted(cumulative, q)] / sfreq for q in shares)
    return Onset(float(middle), float(low), float(high))


def locate_end(
    signals: np.ndarray,
    sfreq: float,
    coarse: float,
    duration: float,
    *,
    earliest: float | None = None,
    latest: float | None = None,
    **parameters,
) -> Onset:
    """Locate the end of an event near a coarse guess.

    Backwards in time, an end is an onset: the sleep after the event is what the first model is
    fitted to. Ends are less clear than onsets, and their intervals wider.

    Parameters
    ----------
    signals : array, shape (n_channels, n_times)
        Channels in which the event is seen.
    sfreq : float
        Sampling frequency, Hz.
    coarse : float
        First guess, s from the start of `signals`.
    duration : float
        First guess of the duration, s.
    earliest, latest : float | None
        The end may not lie outside, s.
    **parameters
        As of `locate_onset`.

    Returns
    -------
    end : Onset
        Median and 90 % interval.
    """
    total = signals.shape[1] / sfreq
    found = locate_onset(
        signals[:, ::-1],
        sfreq,
        total - coarse,
        duration,
        earliest=None if latest is None else total - latest,
        latest=None if earliest is None else total - earliest,
        **parameters,
    )
    return Onset(total - found.time, total - found.high, total - found.low)


def _ramp_scores(first, second, lo, hi, sfreq, ramps) -> np.ndarray:
    """Log likelihood ratio of a change at each sample in [lo, hi), for each ramp length.

    Likelihoods have shape (n_channels, n_times); ratios are sums over channels.
    """
    gain = (second - first)[:, lo:]
    n, n_starts = gain.shape[1], hi - lo
    total = gain.sum(axis=0)
    after = np.r_[np.cumsum(total[::-1])[::-1], 0.0]  # everything from a sample on is of the event
    lengths = [round(ramp * sfreq) for ramp in ramps]
    reach = n_starts + max(lengths)
    near = np.pad(gain, ((0, 0), (0, max(reach - n, 0))), mode="edge")[:, :reach]
    # likelihoods of both models, the likelier one set to 1
    old, new = np.exp(-np.maximum(near, 0.0)), np.exp(np.minimum(near, 0.0))
    top = np.r_[0.0, np.cumsum(np.maximum(near, 0.0).sum(axis=0))]
    rest, change = (sliding_window_view(x, n_starts, axis=1) for x in (old, new - old))
    out = []
    for length in lengths:
        score = after[np.minimum(np.arange(n_starts) + length, n)] - after[0]
        if length:
            mixed = _log_mixtures(rest, change, length)
            score = score + mixed + top[length : length + n_starts] - top[:n_starts]
        out.append(score)
    return np.array(out)


def _log_mixtures(rest, change, length: int) -> np.ndarray:
    """Log of the product of the mixtures along a ramp, for ramps that start at each sample.

    Arrays have shape (n_channels, n_ahead, n_starts).
    """
    # as a raised cosine, which rises late: along a straight line onsets come out late
    share = 0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)
    total = np.zeros(rest.shape[2])
    for at in range(0, length, _PRODUCT):
        part = slice(at, min(at + _PRODUCT, length))
        mixture = share[part, np.newaxis] * change[:, part]
        mixture += rest[:, part]
        total += np.log(np.multiply.reduce(mixture, axis=1)).sum(axis=0)
    return total
