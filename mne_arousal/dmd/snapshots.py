"""Snapshot pairs of many windows, whitened: what every kind of DMD starts from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._array import to_numpy
from .subspace import leading_pairs, pays_off

#: A Gram matrix squares the ratio of singular values. Below this ratio the rounding error of
#: float64 (1e-16) would pass 1e-8 of the smallest kept direction, and the snapshots themselves are
#: used.
SMALLEST_RATIO = 1e-4


@dataclass
class Snapshots:
    """Snapshot pairs ``Y ≈ A X`` of windows of one rank, in whitened coordinates.

    With ``X = U S Vᵀ``, cut to the rank, they are ``S⁻¹ Uᵀ X`` (orthonormal rows) and
    ``S⁻¹ Uᵀ Y``.

    Parameters
    ----------
    rows : array of int, shape (n,)
        Which windows these are.
    basis : array, shape (n, n_rows, rank)
        U, orthonormal.
    scale : array, shape (n, rank)
        S, singular values.
    cross : array, shape (n, rank, rank)
        Whitened ``Y Xᵀ``.
    ahead : array, shape (n, rank, rank) | None
        Whitened ``Y Yᵀ``; None where it was not asked for.
    image : array, shape (n, n_rows, rank)
        ``Y V``.
    total : array, shape (n,)
        Squared norm of Y.
    """

    rows: np.ndarray
    basis: object
    scale: object
    cross: object
    ahead: object
    image: object
    total: object

    @property
    def rank(self) -> int:
        return self.scale.shape[1]


def choose_rank(singular_values: np.ndarray, shape: tuple[int, int], rank) -> np.ndarray:
    """Choose the rank of each window, as PyDMD does.

    Parameters
    ----------
    singular_values : array, shape (n, k)
        Singular values in falling order.
    shape : tuple of int
        Shape of the snapshot matrix.
    rank : int | float
        Positive int: this many. Float in (0, 1): as many as have this share of the energy.
        0: optimal hard threshold. -1: all.

    Returns
    -------
    ranks : array of int, shape (n,)
        Never more than the numerical rank; 0 only for a window of zeros.

    References
    ----------
    Gavish and Donoho (2014). The optimal hard threshold for singular values is 4/√3. IEEE Trans.
    Inf. Theory 60(8), 5040-5053.
    """
    s = singular_values
    numerical = np.sum(s > s[:, :1] * max(shape) * np.finfo(float).eps, axis=1)
    if rank == 0:
        beta = min(shape) / max(shape)
        omega = 0.56 * beta**3 - 0.95 * beta**2 + 1.82 * beta + 1.43
        chosen = np.sum(s > omega * np.median(s, axis=1, keepdims=True), axis=1)
        chosen = np.maximum(chosen, 1)
    elif 0 < rank < 1:
        energy = np.cumsum(s**2, axis=1)
        chosen = np.sum(energy < rank * energy[:, -1:], axis=1) + 1
    else:
        chosen = np.full(len(s), s.shape[1] if rank == -1 else rank)
    return np.minimum(chosen, numerical)


def whiten(
    backend, gram, embedded, n_columns: int, n_channels: int, rank, needs_ahead: bool = True
) -> Iterator[Snapshots]:
    """Whiten the snapshots of each window, through its Gram matrix where that is accurate.

    Parameters
    ----------
    backend : ArrayBackend
        Where the arrays are.
    gram : array, shape (n, (d + 1) * n_channels, (d + 1) * n_channels)
        Extended Gram matrices, see `mne_arousal.dmd.gram`.
    embedded : callable
        Takes row numbers, returns their embedded windows, shape (m, n_columns, (d + 1) *
        n_channels); called for ill-conditioned windows only.
    n_columns : int
        Number of snapshot pairs.
    n_channels : int
        Channels decomposed together: the shift from X to Y in rows of the Gram matrix.
    rank : int | float
        See `choose_rank`.
    needs_ahead : bool
        Whether ``Y Yᵀ`` is needed, too.

    Yields
    ------
    snapshots : Snapshots
        Windows of one rank; windows of zeros are in none.
    """
    c, n_rows = n_channels, gram.shape[1] - n_channels
    left = np.arange(gram.shape[0])
    if 1 <= rank <= n_columns and pays_off(n_rows, rank):
        values, vectors, found = leading_pairs(backend, gram[:, :n_rows, :n_rows], c, rank)
        good = to_numpy(found & (values[:, -1] >= SMALLEST_RATIO**2 * values[:, 0]))
        rows, left = np.flatnonzero(good), np.flatnonzero(~good)
        if len(rows):
            scale = backend.xp.sqrt(take(backend, values, rows))
            e, u = take(backend, gram, rows), take(backend, vectors, rows)
            yield _whiten(backend, rows, e, scale, u, c, needs_ahead)
    if not len(left):
        return
    some = take(backend, gram, left)
    few = _whiten_by_eigh(backend, some, embedded, left, n_columns, c, rank, needs_ahead)
    for snapshots in few:
        snapshots.rows = left[snapshots.rows]
        yield snapshots


def _whiten_by_eigh(
    backend, gram, embedded, places, n_columns, n_channels, rank, needs_ahead
) -> Iterator[Snapshots]:
    """Whiten by all eigenpairs of the Gram matrices; ill-conditioned windows by their snapshots."""
    xp, c = backend.xp, n_channels
    n_rows = gram.shape[1] - c
    values, vectors = backend.eigh(gram[:, :n_rows, :n_rows])
    scale = xp.sqrt(xp.clip(xp.flip(values, axis=-1), min=0.0))
    basis = xp.flip(vectors, axis=-1)
    s = to_numpy(scale)[:, : min(n_rows, n_columns)]
    ranks = choose_rank(s, (n_rows, n_columns), rank)
    last = np.take_along_axis(s, np.maximum(ranks - 1, 0)[:, None], axis=1)[:, 0]
    weak = last < SMALLEST_RATIO * s[:, 0]
    for r in np.unique(ranks[~weak & (ranks > 0)]):
        rows = np.flatnonzero(~weak & (ranks == r))
        e, q = take(backend, gram, rows), take(backend, scale, rows)[:, :r]
        u = take(backend, basis, rows)[..., :r]
        yield _whiten(backend, rows, e, q, u, c, needs_ahead)
    if weak.any():
        members = np.flatnonzero(weak)
        for snapshots in _whiten_by_svd(backend, embedded(places[members]), c, rank):
            snapshots.rows = members[snapshots.rows]
            yield snapshots


def _whiten(backend, rows, gram, scale, basis, n_channels: int, needs_ahead: bool) -> Snapshots:
    """Whiten by leading eigenpairs of the Gram matrices."""
    xp, c = backend.xp, n_channels
    v = basis / scale[:, None, :]
    vt = xp.matrix_transpose(v)
    image = gram[:, c:, :-c] @ v
    ahead = vt @ gram[:, c:, c:] @ v if needs_ahead else None
    total = _trace(xp, gram[:, c:, c:])
    return Snapshots(rows, basis, scale, vt @ image, ahead, image, total)


def _whiten_by_svd(backend, snapshots, n_channels: int, rank) -> Iterator[Snapshots]:
    """Whiten ill-conditioned windows without their Gram matrix: QR, then SVD of the triangle."""
    xp, c = backend.xp, n_channels
    n_columns, n_rows = snapshots.shape[1], snapshots.shape[2] - c
    if n_columns > n_rows + c:
        snapshots = backend.triangle(snapshots)
    ahead = snapshots[:, :, c:]
    p, scale, basis_t = xp.linalg.svd(snapshots[:, :, :n_rows], full_matrices=False)
    ranks = choose_rank(to_numpy(scale), (n_rows, n_columns), rank)
    for r in np.unique(ranks[ranks > 0]):
        rows = np.flatnonzero(ranks == r)
        u = xp.matrix_transpose(take(backend, basis_t, rows)[:, :r])
        q, w = take(backend, scale, rows)[:, :r], take(backend, p, rows)[..., :r]
        y = take(backend, ahead, rows)
        white = y @ (u / q[:, None, :])  # (S⁻¹ Uᵀ Y)ᵀ, in the coordinates of the triangle
        white_t = xp.matrix_transpose(white)
        image = xp.matrix_transpose(y) @ w
        total = xp.sum(y * y, axis=(1, 2))
        yield Snapshots(rows, u, q, white_t @ w, white_t @ white, image, total)


def take(backend, array, rows: np.ndarray):
    """Take rows of an array, without a copy when these are all."""
    if len(rows) == array.shape[0]:
        return array
    return backend.xp.take(array, backend.asarray(rows), axis=0)


def _trace(xp, matrices):
    return xp.sum(xp.linalg.diagonal(matrices), axis=-1)
