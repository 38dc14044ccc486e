"""Where in the signal an event begins: change-point likelihood between two models of it."""

from __future__ import annotations

from math import erfc, sqrt

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .edge_posterior import TEMPER, EdgePosterior, Onset, doubted, union
from .muscle_rise import rise_likelihood

#: Order of the autoregressive models. Twelve poles at 100 Hz follow the peaks of a sleep EEG.
ORDER = 12
#: Standard deviation of the guess of an edge, s: about what detection on windows of 2 s leaves.
PRIOR = 0.7
#: Lengths of a ramp that are integrated over, s; an abrupt change is as likely as all ramps. The
#: first third of a ramp hardly shows, so the longest must be longer than ramps are.
RAMPS = (0.0, 0.25, 0.5, 1.0, 1.5)
# White noise added to each model, as a share of its power (-30 dB): where filters left a band
# empty, what little is there would decide otherwise.
_FLOOR = 1e-3
# Samples whose likelihoods are multiplied before the logarithm is taken. Along a ramp of n samples
# the product of the shares is 4 ** -n at least, which a double holds up to 500.
_PRODUCT = 256
_PIECE = 0.5  # s; pieces of signal that the models assign to sleep or event
# Ends that detection gives lie this much after the true ones, s: the median is 0.4 s on simulated
# nights and 0.7 s on implants of the choosing half.
_LATE_END = 0.45


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
    doubt: float = 0.0,
    emg: np.ndarray | None = None,
    **parameters,
) -> Onset:
    """Locate the onset of an event near a coarse guess.

    One autoregressive model is fitted to the sleep before, one to the event. The likelihood of a
    change at each sample, from the first to the second, at once or along a ramp, times a prior
    around the guess, is the posterior. The less the models tell sleep from event, the more weight
    has a second, wide posterior: that the onset is not the change that the EEG shows. The chin EMG
    may move the onset, and never narrows the interval that the EEG gives.

    Parameters
    ----------
    signals : array, shape (n_channels, n_times)
        EEG channels in which the event is seen.
    sfreq : float
        Sampling frequency, Hz.
    coarse : float
        First guess, s from the start of `signals`.
    duration : float
        First guess of the duration, s.
    earliest, latest : float | None
        Onset may not lie outside, s: what remains must last as long as such an event does, no less
        and no more.
    doubt : float
        Probability that the first guess is not near the onset, whatever the EEG shows.
    emg : array, shape (n_times,) | None
        Chin EMG as a waveform, high-pass filtered.
    **parameters
        As of `change_posterior`.

    Returns
    -------
    onset : Onset
        Median and 90 % interval. The guess with the prior's interval where the models can't be
        fitted.
    """
    found = change_posterior(
        signals, sfreq, coarse, duration, earliest=earliest, latest=latest, **parameters
    )
    if found is None:
        return _guess_alone(coarse, parameters.get("prior", PRIOR))
    of_eeg = _with_doubt(*found, doubt, coarse, signals.shape[1], earliest, latest)
    onset = of_eeg.summary()
    if emg is None:
        return onset
    likelihood = rise_likelihood(emg, sfreq, coarse, of_eeg.times)
    if likelihood is None:
        return onset
    return union(of_eeg.weighted_by(likelihood).summary(), onset)


