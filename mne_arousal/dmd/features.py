"""Numbers that tell a window's modes, whatever the modes' order and sign."""

from __future__ import annotations

import numpy as np

from ..utils.bands import POWER_FLOOR

#: Bands of a chin EMG's waveform, Hz: AASM records it from 10 to 100 Hz.
EMG_BANDS = {"low": (10.0, 30.0), "middle": (30.0, 60.0), "high": (60.0, 100.0)}
#: What is told of the modes besides bands.
QUANTITIES = ("frequency", "growth", "spread", "residual", "rank")

RESIDUAL_FLOOR = 1e-16  # rounding of float64
SMALLEST_EIGENVALUE = 1e-6  # modes that are gone after one sample have no growth rate to speak of


def line_shares(xp, frequencies, widths, edges):
    """Share of each mode's power in each band.

    The spectrum of a damped mode is a Lorentz line around its frequency, whose half width at half
    height is its damping over 2π. Folded at 0 Hz, for there are no negative frequencies.

    Parameters
    ----------
    xp : module
        Array namespace.
    frequencies, widths : array, shape (rank, n)
        Center (not negative) and half width of each line, Hz.
    edges : array, shape (n_bands, 2)
        Edges of each band, Hz.

    Returns
    -------
    shares : list of array, shape (rank, n)
        Integral of the line, of area 1, over each band.
    """
    square = frequencies * frequencies + widths * widths
    twice = 2 * widths
    edges, which = np.unique(edges, return_inverse=True)
    # atan((e - f) / w) + atan((e + f) / w), over π
    below = [xp.atan2(e * twice, square - e * e) * (1 / np.pi) for e in edges.tolist()]
    return [below[high] - below[low] for low, high in np.reshape(which, (-1, 2)).tolist()]


def band_powers(xp, eigenvalues, energies, power, sfreq: float, n_times: int, edges):
    """Logarithm of the power of the modes in each band.

    Modes that are not orthogonal have energies that do not add up to the signal's: here they share
    its mean square in proportion.

    Parameters
    ----------
    xp : module
        Array namespace.
    eigenvalues : array, shape (rank, n)
        Complex.
    energies : array, shape (rank, n)
        Energy of each mode, or of it and its conjugate, in any unit.
    power : array, shape (n,)
        Mean square of the signal, V².
    sfreq : float
        Sampling frequency, Hz.
    n_times : int
        Samples in a window; no line is taken for narrower than their resolution.
    edges : array, shape (n_bands, 2)
        Edges of each band, Hz.

    Returns
    -------
    log_powers : array, shape (n_bands, n)
        Natural logarithm of V², at least that of (1 nV)².
    """
    frequencies, growth = frequencies_and_growth(xp, eigenvalues, sfreq)
    shares = line_shares(xp, frequencies, line_widths(xp, growth, sfreq, n_times), edges)
    return spread_power(xp, shares, energies, power)


def line_widths(xp, growth, sfreq: float, n_times: int):
    """Half width of the line of each mode, Hz: its damping, but not under the resolution."""
    return xp.clip(xp.abs(growth) / (2 * np.pi), min=sfreq / (2 * n_times))


def spread_power(xp, shares: list, energies, power):
    """`band_powers` of modes whose shares in each band are known."""
    weights = energies * (power / _total(xp, energies))
    sums = [xp.sum(share * weights, axis=0) for share in shares]
    if not sums:
        return xp.zeros((0, power.shape[0]), dtype=power.dtype, device=power.device)
    return xp.log(xp.clip(xp.stack(sums), min=POWER_FLOOR))


def summaries(xp, eigenvalues, energies, sfreq: float, counts=None):
    """Means over modes, weighted by amplitude (the root of the energy).

    Parameters
    ----------
    xp : module
        Array namespace.
    eigenvalues : array, shape (rank, n)
        Complex.
    energies : array, shape (rank, n)
        Energy of each mode, in any unit.
    sfreq : float
        Sampling frequency, Hz.
    counts : array, shape (rank, 1) | None
        How many modes each stands for.

    Returns
    -------
    summaries : array, shape (3, n)
        Mean frequency (Hz), mean growth rate (1/s), standard deviation of the frequency (Hz).
    """
    return summarize(xp, *frequencies_and_growth(xp, eigenvalues, sfreq), energies, counts)


def summarize(xp, frequencies, growth, energies, counts=None):
    """`summaries` of modes whose frequencies (Hz) and growth rates (1/s) are known."""
    weights = xp.sqrt(energies)
    if counts is not None:
        weights = weights * counts
    weights = weights / _total(xp, weights)
    mean = xp.sum(weights * frequencies, axis=0)
    spread = xp.sqrt(xp.sum(weights * (frequencies - mean) ** 2, axis=0))
    return xp.stack([mean, xp.sum(weights * growth, axis=0), spread])


def effective_rank(xp, gram):
    """Participation ratio of the energies along the principal axes of the snapshots.

    1 where one axis has all, the number of axes where they have the same.

    Parameters
    ----------
    xp : module
        Array namespace.
    gram : array, shape (n, n_rows, n_rows)
        Gram matrices of snapshots.

    Returns
    -------
    rank : array, shape (n,)
        ``tr(G)² / tr(G²)``; 0 for a window of zeros.
    """
    trace = xp.sum(xp.linalg.diagonal(gram), axis=-1)
    scaled = gram / xp.where(trace > 0, trace, xp.ones_like(trace))[:, None, None]
    scaled = xp.reshape(scaled, (scaled.shape[0], -1))
    return _ratio(xp, trace, xp.vecdot(scaled, scaled))


def effective_rank_of_triangles(xp, upper):
    """`effective_rank` of upper triangles, windows last, shape (n_rows, n_rows, n)."""
    trace = upper[0, 0]
    for i in range(1, upper.shape[0]):
        trace = trace + upper[i, i]
    inverse = 1 / xp.where(trace > 0, trace, xp.ones_like(trace))
    squares = xp.zeros_like(trace)
    for i in range(upper.shape[0]):
        row = upper[i, i:] * inverse
        row *= row
        squares += 2 * xp.sum(row, axis=0) - row[0]
    return _ratio(xp, trace, squares)


def _ratio(xp, trace, squares):
    return xp.where(trace > 0, 1 / xp.where(squares > 0, squares, xp.ones_like(squares)), 0.0)


def frequencies_and_growth(xp, eigenvalues, sfreq: float):
    """Frequency of each mode (Hz, not negative) and growth rate (1/s)."""
    real, imag = xp.real(eigenvalues), xp.imag(eigenvalues)
    frequencies = xp.abs(xp.atan2(imag, real)) * (sfreq / (2 * np.pi))
    square = xp.clip(real * real + imag * imag, min=SMALLEST_EIGENVALUE**2)
    return frequencies, xp.log(square) * (sfreq / 2)


def _total(xp, weights):
    total = xp.sum(weights, axis=0)
    return xp.where(total > 0, total, xp.ones_like(total))
