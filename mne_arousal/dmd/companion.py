"""DMD of one channel at full rank, where the operator is a companion matrix.

Delays of one channel shift: all rows of ``A`` but the last only pass samples on, and the last
predicts the next sample by least squares. Eigenvalues are then the roots of the prediction
polynomial, as in Prony's method, modes are powers of their eigenvalue, and no eigenproblem is left
to solve. All follows from the triangle R with ``RᵀR`` the extended Gram matrix.

Arrays here have the windows last: for small matrices elementwise work over windows is faster
than a LAPACK call a window.
"""

from __future__ import annotations

import numpy as np

from .decomposition import Modes
from .roots import polynomial_roots
from .triangles import cholesky, invert, square_sum

#: Condition number up to which rounding in the Gram matrix moves eigenvalues by less than 1e-8.
LARGEST_CONDITION = 1e7
#: Ratio on the diagonal of R from QR below which the window has not full rank.
SMALLEST_DIAGONAL = 1e-11
#: Imaginary to real part up to which an eigenvalue counts as real; rounding is much smaller.
PAIRED = 1e-10
_BLOCK = 1024  # windows whose modes fit a processor's cache
_FEW = 512  # windows whose triangles do


def companion_modes(backend, gram, embedded, n_columns: int):
    """Decompose windows of one channel at full rank.

    Parameters
    ----------
    backend : ArrayBackend
        Where the arrays are.
    gram : array, shape (d + 1, d + 1, n)
        Upper triangles of the extended Gram matrices.
    embedded : callable
        Takes row numbers, returns their embedded windows, shape (m, n_columns, d + 1).
    n_columns : int
        Number of snapshot pairs, more than d.

    Returns
    -------
    modes : list of Modes
        Modes of the windows that have full rank, by the number of modes that are given.
    deficient : array of int
        The other windows, zeros among them.
    """
    xp = backend.xp
    with np.errstate(all="ignore"):  # where a matrix is not positive definite
        triangle, condition = _factorize_blocks(backend, gram)
    good = backend.to_numpy(condition) <= LARGEST_CONDITION
    weak = np.flatnonzero(~good & (backend.to_numpy(gram[0, 0]) > 0))
    if len(weak):
        r = backend.triangle(embedded(weak))
        diagonal = np.abs(backend.to_numpy(xp.linalg.diagonal(r)))[:, :-1]
        good[weak] = diagonal.min(axis=1) > SMALLEST_DIAGONAL * diagonal.max(axis=1)
        triangle[:, :, backend.asarray(weak)] = xp.permute_dims(r, (1, 2, 0))
    rows = np.flatnonzero(good)
    if not len(rows):
        return [], np.flatnonzero(~good)
    if not good.all():
        rows_there = backend.asarray(rows)
        triangle = xp.take(triangle, rows_there, axis=2)
        gram = xp.take(gram, rows_there, axis=2)
    total = gram[1, 1]
    for i in range(2, gram.shape[0]):
        total = total + gram[i, i]
    residuals = triangle[-1, -1] ** 2 / total
    return _modes(backend, rows, triangle, residuals, n_columns), np.flatnonzero(~good)


def _modes(backend, rows, triangle, residuals, n_columns: int) -> list[Modes]:
    xp = backend.xp
    a = _back_substitute(xp, triangle)
    roots = polynomial_roots(backend, a)
    size = _BLOCK if backend.device == "cpu" else len(rows)
    found = []
    for members, order, n_pairs in _by_pairs(backend, roots):
        parts = []
        for lo in range(0, len(members), size):
            some = backend.asarray(members[lo : lo + size])
            z = xp.reshape(roots, (-1,))[backend.asarray(order[:, lo : lo + size])]
            r, b = xp.take(triangle, some, axis=2), xp.take(a, some, axis=1)
            parts.append((z, _energies(xp, r, b, z) / n_columns))
        values, energies = (xp.concat(some, axis=1) for some in zip(*parts, strict=True))
        counts = np.where(np.arange(len(order)) < n_pairs, 2.0, 1.0)
        some = (
            residuals if len(members) == len(rows) else xp.take(residuals, backend.asarray(members))
        )
        found.append(Modes(rows[members], values, energies, some, counts))
    return found


