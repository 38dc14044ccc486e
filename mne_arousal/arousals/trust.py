"""Trust: how much a witness of arousals is worth on this night."""

from __future__ import annotations

import numpy as np

_MEMORY = 60.0  # s over which features of sleep remember themselves


def correlation_beyond_chance(
    a: np.ndarray, b: np.ndarray, asleep: np.ndarray, hop: float
) -> float:
    """Correlate two courses of a night, less what chance explains.

    Both remember themselves for seconds, so that a night holds fewer independent values than
    windows. Bartlett's formula gives the standard error of their correlation, and the correlation
    is shrunk by the share of its square that chance explains. Two standard errors less would leave
    next to nothing of what thirty minutes tell.

    Parameters
    ----------
    a, b : array, shape (n_windows,)
        Courses; NaN where unknown.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep.
    hop : float
        Time between windows, s.

    Returns
    -------
    excess : float
        Shrunken correlation; 0 where it is negative or within one standard error.

    References
    ----------
    James W., Stein C. (1961). Estimation with quadratic loss. Proceedings of the Fourth Berkeley
    Symposium 1, 361-379 (positive-part shrinkage).

    Bartlett M. S. (1946). On the theoretical specification and sampling properties of
    autocorrelated time-series. Journal of the Royal Statistical Society, Supplement 8(1), 27-41.
    """
    known = asleep & np.isfinite(a) & np.isfinite(b)
    n_lags = max(round(_MEMORY / hop), 2)
    if known.sum() < 2 * n_lags:
        return 0.0
    a, b = a[known] - a[known].mean(), b[known] - b[known].mean()
    norms = np.linalg.norm(a), np.linalg.norm(b)
    if not min(norms) > 0:
        return 0.0
    correlation = float(a @ b / (norms[0] * norms[1]))
    shared = 1 + 2 * np.sum(autocorrelation(a, n_lags)[1:] * autocorrelation(b, n_lags)[1:])
    error = np.sqrt(max(shared, 1.0) / len(a))
    if correlation <= error:
        return 0.0
    return correlation * float(1.0 - (error / correlation) ** 2)


def autocorrelation(x: np.ndarray, n_lags: int) -> np.ndarray:
    """Autocorrelation of a course at the first lags.

    Parameters
    ----------
    x : array, shape (n,)
        Course with mean 0.
    n_lags : int
        Lags to return, from 0.

    Returns
    -------
    autocorrelation : array, shape (n_lags,)
        1 at lag 0.
    """
    size = 1 << (len(x) + n_lags).bit_length()
    spectrum = np.abs(np.fft.rfft(x, size)) ** 2
    found = np.fft.irfft(spectrum, size)[:n_lags]
    return found / found[0]
