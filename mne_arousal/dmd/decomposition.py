"""Batched Dynamic Mode Decomposition of windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .operators import METHODS
from .snapshots import Snapshots


@dataclass
class Modes:
    """Modes of windows of one rank, windows last.

    Parameters
    ----------
    rows : array of int, shape (n,)
        Which windows these are.
    eigenvalues : array, shape (n_given, n)
        Complex. Of conjugate pairs only one may be given.
    energies : array, shape (n_given, n)
        Mean square of each mode's part of the snapshots, V².
    residuals : array, shape (n,)
        Share of the energy of Y that the step from X misses.
    counts : array, shape (n_given,)
        2.0 for a mode that stands for its conjugate, too, else 1.0.
    shares : array, shape (n_channels, n_given, n) | None
        Share of each channel in a mode's energy; None where one channel has all.
    exact_profiles : array, shape (n, n_rows, n_given) | None
        Modes in the span of Y, which are eigenvectors of ``A = Y X⁺`` itself; unit norm. None
        where they were not asked for, or are powers of the eigenvalue.
    """

    rows: np.ndarray
    eigenvalues: object
    energies: object
    residuals: object
    counts: np.ndarray
    shares: object = None
    exact_profiles: object = None

    def take(self, backend, members: np.ndarray) -> Modes:
        """Take some of the windows."""
        xp, places = backend.xp, backend.asarray(members)
        last = self.eigenvalues, self.energies, self.residuals
        last = [xp.take(array, places, axis=-1) for array in last]
        shares, exact = self.shares, self.exact_profiles
        shares = None if shares is None else xp.take(shares, places, axis=2)
        exact = None if exact is None else xp.take(exact, places, axis=0)
        return Modes(self.rows[members], *last, self.counts, shares, exact)

    def channel_energies(self, channel: int):
        """Energies of the modes in one of the channels that are decomposed together."""
        return self.energies if self.shares is None else self.energies * self.shares[channel]


def find_modes(
    backend, snapshots: Snapshots, method: str, n_columns: int, n_channels: int, needs_exact: bool
) -> Modes:
    """Decompose whitened snapshots.

    A snapshot is the sum of the modes times their coefficients ``W⁻¹ Uᵀ x``; the energy of a mode
    is the mean square of its summand over snapshots and rows. The residual compares Y with one step
    from X: ``‖Y - A X‖² / ‖Y‖²``.

    Parameters
    ----------
    backend : ArrayBackend
        Where the arrays are.
    snapshots : Snapshots
        Windows of one rank.
    method : str
        ``"exact"``, ``"fb"`` or ``"tls"``.
    n_columns : int
        Number of snapshot pairs.
    n_channels : int
        Channels that are decomposed together.
    needs_exact : bool
        Whether the modes themselves are wanted.

    Returns
    -------
    modes : Modes
        The modes.
    """
    xp = backend.xp
    eigenvalues, w = METHODS[method](backend, snapshots)
    left = backend.inv(w)
    q = snapshots.scale
    squares = _profile_squares(xp, snapshots, w, n_channels)  # (n, n_channels, rank)
    norms = xp.sum(squares, axis=1)
    coefficients = xp.sum(_square(xp, left), axis=2)  # X is orthonormal when whitened
    energies = norms * coefficients / (n_columns * snapshots.basis.shape[1])
    operator = snapshots.cross
    if method != "exact":
        operator = xp.real((w * eigenvalues[:, None, :]) @ left)
    gain = xp.sum(q[:, :, None] ** 2 * (2 * snapshots.cross - operator) * operator, axis=(1, 2))
    residuals = 1 - gain / xp.where(snapshots.total > 0, snapshots.total, xp.ones_like(gain))
    residuals = xp.clip(residuals, min=0.0)
    shares, exact = None, None
    if n_channels > 1:
        shares = squares / xp.where(norms > 0, norms, xp.ones_like(norms))[:, None, :]
        shares = xp.permute_dims(shares, (1, 2, 0))
    if needs_exact and method == "exact":
        exact = _times(xp, snapshots.image, w) / _nonzero(xp, eigenvalues)
    elif needs_exact:
        exact = _times(xp, snapshots.basis, w * xp.astype(q, w.dtype)[:, :, None])
    exact = None if exact is None else _normalize(xp, exact)
    transposed, counts = xp.matrix_transpose, np.ones(eigenvalues.shape[1])
    values, energies = transposed(eigenvalues), transposed(energies)
    return Modes(snapshots.rows, values, energies, residuals, counts, shares, exact)


def _profile_squares(xp, snapshots: Snapshots, w, n_channels: int):
    """Squared length of each mode in each channel, shape (n, n_channels, rank)."""
    scaled = xp.concat([xp.real(w), xp.imag(w)], axis=2) * snapshots.scale[:, :, None]
    if n_channels > 1:  # the basis keeps lengths
        scaled = snapshots.basis @ scaled
    scaled *= scaled
    r = w.shape[2]
    squares = scaled[..., :r] + scaled[..., r:]
    squares = xp.reshape(squares, (w.shape[0], -1, n_channels if n_channels > 1 else 1, r))
    return xp.sum(squares, axis=1)


def _times(xp, a, w):
    """Product of real with complex matrices."""
    r = w.shape[2]
    parts = a @ xp.concat([xp.real(w), xp.imag(w)], axis=2)
    return parts[..., :r] + 1j * parts[..., r:]


def _square(xp, z):
    return xp.real(z) ** 2 + xp.imag(z) ** 2


def _nonzero(xp, eigenvalues):
    """Eigenvalues to divide modes by, one a column; only the length of a mode depends on them."""
    modulus = xp.abs(eigenvalues)
    return xp.where(modulus > 0, eigenvalues, xp.ones_like(eigenvalues))[:, None, :]


def _normalize(xp, profiles):
    norms = xp.sqrt(xp.sum(_square(xp, profiles), axis=1))
    norms = xp.where(norms > 0, norms, xp.ones_like(norms))
    return profiles / xp.astype(norms, profiles.dtype)[:, None, :]