def _by_pairs(backend, roots):
    """Part windows by how many of their roots are real: one of each conjugate pair is enough.

    Yields windows, the places in `roots` (flat) of their roots, those of pairs first, shape
    (n_roots, n_windows), and the number of pairs.
    """
    xp = backend.xp
    degree, n = roots.shape
    im, re = backend.to_numpy(xp.imag(roots)), backend.to_numpy(xp.real(roots))
    limit = PAIRED * np.abs(re)
    above, below = (im > limit).sum(axis=0), (im < -limit).sum(axis=0)
    odd = above != below  # no pairs can be told: each root by itself
    order = np.argsort(-im, axis=0, kind="stable")
    for n_pairs in np.unique(above[~odd]):
        members = np.flatnonzero(~odd & (above == n_pairs))
        yield members, order[: degree - n_pairs, members] * n + members, n_pairs
    if odd.any():
        members = np.flatnonzero(odd)
        yield members, order[:, members] * n + members, 0


def _factorize_blocks(backend, gram):
    xp, n = backend.xp, gram.shape[2]
    if backend.device != "cpu" or n <= _FEW:
        return _factorize(xp, gram)
    triangle, conditions = xp.zeros_like(gram), []
    for lo in range(0, n, _FEW):
        block = slice(lo, lo + _FEW)
        triangle[:, :, block], condition = _factorize(xp, gram[:, :, block])
        conditions.append(condition)
    return triangle, xp.concat(conditions)


def _factorize(xp, gram):
    """Upper triangles, shape (m, m, n), and condition numbers of the matrices without last row.

    The last row only holds the residual, which may be 0. A matrix that is not positive definite
    has condition infinity and a triangle without meaning.
    """
    r, definite = cholesky(xp, gram)
    whole = r[:-1, :-1]
    condition = square_sum(xp, whole) * square_sum(xp, invert(xp, whole))
    return r, xp.where(definite, condition, xp.full_like(condition, np.inf))


def _back_substitute(xp, r):
    """Prediction coefficients a, shape (d, n): ``R[:d, :d] a = R[:d, d]``."""
    d = r.shape[0] - 1
    a = r[:d, d] + 0.0
    for i in range(d - 1, -1, -1):
        a[i] /= r[i, i]
        if i:
            a[:i] -= r[:i, i] * a[i]
    return a


def _energies(xp, r, a, roots):
    """Summed squares of each mode's part of the snapshots, a row of the snapshot's, shape (d, n).

    Mode is ``(1, λ, ..., λ^(d-1))``. The coefficient of a snapshot x is ``q(x) / p'(λ)``, where q
    has the coefficients of the polynomial p divided by ``z - λ``.
    """
    d = a.shape[0]
    quotient = [xp.ones_like(roots)]
    for i in range(d - 1, 0, -1):
        following = quotient[-1] * roots
        following -= a[i]
        quotient.append(following)
    quotient = quotient[::-1]
    slope = quotient[-1]
    for i in range(d - 2, -1, -1):
        slope = slope * roots
        slope += quotient[i]
    parts = xp.stack([xp.stack([xp.real(q), xp.imag(q)]) for q in quotient])
    total = xp.zeros_like(parts[0, 0])
    for i in range(d):
        row = r[i, i] * parts[i]
        for j in range(i + 1, d):
            row += r[i, j] * parts[j]
        row *= row
        total += row[0]
        total += row[1]
    size = _square(xp, slope)
    return total * _length(xp, roots, d) / (xp.where(size > 0, size, xp.ones_like(size)) * d)


def _length(xp, roots, d: int):
    """Squared norm of each mode ``(1, λ, ..., λ^(d-1))``."""
    square = _square(xp, roots)
    length = xp.ones_like(square)
    for _ in range(d - 1):
        length *= square
        length += 1
    return length


def profiles(xp, roots, d: int):
    """Modes ``(1, λ, ..., λ^(d-1))`` of unit norm, shape (d, rank, n)."""
    powers = [xp.astype(1 / xp.sqrt(_length(xp, roots, d)), roots.dtype)]
    for _ in range(d - 1):
        powers.append(powers[-1] * roots)
    return xp.stack(powers)


def _square(xp, z):
    return xp.real(z) ** 2 + xp.imag(z) ** 2
