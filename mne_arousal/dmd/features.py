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
    frequencies, widths : array, shape (n, rank)
        Centre (not negative) and half width of each line, Hz.
    edges : array, shape (n_bands, 2)
        Edges of each band, Hz.

    Returns
    -------
    shares : array, shape (n, n_bands, rank)
        Integral of the line, of area 1, over the band.
    """
    f, w = frequencies[:, None, :], widths[:, None, :]
    edges, which = np.unique(edges, return_inverse=True)
    at = xp.asarray(edges, device=f.device)[None, :, None]
    below = (xp.atan((at - f) / w) + xp.atan((at + f) / w)) / np.pi
    low, high = np.reshape(which, (-1, 2)).T
    return below[:, high.tolist()] - below[:, low.tolist()]


def band_powers(xp, eigenvalues, energies, power, sfreq: float, n_times: int, edges):
    """Logarithm of the power of the modes in each band.

    Modes that are not orthogonal have energies that do not add up to the signal's: here they share
    its mean square in proportion.

    Parameters
    ----------
    xp : module
        Array namespace.
    eigenvalues : array, shape (n, rank)
        Complex.
    energies : array, shape (n, rank)
        Energy of each mode, in any unit.
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
    log_powers : array, shape (n, n_bands)
        Natural logarithm of V², at least that of (1 nV)².
    """
    frequencies, growth = _frequencies(xp, eigenvalues, sfreq)
    widths = xp.clip(xp.abs(growth) / (2 * np.pi), min=sfreq / (2 * n_times))
    shares = line_shares(xp, frequencies, widths, edges)
    weights = energies * (power / _total(xp, energies))[:, None]
    return xp.log(xp.clip(xp.sum(shares * weights[:, None, :], axis=-1), min=POWER_FLOOR))


def summaries(xp, eigenvalues, energies, sfreq: float):
    """Means over modes, weighted by amplitude (the root of the energy).

    Parameters
    ----------
    xp : module
        Array namespace.
    eigenvalues : array, shape (n, rank)
        Complex.
    energies : array, shape (n, rank)
        Energy of each mode, in any unit.
    sfreq : float
        Sampling frequency, Hz.

    Returns
    -------
    summaries : array, shape (n, 3)
        Mean frequency (Hz), mean growth rate (1/s), standard deviation of the frequency (Hz).
    """
    frequencies, growth = _frequencies(xp, eigenvalues, sfreq)
    weights = xp.sqrt(energies)
    weights = weights / _total(xp, weights)[:, None]
    mean = xp.sum(weights * frequencies, axis=-1)
    spread = xp.sqrt(xp.sum(weights * (frequencies - mean[:, None]) ** 2, axis=-1))
    return xp.stack([mean, xp.sum(weights * growth, axis=-1), spread], axis=-1)


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
    squares = xp.sum(scaled * scaled, axis=(1, 2))
    return xp.where(trace > 0, 1 / xp.where(squares > 0, squares, xp.ones_like(squares)), 0.0)


def _frequencies(xp, eigenvalues, sfreq):
    real, imag = xp.real(eigenvalues), xp.imag(eigenvalues)
    frequencies = xp.abs(xp.atan2(imag, real)) * (sfreq / (2 * np.pi))
    square = xp.clip(real * real + imag * imag, min=SMALLEST_EIGENVALUE**2)
    return frequencies, xp.log(square) * (sfreq / 2)


def _total(xp, weights):
    total = xp.sum(weights, axis=-1)
    return xp.where(total > 0, total, xp.ones_like(total))