def locate_end(
    signals: np.ndarray,
    sfreq: float,
    coarse: float,
    duration: float,
    *,
    earliest: float | None = None,
    latest: float | None = None,
    doubt: float = 0.0,
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
    doubt : float
        Probability that the first guess is not near the end, whatever the EEG shows.
    **parameters
        As of `change_posterior`.

    Returns
    -------
    end : Onset
        Median and 90 % interval.
    """
    total = signals.shape[1] / sfreq
    first = None if latest is None else total - latest
    last = None if earliest is None else total - earliest
    guess = total - coarse
    found = change_posterior(
        signals[:, ::-1],
        sfreq,
        guess + _LATE_END,
        duration - _LATE_END,
        earliest=first,
        latest=last,
        **parameters,
    )
    if found is None:
        return _guess_alone(coarse, parameters.get("prior", PRIOR))
    end = _with_doubt(*found, doubt, guess, signals.shape[1], first, last, backwards=True).summary()
    return Onset(total - end.time, total - end.high, total - end.low)


def change_posterior(
    signals: np.ndarray,
    sfreq: float,
    guess: float,
    duration: float,
    *,
    earliest: float | None = None,
    latest: float | None = None,
    search: float = 3.0,
    before: float = 12.0,
    prior: float = PRIOR,
    temper: float = TEMPER,
    ramps: tuple[float, ...] = RAMPS,
) -> tuple[EdgePosterior, float] | None:
    """Probability of a change from sleep to event at each sample near a guess.

    Parameters
    ----------
    signals : array, shape (n_channels, n_times)
        Signals.
    sfreq : float
        Sampling frequency, Hz.
    guess, duration : float
        First guess of the onset and of the duration, s.
    earliest, latest : float | None
        The change may not lie outside, s.
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
    posterior : EdgePosterior
        Of the change.
    confusion : float
        Share of pieces of half a second that the models assign to the wrong side, as far as means
        and spread of their likelihood ratios tell. None where the models can't be fitted.

    References
    ----------
    Basseville M., Nikiforov I. V. (1993). Detection of Abrupt Changes: Theory and Application.
    Prentice Hall, chapter 8 (changes between autoregressive models).
    """
    n_times = signals.shape[1]
    at = round(guess * sfreq)
    lo = max(at - int(search * sfreq), ORDER)
    hi = min(at + int(search * sfreq), n_times - 1)
    if earliest is not None:
        lo = max(lo, min(int(np.ceil(earliest * sfreq)), at))
    if latest is not None:
        hi = min(hi, max(int(latest * sfreq), at) + 1)
    # neither model may learn from what lies on the other side, as far as the guess can tell
    clear = int(sfreq)
    old = slice(max(lo - int(before * sfreq), 0), max(at - clear, 0))
    new = slice(min(at + clear // 2, n_times), min(at + int(duration * sfreq), n_times))
    fewest = int(1.5 * sfreq)
    if hi - lo < 2 or old.stop - old.start < fewest or new.stop - new.start < fewest:
        return None
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
        return None
    first, second = np.moveaxis(np.array(pairs), 1, 0)
    ratio = _ramp_scores(first, second, lo, hi, sfreq, ramps)
    # channels of one head see the same sources: their mean, not their sum, is the information
    log_posterior = temper * ratio / np.sqrt(used)
    log_posterior[np.asarray(ramps) > 0] -= np.log(max(len(ramps) - 1, 1))
    log_posterior -= 0.5 * ((np.arange(lo, hi) / sfreq - guess) / prior) ** 2
    weights = np.exp(log_posterior - log_posterior.max()).sum(axis=0)
    return EdgePosterior(lo, weights, sfreq), _confusion(second - first, old, new, sfreq)


def _guess_alone(guess: float, prior: float) -> Onset:
    """The guess with the prior's 90 % interval."""
    return Onset(guess, guess - 1.645 * prior, guess + 1.645 * prior)


def _confusion(gain: np.ndarray, old: slice, new: slice, sfreq: float) -> float:
    """Share of pieces that their likelihood ratio assigns to the wrong side.

    `gain` is the log likelihood ratio of event to sleep, shape (n_channels, n_times).
    """
    total, size = gain.sum(axis=0), int(_PIECE * sfreq)
    pieces = []
    for part, sign in ((old, -1.0), (new, 1.0)):
        n = (part.stop - part.start) // size
        at = part.start
        pieces.append(sign * total[at : at + n * size].reshape(n, size).sum(axis=1))
    mean = 0.5 * sum(float(x.mean()) for x in pieces)
    squares = sum(float(x.var()) * len(x) for x in pieces)
    spread = sqrt(squares / (len(pieces[0]) + len(pieces[1]) - 2))
    return 0.5 * erfc(mean / (spread * sqrt(2.0))) if spread > 0 else 0.5


def _with_doubt(
    posterior, confusion, doubt, guess, n_times, earliest, latest, *, backwards=False
) -> EdgePosterior:
    """Widen what the EEG says by the doubt that it shows the edge."""
    sfreq = posterior.sfreq
    first = ORDER if earliest is None else max(int(np.ceil(earliest * sfreq)), ORDER)
    last = n_times - 1 if latest is None else min(int(latest * sfreq) + 1, n_times - 1)
    total = 1.0 - (1.0 - doubt) * (1.0 - confusion)
    return doubted(posterior, guess, total, first, last, backwards=backwards)


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
