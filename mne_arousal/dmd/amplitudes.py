"""Amplitudes that bring the modes of a window closest to its snapshots, by least squares."""

from __future__ import annotations

import numpy as np

#: Largest modulus to the power of twice the number of samples that leaves float64 room, its log.
_ROOM = 500.0
_BLOCK = 128  # windows whose products of modes fit a processor's cache


def fit_amplitudes(backend, eigenvalues, profiles, embedded):
    """Amplitudes that bring the modes closest to the snapshots, by least squares.

    Parameters
    ----------
    backend : ArrayBackend
        Where the arrays are.
    eigenvalues : array, shape (n, rank)
        Complex.
    profiles : array, shape (n, n_rows, rank)
        Modes.
    embedded : array, shape (n, n_snapshots, n_rows)
        Snapshots, one a row.

    Returns
    -------
    amplitudes : array, shape (n, rank)
        The b of ``profiles @ (b * eigenvalues**t)``; PyDMD's with ``opt=True``.
    """
    xp = backend.xp
    r = eigenvalues.shape[1]
    powers, last = _powers(xp, eigenvalues, embedded.shape[1])
    parts = xp.concat([xp.real(powers), xp.imag(powers)], axis=1)  # real products are faster
    square = parts @ xp.matrix_transpose(parts)
    overlap = square[:, :r, :r] + square[:, r:, r:]
    overlap = overlap + 1j * (square[:, :r, r:] - square[:, r:, :r])
    normal = (xp.conj(xp.matrix_transpose(profiles)) @ profiles) * overlap
    seen = parts @ embedded
    seen = seen[:, :r] - 1j * seen[:, r:]  # (n, rank, n_rows)
    right = xp.sum(seen * xp.conj(xp.matrix_transpose(profiles)), axis=2)
    scale = xp.astype(xp.sqrt(xp.real(xp.linalg.diagonal(normal))), powers.dtype)
    # modes that coincide make this singular but for a ridge of the size of rounding
    ridge = 1e-15 * xp.eye(r, dtype=normal.dtype, device=normal.device)
    inverse = backend.inv(normal / scale[:, :, None] / scale[:, None, :] + ridge)
    return (inverse @ (right / scale)[:, :, None])[:, :, 0] / scale * last


def _powers(xp, eigenvalues, n: int):
    """Powers 0 to n - 1, but of modes that grow, divided by the last, lest they overflow.

    Returns the powers, shape (m, rank, n), and what amplitudes have to be multiplied by.
    """
    grows = xp.abs(eigenvalues) > 1
    one = xp.ones_like(eigenvalues)
    step = xp.where(grows, 1 / xp.where(grows, eigenvalues, one), eigenvalues)
    powers, base = one[:, :, None], step[:, :, None]
    while powers.shape[2] < n:
        powers = xp.concat([powers, powers * base], axis=2)
        base = base * base
    powers = powers[:, :, :n]
    last = xp.where(grows, powers[:, :, -1], one)
    if bool(xp.any(grows)):
        powers = xp.where(grows[:, :, None], xp.flip(powers, axis=2), powers)
    return powers, last


def fit_companion_amplitudes(backend, eigenvalues, counts: np.ndarray, n_delays: int, windows):
    """Amplitudes of modes that are powers of their eigenvalue, from the windows themselves.

    Products of two modes, over delays and over snapshots, are geometric sums, and the product of a
    mode with all snapshots weighs each sample by how many snapshots hold it.

    Parameters
    ----------
    backend : ArrayBackend
        Where the arrays are.
    eigenvalues : array, shape (n_given, n)
        Complex.
    counts : array, shape (n_given,)
        2 where a mode stands for its conjugate, too; these come first.
    n_delays : int
        Samples in a snapshot.
    windows : callable
        Takes a slice of the n windows, returns their signal, shape (m, n_times).

    Returns
    -------
    amplitudes : array, shape (n, n_given)
        Of modes of unit norm, as `fit_amplitudes` gives them.
    fits : array of bool, shape (n,)
        Whether no power of a mode leaves the range of numbers; others have no meaning.
    """
    xp, n = backend.xp, eigenvalues.shape[1]
    size = _BLOCK if backend.device == "cpu" else max(n, 1)
    parts = []
    with np.errstate(over="ignore", invalid="ignore"):
        for lo in range(0, n, size):
            block = slice(lo, lo + size)
            args = eigenvalues[:, block], int((counts == 2).sum()), n_delays, windows(block)
            parts.append(_solve_companion(backend, *args))
    return tuple(xp.concat(some) for some in zip(*parts, strict=True))


def _solve_companion(backend, given, n_pairs: int, n_delays: int, x):
    xp, n_given = backend.xp, given.shape[0]
    n_times = x.shape[1]
    every = xp.concat([given, xp.conj(given[:n_pairs])])
    ratio = xp.conj(every)[:, None] * every[None]
    square = _geometric_sum(xp, ratio, n_delays)
    normal = square * _geometric_sum(xp, ratio, n_times - n_delays + 1)
    u = np.arange(n_times)
    held = np.minimum(np.minimum(u + 1, n_times - u), n_delays)  # snapshots that hold a sample
    weighed = xp.matrix_transpose(x * backend.asarray(held.astype(float)))
    back = xp.conj(given)
    seen = xp.zeros_like(given)
    for u in range(n_times - 1, -1, -1):
        seen *= back
        seen += weighed[u]
    seen = xp.concat([seen, xp.conj(seen[:n_pairs])])
    diagonal = range(every.shape[0])
    scale = xp.sqrt(xp.stack([xp.real(normal[i, i]) for i in diagonal]))
    length = xp.sqrt(xp.stack([xp.real(square[i, i]) for i in diagonal]))
    largest = xp.max(xp.abs(every), axis=0)
    fits = 2 * n_times * xp.log(xp.clip(largest, min=1.0)) < _ROOM
    normal = normal / (scale[:, None] * scale[None])
    normal = xp.where(fits, normal, xp.zeros_like(normal))
    normal = xp.permute_dims(normal, (2, 0, 1))
    # modes that coincide make this singular but for a ridge of the size of rounding
    ridge = 1e-15 * xp.eye(every.shape[0], dtype=normal.dtype, device=normal.device)
    lost = xp.astype(~fits, normal.dtype)[:, None, None]
    inverse = backend.inv(normal + ridge + lost * 1e15 * ridge)
    right = xp.matrix_transpose(seen / scale)[:, :, None]
    found = (inverse @ right)[:, :n_given, 0]
    return found * xp.matrix_transpose(length[:n_given] / scale[:n_given]), fits


def _geometric_sum(xp, z, n: int):
    """``1 + z + ... + z**(n - 1)``, by doubling."""
    total, power = xp.ones_like(z), z
    for bit in bin(n)[3:]:
        total = total + power * total
        power = power * power
        if bit == "1":
            total = total + power
            power = power * z
    return total
